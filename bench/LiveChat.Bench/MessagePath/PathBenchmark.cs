using System.Diagnostics;
using System.Diagnostics.Metrics;
using LiveChat.Cluster.Log;
using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Core.Measuring;
using LiveChat.Core.Nodes;
using LiveChat.Core.Sessions;
using LiveChat.Embedded;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Identities;
using LiveChat.Embedded.Ids;
using LiveChat.Embedded.Log;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Bench.MessagePath;

/// <summary>
/// Messages through the whole path in one process without sockets: frames in, log with its syncs, both worker groups,
/// history on disk, events encoded and put into both members' outboxes, acks out. A closed loop: every sender keeps
/// a window of messages in flight. Prints messages a second for each second, then the totals.
/// </summary>
internal sealed class PathBenchmark(PathOptions options)
{
    private readonly TimeProvider _time = TimeProvider.System;
    private long _acked;
    private long _delivered;

    /// <returns>Microseconds of processor for each message.</returns>
    public async Task<double> RunAsync(CancellationToken cancellationToken)
    {
        var path = System.IO.Path.Combine(options.Folder, $"livechat-path-{Environment.ProcessId}");
        double cpu;
        using (var folder = DataFolder.Open(path))
            cpu = await RunAsync(folder, cancellationToken);
        Directory.Delete(path, recursive: true);
        return cpu;
    }

    private async Task<double> RunAsync(DataFolder folder, CancellationToken cancellationToken)
    {
        using var meter = new Meter("LiveChat.Core");
        using var traces = new MessageTraces(options.Telemetry?.ToTraces() ?? 0);
        using var telemetry = Telemetry.Begin(
            options.Telemetry ?? new TelemetryOptions(), meter, "bench", static _ => false);
        await using var clients = options.Brokers is null ? null : new KafkaClients(
            new KafkaLogOptions
            {
                Brokers = options.Brokers,
                Topic = $"path-{Environment.ProcessId}",
                Partitions = options.Partitions,
                SingleBroker = true,
            },
            _time,
            NullLoggerFactory.Instance);
        var (log, readerOf) = await OpenLogAsync(folder, clients, cancellationToken);
        await using var opened = log;
        using var history = HistoryDatabase.Open(folder.HistoryPath, NullLogger<HistoryDatabase>.Instance);
        using var ids = NodeIdFile.Open(folder, _time);
        var ports = new NodePorts(
            log,
            new RocksDbHistoryStore(history),
            new RocksDbUserStore(history),
            RocksDbIdentities.Over(history),
            ids.Generator,
            new AnyToken(),
            meter)
        {
            ReaderOf = readerOf,
            Lineage = new RocksDbLineageStore(history),
            SinceKey = new byte[32],
            Traces = traces,
        };
        await using var node = new Node(ports, Unlimited(), _time, new Random(1), NullLoggerFactory.Instance);
        await node.StartAsync(cancellationToken);

        var senders = new List<PathDevice>();
        var receivers = new List<PathDevice>();
        for (var chat = 0; chat < options.Chats; chat++)
        {
            senders.Add(await ConnectAsync(node, $"a{chat}"));
            receivers.Add(await ConnectAsync(node, $"b{chat}"));
        }

        foreach (var (sender, receiver) in senders.Zip(receivers)) await sender.CreateChatAsync(receiver.User);
        Console.WriteLine($"{options.Chats} direct chats made, {options.Window} messages in flight in each");
        var cpu = await MeasureAsync(node, senders, receivers, cancellationToken);
        foreach (var device in senders.Concat(receivers)) await device.DisposeAsync();
        return cpu;
    }

    private async Task<(IMessageLog Log, Func<string, IPartitionReader> ReaderOf)> OpenLogAsync(
        DataFolder folder, KafkaClients? clients, CancellationToken cancellationToken)
    {
        if (clients is not null)
        {
            var remote = await KafkaMessageLog.OpenAsync(clients, former: null, cancellationToken);
            return (remote, remote.ReaderOf);
        }

        var local = RocksDbMessageLog.Open(
            folder.LogPath,
            new RocksDbLogOptions { Partitions = options.Partitions },
            _time,
            NullLogger<RocksDbMessageLog>.Instance);
        return (local, group => new AllPartitionsReader(local, group));
    }

    private async Task<double> MeasureAsync(
        Node node, List<PathDevice> senders, List<PathDevice> receivers, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var text = new string('x', options.TextBytes);
        var process = Process.GetCurrentProcess();
        var cpuBefore = process.TotalProcessorTime;
        var allocatedBefore = GC.GetTotalAllocatedBytes();
        var pausedBefore = GC.GetTotalPauseDuration();
        var began = _time.GetTimestamp();
        List<Task> loops =
        [
            .. senders.Select(device => device.SendAsync(
                text, options.Window, () => Interlocked.Increment(ref _acked), stop.Token)),
            .. receivers.Select(device => device.ReadAsync(
                count => Interlocked.Add(ref _delivered, count), stop.Token)),
        ];
        var last = 0L;
        for (var second = 1; second <= options.Seconds; second++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _time, cancellationToken);
            var now = Interlocked.Read(ref _acked);
            Console.WriteLine($"{second,3} s  {now - last,8:N0} messages/s  {node.PendingCommands,7:N0} in flight");
            last = now;
        }

        var elapsed = _time.GetElapsedTime(began);
        var acked = Interlocked.Read(ref _acked);
        process.Refresh();
        var cpu = process.TotalProcessorTime - cpuBefore;
        var allocated = GC.GetTotalAllocatedBytes() - allocatedBefore;
        var paused = GC.GetTotalPauseDuration() - pausedBefore;
        var ended = _time.GetTimestamp();
        var caughtUp = await node.CatchUpAsync(cancellationToken);
        var lag = _time.GetElapsedTime(ended);
        await stop.CancelAsync();
        await Task.WhenAll(loops);
        Console.WriteLine($"""
            messages/s    {acked / elapsed.TotalSeconds:N0} over {elapsed.TotalSeconds:N1} s
            delivered     {Interlocked.Read(ref _delivered):N0} frames to receivers, {acked:N0} acknowledged
            history lag   {(caughtUp ? $"{lag.TotalMilliseconds:N0} ms" : "over 30 s")} until history had all
            CPU           {cpu / elapsed:N2} cores, {cpu.TotalMicroseconds / acked:N1} µs a message
            allocated     {allocated / acked:N0} bytes a message
            GC            {paused.TotalMilliseconds:N0} ms paused, gen2 {GC.CollectionCount(2)}
            """);
        return cpu.TotalMicroseconds / acked;
    }

    private static async Task<PathDevice> ConnectAsync(Node node, string user)
    {
        var device = new PathDevice(node.TryOpen()!, user);
        await device.ConnectAsync();
        return device;
    }

    private static NodeOptions Unlimited() => new()
    {
        Ingest = new IngestOptions { UnansweredMessagesMax = 0 },
        Rates = new RateOptions
        {
            UserPerSecond = 1_000_000,
            UserBurst = 1_000_000,
            ChatPerSecond = 1_000_000,
            ChatBurst = 1_000_000,
        },
        Sessions = new SessionOptions { FramesPerSecond = 1_000_000, FramesBurst = 1_000_000 },
    };

    /// <summary>The token is the user's id: what a token costs is not measured.</summary>
    private sealed class AnyToken : ITokenVerifier
    {
        public ValueTask<TokenAnswer> VerifyAsync(string token, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new TokenAnswer(
                TokenStatus.Valid, UserId.Parse(token), DateTimeOffset.MaxValue));
    }
}
