using System.Diagnostics.Metrics;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.Log;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Workers;

/// <summary>
/// Both workers over a log and a store in memory, each started and stopped by the test. The clock stands still until
/// the test moves it.
/// </summary>
internal sealed class TestWorkers : IAsyncDisposable
{
    private readonly StoreCalls _calls;
    private readonly List<(Task Run, CancellationTokenSource Stop)> _running = [];

    public TestWorkers(int partitions = 1, WorkerOptions? options = null, PlainStore? store = null)
    {
        Options = options ?? new WorkerOptions();
        Options.HistoryPause = TimeSpan.Zero; // The clock stands still.
        Store = store ?? new PlainStore();
        Log = new InMemoryMessageLog(partitions, Time);
        Progress = new HistoryProgress(partitions, Time);
        Metrics = new WorkerMetrics(Meter, partitions);
        LogCalls = new LogCalls(Time, new Random(1), NullLogger<LogCalls>.Instance);
        ReaderOf = group => new AllPartitionsReader(Log, group);
        _calls = new StoreCalls(Options, Time, new Random(1), NullLogger<StoreCalls>.Instance);
    }

    public Meter Meter { get; } = new("LiveChat.Core");

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(Records.StartMs));

    public WorkerOptions Options { get; }

    public PlainStore Store { get; }

    public InMemoryMessageLog Log { get; private set; }

    public HistoryProgress Progress { get; private set; }

    public WorkerMetrics Metrics { get; }

    public LogCalls LogCalls { get; }

    /// <summary>Makes the workers' views of the log.</summary>
    public Func<string, IPartitionReader> ReaderOf { get; set; }

    /// <summary>What the workers take for the log.</summary>
    public Func<IMessageLog, IMessageLog> LogOf { get; set; } = static log => log;

    public RecordingSink Sink { get; } = new();

    /// <summary>Hears what the workers say.</summary>
    public ILoggerFactory Loggers { get; set; } = NullLoggerFactory.Instance;

    /// <summary>Appends the record to its chat's partition, a millisecond after the one before.</summary>
    public async Task<Position> AppendAsync(Record record, ushort rules = RulesV1.Number)
    {
        Time.Advance(TimeSpan.FromMilliseconds(1));
        return await AppendBytesAsync(PartitionOf(record.Chat), RecordEnvelope.Encode(record, rules));
    }

    public async Task<Position> AppendBytesAsync(int partition, byte[] bytes) =>
        (await Log.AppendAsync(partition, bytes, CancellationToken.None)).Position;

    public int PartitionOf(ulong chat) => Partitioner.PartitionOf(new ChatId(chat), Log.Partitions);

    public HistoryWriter StartHistory(out Task run, RulesTable? rules = null)
    {
        var writer = new HistoryWriter(
            LogOf(Log),
            ReaderOf(ConsumerGroups.HistoryWriters),
            Store,
            Progress,
            rules ?? RulesTable.Default,
            PlainCommits.Of,
            Options,
            Metrics,
            _calls,
            LogCalls,
            Time,
            Loggers);
        run = Start(writer.RunAsync);
        return writer;
    }

    public DeliveryWorker StartDelivery(out Task run, RulesTable? rules = null)
    {
        var worker = new DeliveryWorker(
            LogOf(Log),
            ReaderOf(ConsumerGroups.DeliveryWorkers),
            ReaderOf(ConsumerGroups.HistoryWriters),
            Store,
            Progress,
            Sink,
            rules ?? RulesTable.Default,
            Options,
            Metrics,
            _calls,
            LogCalls,
            Time,
            Loggers);
        run = Start(worker.RunAsync);
        return worker;
    }

    /// <summary>What is known of a chat, with this worker as its owner.</summary>
    public ChatStates ChatsOf(DeliveryWorker worker) =>
        new(
            () => worker,
            Store,
            static _ => 0,
            new HeadLooks(Store, static _ => { }, Time),
            static (_, _) => { },
            Time);

    /// <summary>Waits until history has everything that is in the log.</summary>
    public async Task HistoryDoneAsync()
    {
        for (var partition = 0; partition < Log.Partitions; partition++)
        {
            var end = (await Log.RangeAsync(partition)).End;
            await Progress.WaitAsync(partition, end, TimeSpan.FromHours(1), CancellationToken.None).AsTask()
                .WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    public async Task StopAsync(Task run)
    {
        var (_, stop) = _running.Single(running => running.Run == run);
        await stop.CancelAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(20));
    }

    public async Task StopAllAsync()
    {
        foreach (var (run, _) in _running.ToArray()) await StopAsync(run);
    }

    /// <summary>The process died and another one starts on the same log and store.</summary>
    public void Restart()
    {
        Log = Log.Reopen(Time);
        Progress = new HistoryProgress(Log.Partitions, Time);
    }

    public async ValueTask DisposeAsync()
    {
        Store.IsAway = false;
        Store.Open();
        Store.ReleaseWrites();
        foreach (var (run, stop) in _running)
        {
            await stop.CancelAsync();

            // What is repeated waits for the clock, which stands still.
            for (var second = 0; second < 100 && !run.IsCompleted; second++)
            {
                Time.Advance(TimeSpan.FromSeconds(1));
                await Task.WhenAny(run, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System));
            }

            await run.WaitAsync(TimeSpan.FromSeconds(20)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.Dispose();
        }

        await Log.DisposeAsync();
        Sink.Dispose();
        Meter.Dispose();
    }

    private Task Start(Func<CancellationToken, Task> worker)
    {
        var stop = new CancellationTokenSource();
        var run = worker(stop.Token);
        _running.Add((run, stop));
        return run;
    }
}
