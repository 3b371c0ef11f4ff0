using HdrHistogram;
using LiveChat.Bench.Sockets;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;
using LiveChat.Server;

namespace LiveChat.Bench.FanOut;

/// <summary>
/// What those feel who read while others do not: a push group of 49 members with 10 devices each at a fixed rate, first
/// while all read, then from the moment at which half of the devices stop, with receive buffers of 4 KB: their outboxes
/// fill, turn to heads, and are closed after the grace. Load and server share the machine.
/// </summary>
internal sealed class SlowReadersBench(TimeSpan length)
{
    private const int Members = 49;
    private const int Devices = 10;
    private const int PerSecond = 100;
    private const int TextBytes = 1024;
    private const int KernelBytes = 4 * 1024;
    private const int BufferBytes = 16 * 1024;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = TimeProvider.System;

    public async Task RunAsync()
    {
        var data = Path.Combine(Path.GetTempPath(), $"livechat-slow-{Environment.ProcessId}");
        try
        {
            await using var server = await ServerChild.StartAsync("serve-livechat", FanOutBench.Unlimited(), data);
            using var stop = new CancellationTokenSource();
            using var halt = new CancellationTokenSource();
            var (readers, stoppers) = (new List<FanOutDevice>(), new List<FanOutDevice>());
            for (var i = 0; i < Members * Devices; i++)
                (i % 2 == 0 ? readers : stoppers).Add(await ConnectAsync(server, data, i, stop.Token));
            readers[0].Chat = await readers[0].CreateAsync(
                [.. Enumerable.Range(1, Members - 1).Select(User)], stop.Token);
            var loops = readers.Select(device => device.ReadAsync(stop.Token)).ToList();
            var slow = stoppers.Select(device => device.ReadAsync(halt.Token)).ToList();
            loops.Add(readers[0].SendOpenAsync(PerSecond, stop.Token));
            Console.WriteLine($"{loops.Count + slow.Count - 1} sessions, {PerSecond} messages/s of {TextBytes} bytes, "
                + $"load average {File.ReadAllText("/proc/loadavg").Trim()}");
            await Task.Delay(WarmUp, _time);
            var before = await MeasureAsync("all read ", server, readers);
            await halt.CancelAsync();
            await Task.WhenAll(slow);
            var after = await MeasureAsync("half read", server, readers);
            Console.WriteLine($"after / before  p50 {(double)after.P50 / before.P50:N2}"
                + $"  p99 {(double)after.P99 / before.P99:N2}");
            await stop.CancelAsync();
            await Task.WhenAll(loops);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>The latency of those who read, in microseconds.</summary>
    private async Task<(long P50, long P99)> MeasureAsync(string name, ServerChild server, List<FanOutDevice> readers)
    {
        readers.ForEach(static device => device.Latencies.Reset());
        readers.ForEach(static device => device.IsMeasured = true);
        await Task.Delay(length, _time);
        readers.ForEach(static device => device.IsMeasured = false);
        var latencies = new LongHistogram(60_000_000, 3);
        readers.ForEach(device => latencies.Add(device.Latencies));
        var (p50, p99) = (latencies.GetValueAtPercentile(50), latencies.GetValueAtPercentile(99));
        Console.WriteLine($"{name}  {latencies.TotalCount / length.TotalSeconds,9:N0} deliveries/s to readers"
            + $"  p50 {p50 / 1e3:N1} ms  p99 {p99 / 1e3:N1} ms  {server.ResidentBytes / 1e6:N0} MB");
        return (p50, p99);
    }

    private async Task<FanOutDevice> ConnectAsync(ServerChild server, string data, int number, CancellationToken stop)
    {
        var user = User(number / Devices);
        var socket = await LightSocket.OpenAsync(
            server.Endpoint, BufferBytes, number % 2 == 0 ? null : KernelBytes, stop);
        var token = LiveChatServer.MintToken(data, user, TimeSpan.FromHours(1));
        await socket.ConnectAsync(new Connect { Token = token, Device = $"device-{number % Devices}" }, stop);
        return new FanOutDevice(socket, user, _time) { TextBytes = TextBytes };
    }

    private static string User(int member) => $"member-{member}";
}
