using LiveChat.Bench.Sockets;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;
using LiveChat.Server;

namespace LiveChat.Bench.Density;

/// <summary>
/// What an idle session costs in resident memory: the slope between two counts of sessions, each after a while with
/// heartbeats, in a server process that nobody tells to collect. First a bare endpoint, then LiveChat.
/// </summary>
/// <param name="rest">How long sessions are left alone before memory is read.</param>
/// <param name="few">The smaller count of sessions.</param>
/// <param name="many">The larger one.</param>
/// <param name="transport">What carries them.</param>
internal sealed class DensityBench(TimeSpan rest, int few, int many, string transport = LightLines.WebSocket)
{
    private const int BufferBytes = 512;
    private const int ConnectingAtOnce = 32;
    private static readonly Dictionary<string, string> OpensAtOnce = new()
    {
        ["LIVECHAT__CONNECTIONS__OPENSBURST"] = "1000000",
    };

    public async Task RunAsync(string sides)
    {
        Console.WriteLine($"load average {File.ReadAllText("/proc/loadavg").Trim()}");
        var bare = sides == "livechat" ? (double?)null : await MeasureAsync("serve-bare", null);
        var ours = sides == "bare" ? (double?)null : await MeasureOursAsync();
        if (bare is { } less && ours is { } more) Console.WriteLine($"ratio {more / less:N2}");
    }

    /// <summary>Bytes of LiveChat for each session.</summary>
    public async Task<double> MeasureOursAsync()
    {
        var data = Path.Combine(Path.GetTempPath(), $"livechat-density-{Environment.ProcessId}");
        try
        {
            return await MeasureAsync("serve-livechat", data);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private async Task<double> MeasureAsync(string word, string? data)
    {
        await using var server = await ServerChild.StartAsync(word, OpensAtOnce, data is null ? [] : [data]);
        using var stop = new CancellationTokenSource();
        var reading = new List<Task>();
        await ConnectAsync(server.Endpoint, data, few, reading, stop.Token);
        var first = await RestAsync(word, server, few);
        await ConnectAsync(server.Endpoint, data, many, reading, stop.Token);
        var second = await RestAsync(word, server, many);
        if (reading.Find(static task => task.IsCompleted) is { } ended)
        {
            await ended;
            throw new InvalidOperationException("A session ended.");
        }

        await stop.CancelAsync();
        await Task.WhenAll(reading);
        var slope = (double)(second - first) / (many - few);
        Console.WriteLine($"{word,-14} {slope,9:N0} bytes a session");
        return slope;
    }

    private async Task<long> RestAsync(string word, ServerChild server, int count)
    {
        var atOnce = server.ResidentBytes;
        var cpu = server.Cpu;
        await Task.Delay(rest, TimeProvider.System);
        var resident = server.ResidentBytes;
        Console.WriteLine($"{word,-14} {count,6:N0} sessions, resident {resident / 1e6:N1} MB after {rest.TotalSeconds}"
            + $" s ({atOnce / 1e6:N1} MB before), {(server.Cpu - cpu) / rest:P1} of a core");
        return resident;
    }

    private async Task ConnectAsync(
        Uri server, string? data, int upTo, List<Task> reading, CancellationToken stop)
    {
        var lines = new ILightLine[upTo - reading.Count];
        var first = reading.Count;
        await Parallel.ForAsync(
            0,
            lines.Length,
            new ParallelOptions { MaxDegreeOfParallelism = ConnectingAtOnce, CancellationToken = stop },
            async (i, token) =>
            {
                if (data is null)
                {
                    lines[i] = await LightSocket.OpenAsync(server, BufferBytes, kernelBytes: null, token);
                    return;
                }

                var connect = new Connect
                {
                    Token = LiveChatServer.MintToken(data, $"user-{first + i}", TimeSpan.FromHours(1)),
                };
                lines[i] = await LightLines.OpenAsync(transport, server, BufferBytes, connect, token);
            });
        reading.AddRange(lines.Select(line => ReadAsync(line, stop)));
    }

    /// <summary>Reads until the line ends, or the run.</summary>
    public static async Task ReadAsync(ILightLine line, CancellationToken stop)
    {
        using (line)
        {
            try
            {
                while (!(await line.ReadAsync(stop)).IsEmpty)
                {
                }
            }
            catch (OperationCanceledException)
            {
                // The run is over.
            }
        }
    }
}
