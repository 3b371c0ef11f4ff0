using System.Globalization;
using System.Net.Sockets;
using System.Text;
using HdrHistogram;
using LiveChat.Bench.Density;
using LiveChat.Bench.FanOut;
using LiveChat.Bench.Hostile;
using LiveChat.Bench.Sockets;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;
using LiveChat.Server;

namespace LiveChat.Bench.Watching;

/// <summary>
/// Presence in Redis: what the heartbeats of many sessions cost it in processor time, and how long the presence of 50
/// users takes who are asked for together, by the question of a client to its answer.
/// </summary>
internal static class PresenceBench
{
    private const int Asked = 50;
    private const int Questions = 2_000;
    private const int ConnectingAtOnce = 32;
    private const int BufferBytes = 512;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(35);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan BarOfAll = TimeSpan.FromMilliseconds(5);

    /// <param name="args">The address of a Redis without a password; then how many sessions.</param>
    /// <returns>1 when the p99 is above the bar.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is not [var redis, .. var rest])
            throw new FormatException("Name a Redis that has nothing else to do: presence 127.0.0.1:6379");
        var count = rest is [var number, ..] ? int.Parse(number, CultureInfo.InvariantCulture) : 10_000;
        var data = Directory.CreateTempSubdirectory("livechat-presence-").FullName;
        using var limit = new CancellationTokenSource(EndsWithin, TimeProvider.System);
        try
        {
            Console.WriteLine($"load average {(await File.ReadAllTextAsync("/proc/loadavg", limit.Token)).Trim()}");
            var environment = new Dictionary<string, string>(FanOutBench.Unlimited())
            {
                ["LIVECHAT__PRESENCE__KIND"] = "Redis",
                ["LIVECHAT__PRESENCE__ENDPOINTS"] = redis,
            };
            await using var server = await ServerChild.StartAsync("serve-livechat", environment, data);
            return await MeasureAsync(server, data, redis, count, limit.Token);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<int> MeasureAsync(
        ServerChild server, string data, string redis, int count, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var sessions = new LightSocket[count];
        await Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = ConnectingAtOnce, CancellationToken = stop },
            async (i, token) => sessions[i] = await ConnectAsync(server, data, $"user-{i}", token));
        var reading = Array.ConvertAll(sessions, socket => DensityBench.ReadAsync(socket, over.Token));
        await Task.Delay(Settle, TimeProvider.System, stop); // Each has sent a heartbeat.
        var (ours, theirs) = (server.Cpu, await CpuAsync(redis, stop));
        await Task.Delay(Measured, TimeProvider.System, stop);
        Console.WriteLine(
            $"{count:N0} sessions: {(await CpuAsync(redis, stop) - theirs) / Measured:P1} of a processor in Redis, "
            + $"{(server.Cpu - ours) / Measured:P1} in the server");

        using var ann = new HostileDevice(await ConnectAsync(server, data, "ann", stop));
        string[] users = [.. Enumerable.Range(0, Asked).Select(static i => $"user-{i}")];
        var chat = (await ann.AckAsync(new ChatCreate { ClientId = HostileDevice.Key(), Members = users }, stop)).Chat;
        var took = new LongHistogram(60_000_000, 3);
        for (var question = 0; question < Questions; question++)
        {
            var askedAt = TimeProvider.System.GetTimestamp();
            if (await ann.AskAsync(new PresenceGet { Chat = chat, Users = users }, stop) is not PresenceList presence)
                throw new InvalidOperationException("The question was refused.");
            took.RecordValue((long)TimeProvider.System.GetElapsedTime(askedAt).TotalMicroseconds);
            if (presence.Items.Count(static item => item.Online) is not Asked and var online)
                throw new InvalidOperationException($"{online} of {Asked} are online.");
            await Task.Delay(Pause, TimeProvider.System, stop);
        }

        await over.CancelAsync();
        await Task.WhenAll(reading);
        var p99 = TimeSpan.FromMicroseconds(took.GetValueAtPercentile(99));
        Console.WriteLine(
            $"{Asked} users: p50 {took.GetValueAtPercentile(50) / 1e3:N2} ms, p99 {p99.TotalMilliseconds:N2} ms");
        return p99 > BarOfAll ? 1 : 0;
    }

    private static async Task<LightSocket> ConnectAsync(
        ServerChild server, string data, string user, CancellationToken stop)
    {
        var socket = await LightSocket.OpenAsync(server.Endpoint, BufferBytes, null, stop);
        await socket.ConnectAsync(
            new Connect { Token = LiveChatServer.MintToken(data, user, TimeSpan.FromHours(1)) }, stop);
        return socket;
    }

    /// <summary>Processor time of Redis, in user mode and in the kernel, as it says itself.</summary>
    private static async Task<TimeSpan> CpuAsync(string redis, CancellationToken stop)
    {
        using var client = new TcpClient();
        var port = int.Parse(redis.Split(':')[1], CultureInfo.InvariantCulture);
        await client.ConnectAsync(redis.Split(':')[0], port, stop);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("INFO cpu\r\nQUIT\r\n"), stop);
        using var answer = new StreamReader(client.GetStream(), Encoding.ASCII);
        var lines = (await answer.ReadToEndAsync(stop)).Split("\r\n");
        double Seconds(string name) => double.Parse(
            lines.First(line => line.StartsWith($"{name}:", StringComparison.Ordinal))[(name.Length + 1)..],
            CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(Seconds("used_cpu_sys") + Seconds("used_cpu_user"));
    }
}
