using HdrHistogram;
using LiveChat.Bench.Sockets;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;
using LiveChat.Server;

namespace LiveChat.Bench.FanOut;

/// <summary>
/// Groups with all members online, on sockets, the server in a process of its own: small ones, which are pushed to, as
/// fast as their senders are answered; then large ones, which pull, at a fixed rate. Load and server share the machine.
/// </summary>
internal sealed class FanOutBench(TimeSpan length)
{
    private const int Groups = 4;
    private const int PushMembers = 49;
    private const int PushSenders = 5;
    private const int PushWindow = 10;
    private const int PullMembers = 256;
    private const int PullPerSecond = 20;
    private const int BufferBytes = 16 * 1024;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = TimeProvider.System;

    public async Task RunAsync()
    {
        var data = Path.Combine(Path.GetTempPath(), $"livechat-fanout-{Environment.ProcessId}");
        try
        {
            await using var server = await ServerChild.StartAsync("serve-livechat", Unlimited(), data);
            using var stop = new CancellationTokenSource();
            var push = await CreateAsync(server, data, "push", PushMembers, stop.Token);
            var pull = await CreateAsync(server, data, "pull", PullMembers, stop.Token);
            var loops = push.Concat(pull).SelectMany(static group => group)
                .Select(device => device.ReadAsync(stop.Token)).ToList();
            Console.WriteLine($"{loops.Count} sessions, load average {File.ReadAllText("/proc/loadavg").Trim()}");
            loops.AddRange(await MeasureAsync("push", server, push, static (group, token) =>
                group.Take(PushSenders).Select(device => device.SendClosedAsync(PushWindow, token))));
            loops.AddRange(await MeasureAsync("pull", server, pull, static (group, token) =>
                [group[0].SendOpenAsync(PullPerSecond, token)]));
            await stop.CancelAsync();
            await Task.WhenAll(loops);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private async Task<IEnumerable<Task>> MeasureAsync(
        string name,
        ServerChild server,
        IReadOnlyList<IReadOnlyList<FanOutDevice>> groups,
        Func<IReadOnlyList<FanOutDevice>, CancellationToken, IEnumerable<Task>> send)
    {
        using var stop = new CancellationTokenSource();
        var sending = groups.SelectMany(group => send(group, stop.Token)).ToList();
        await Task.Delay(WarmUp, _time);
        var devices = groups.SelectMany(static group => group).ToList();
        devices.ForEach(static device => device.IsMeasured = true);
        var (began, cpu) = (_time.GetTimestamp(), server.Cpu);
        await Task.Delay(length, _time);
        devices.ForEach(static device => device.IsMeasured = false);
        var (elapsed, used) = (_time.GetElapsedTime(began), server.Cpu - cpu);
        var resident = server.ResidentBytes;
        await stop.CancelAsync();
        await Task.WhenAll(sending);
        var latencies = new LongHistogram(60_000_000, 3);
        devices.ForEach(device => latencies.Add(device.Latencies));
        var deliveries = devices.Sum(static device => device.Deliveries);
        Console.WriteLine($"{name}  {deliveries / elapsed.TotalSeconds,9:N0} deliveries/s"
            + $"  p50 {latencies.GetValueAtPercentile(50) / 1e3:N1} ms"
            + $"  p99 {latencies.GetValueAtPercentile(99) / 1e3:N1} ms"
            + $"  {used.TotalMicroseconds / deliveries:N2} µs of processor a delivery"
            + $"  ({used / elapsed:N2} cores)  {resident / 1e6:N0} MB");
        return sending;
    }

    private async Task<List<List<FanOutDevice>>> CreateAsync(
        ServerChild server, string data, string name, int members, CancellationToken stop)
    {
        var groups = new List<List<FanOutDevice>>();
        for (var number = 0; number < Groups; number++)
        {
            var group = new List<FanOutDevice>();
            for (var member = 0; member < members; member++)
            {
                var user = $"{name}-{number}-{member}";
                var socket = await LightSocket.OpenAsync(server.Endpoint, BufferBytes, kernelBytes: null, stop);
                var token = LiveChatServer.MintToken(data, user, TimeSpan.FromHours(1));
                await socket.ConnectAsync(new Connect { Token = token }, stop);
                group.Add(new FanOutDevice(socket, user, _time));
            }

            var chat = await group[0].CreateAsync([.. group.Skip(1).Select(static device => device.User)], stop);
            group.ForEach(device => device.Chat = chat);
            groups.Add(group);
        }

        return groups;
    }

    /// <summary>What is measured is the path, not its limits.</summary>
    public static Dictionary<string, string> Unlimited() => new()
    {
        ["LIVECHAT__RATES__USERPERSECOND"] = "1000000",
        ["LIVECHAT__RATES__USERBURST"] = "1000000",
        ["LIVECHAT__RATES__CHATPERSECOND"] = "1000000",
        ["LIVECHAT__RATES__CHATBURST"] = "1000000",
        ["LIVECHAT__RATES__READROWSPERSECOND"] = "1000000",
        ["LIVECHAT__RATES__READROWSBURST"] = "10000000",
        ["LIVECHAT__SESSIONS__FRAMESPERSECOND"] = "1000000",
        ["LIVECHAT__SESSIONS__FRAMESBURST"] = "1000000",
    };
}
