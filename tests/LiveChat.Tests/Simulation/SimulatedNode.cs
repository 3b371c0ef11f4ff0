using System.Diagnostics.Metrics;
using LiveChat.Core.FanOut;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Checking;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// One life of a node: appends what clients submit, runs both workers, and is the sink that they hand over to.
/// Everything in it dies with its process.
/// </summary>
internal sealed class SimulatedNode : IDeliverySink, IDisposable
{
    private readonly World _world;
    private readonly IMessageLog _log;
    private readonly int _life;
    private readonly Dictionary<int, Queue<(Record, TaskCompletionSource<DeliveryAnswer>)>> _inboxes = [];
    private readonly Dictionary<ulong, TaskCompletionSource<DeliveryAnswer>> _waiting = [];
    private readonly Meter _meter = new("LiveChat.Simulation");
    private readonly StoreCalls _calls;
    private readonly HistoryWriter _historyWriter;
    private readonly DeliveryWorker _deliveryWorker;

    public SimulatedNode(
        World world,
        SimulatedProcess process,
        SimulatedLog log,
        IHistoryStore store,
        WorkerOptions options,
        Plant plant,
        int seed)
    {
        (_world, Process, Log, _log, _life) = (world, process, log, log, world.Life);
        var metrics = new WorkerMetrics(_meter);
        _calls = new StoreCalls(options, world.Time, new Random(seed), NullLogger<StoreCalls>.Instance);
        var progress = new HistoryProgress(log.Partitions, world.Time);
        _historyWriter = new HistoryWriter(
            log,
            store,
            progress,
            Rules(),
            HistoryRowsBuilder.Build,
            options,
            metrics,
            _calls,
            world.Time,
            NullLoggerFactory.Instance);
        _deliveryWorker = new DeliveryWorker(
            log, store, progress, this, Rules(), options, metrics, _calls, world.Time, NullLoggerFactory.Instance);

        RulesTable Rules() => plant == Plant.None ? RulesTable.Default : PlantedRules.Table(plant, world.Time);
    }

    public SimulatedProcess Process { get; }

    public SimulatedLog Log { get; }

    /// <summary>The partitions that stopped, and why; none, unless something is wrong.</summary>
    public IEnumerable<string> Stopped =>
        _historyWriter.Stopped.Concat(_deliveryWorker.Stopped).Select(stopped => $"{stopped.Key} at {stopped.Value}");

    public void Start()
    {
        Process.Start(() => _historyWriter.RunAsync(CancellationToken.None));
        Process.Start(() => _deliveryWorker.RunAsync(CancellationToken.None));
    }

    /// <summary>Takes a record over a session, in whose order records are appended.</summary>
    public Task<DeliveryAnswer> Submit(int session, Record record)
    {
        var answer = new TaskCompletionSource<DeliveryAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_inboxes.TryGetValue(session, out var inbox))
            _inboxes[session] = inbox = [];
        inbox.Enqueue((record, answer));
        Process.Start(() => AppendNextAsync(inbox));
        return answer.Task;
    }

    public void Deliver(SequencedEvent chatEvent)
    {
        _world.Learn(chatEvent);
        _world.Observed.Sightings.Add(new Sighting(
            World.Everybody, _life, _world.Now, IsPushed: true, Rendering.Delivered(chatEvent)));
    }

    public void Answer(Record record, DeliveryAnswer answer)
    {
        if (_waiting.Remove(record.Id, out var waiting))
            waiting.TrySetResult(answer);
    }

    public void Dispose()
    {
        _meter.Dispose();
    }

    private async Task AppendNextAsync(Queue<(Record, TaskCompletionSource<DeliveryAnswer>)> inbox)
    {
        var (record, answer) = inbox.Dequeue();
        _waiting[record.Id] = answer;
        try
        {
            var partition = Partitioner.PartitionOf(new ChatId(record.Chat), _log.Partitions);
            var bytes = RecordEnvelope.Encode(record, RulesV1.Number);
            await _log.AppendAsync(partition, bytes, CancellationToken.None);
        }
        catch (Exception exception) when (exception is LogUnavailableException or LogFailedException)
        {
            _waiting.Remove(record.Id);
            answer.TrySetException(exception);
        }
    }
}
