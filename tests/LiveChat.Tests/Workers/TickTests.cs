using System.Diagnostics.Metrics;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Tests.Chats;
using LiveChat.Tests.Log;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Workers;

/// <summary>Ticks: who appends them, and that they are nothing but time to everybody else.</summary>
public sealed class TickTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Both_groups_pass_over_ticks_and_count_them_as_no_records()
    {
        await using var workers = new TestWorkers();
        var delivery = workers.StartDelivery(out var delivering);
        var history = workers.StartHistory(out var writing);
        await workers.AppendBytesAsync(0, RecordEnvelope.Tick.ToArray());
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        var last = await workers.AppendBytesAsync(0, RecordEnvelope.Tick.ToArray());
        await workers.Sink.AnsweredAsync(1);
        await workers.HistoryDoneAsync();
        await workers.StopAsync(delivering);
        await workers.StopAsync(writing);
        Assert.Empty(delivery.Stopped);
        Assert.Empty(history.Stopped);
        foreach (var group in ConsumerGroups.All)
            Assert.Equal(last, await workers.Log.CommittedAsync(group, 0));
        Assert.Equal([1, 1], RecordsOf(workers.Meter));
    }

    [Fact]
    public async Task A_record_that_a_reader_gives_again_is_passed_over_by_both_groups()
    {
        await using var workers = new TestWorkers();
        workers.ReaderOf = group => new RepeatingReader(workers.Log, group);
        workers.StartDelivery(out _);
        var history = workers.StartHistory(out _);
        for (var id = 1; id <= 5; id++)
            await workers.AppendAsync(id == 1 ? Records.Created("ann", 1, "bob") : Records.Message("ann", id));
        await workers.Sink.AnsweredAsync(5);
        await workers.HistoryDoneAsync();
        Assert.Equal(
            Enumerable.Range(1, 5).SelectMany(static seq => (string[])[$"event {seq}", $"ack {seq}"]),
            workers.Sink.Lines);
        Assert.Empty(history.Stopped);
    }

    [Fact]
    public async Task The_ticks_at_the_end_of_history_are_known_from_where_it_began()
    {
        await using var workers = new TestWorkers();
        var history = workers.StartHistory(out _);
        await workers.AppendBytesAsync(0, RecordEnvelope.Tick.ToArray());
        var second = await workers.AppendBytesAsync(0, RecordEnvelope.Tick.ToArray());
        await workers.HistoryDoneAsync();
        Assert.Equal(new TickRun(Position.None, second), history.TicksOf(0));
        var record = await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        var last = await workers.AppendBytesAsync(0, RecordEnvelope.Tick.ToArray());
        await workers.HistoryDoneAsync();
        Assert.Equal(new TickRun(record, last), history.TicksOf(0));
    }

    [Fact]
    public async Task Idle_is_a_partition_with_nothing_left_to_hand_over_and_no_record_since_it_was_asked_last()
    {
        await using var workers = new TestWorkers(partitions: 2);
        var delivery = workers.StartDelivery(out _);
        await UntilAsync(() => delivery.Assigned.Count == 2);
        Assert.Equal([0, 1], delivery.Idle());
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.Sink.AnsweredAsync(1);
        var other = 1 - workers.PartitionOf(Records.Chat);
        await workers.AppendBytesAsync(other, RecordEnvelope.Tick.ToArray());
        Assert.Equal([other], delivery.Idle());
        Assert.Equal([0, 1], delivery.Idle());
    }

    [Fact]
    public async Task An_idle_partition_gets_one_tick_every_ten_seconds_and_a_failure_harms_nothing()
    {
        var time = new FakeTimeProvider();
        await using var log = new TickedLog(new InMemoryMessageLog(3, time), hasClock: false);
        using var stop = new CancellationTokenSource();
        var running = new Ticker(log, static () => [0, 2], time).RunAsync(stop.Token);
        await BurstAsync(2);
        Assert.Equal([0, 2], log.Ticked);
        await BurstAsync(4);

        // One that has no answer yet gets no second one; one that was refused gets the next.
        log.Held = new TaskCompletionSource();
        await BurstAsync(6);
        log.Failure = new LogUnavailableException("away");
        log.Held.SetResult();
        await BurstAsync(8);
        log.Failure = null;
        await BurstAsync(10);
        Assert.Equal([0, 2, 0, 2, 0, 2, 0, 2, 0, 2], log.Ticked);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Patience));

        async Task BurstAsync(int ticked)
        {
            for (var part = 0; part < 2_000 && log.Ticked.Count < ticked; part++)
            {
                time.Advance(Ticker.Period / 10);
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
            }

            Assert.Equal(ticked, log.Ticked.Count);
        }
    }

    [Fact]
    public async Task A_log_with_a_clock_of_its_own_gets_none()
    {
        var time = new FakeTimeProvider();
        await using var log = new TickedLog(new InMemoryMessageLog(1, time), hasClock: true);
        await new Ticker(log, static () => [0], time).RunAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.Empty(log.Ticked);
    }

    /// <summary>How many records each group has counted.</summary>
    private static List<long> RecordsOf(Meter meter)
    {
        var counted = new List<long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter == meter && instrument.Name == "livechat.records")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => counted.Add(count));
        listener.Start();
        listener.RecordObservableInstruments();
        return counted;
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isSo() && TimeProvider.System.GetElapsedTime(began) < Patience) await Task.Yield();
        Assert.True(isSo(), "It did not come to be.");
    }

    /// <summary>Notes what is appended, and fails or holds it.</summary>
    private sealed class TickedLog(IMessageLog inner, bool hasClock) : ForwardingLog(inner)
    {
        private readonly List<int> _ticked = [];

        public override bool HasClock => hasClock;

        public Exception? Failure { get; set; }

        public TaskCompletionSource? Held { get; set; }

        public IReadOnlyList<int> Ticked
        {
            get
            {
                lock (_ticked) return [.. _ticked];
            }
        }

        public override async ValueTask<Appended> AppendAsync(
            int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken)
        {
            Assert.Equal(RecordEnvelope.Tick.ToArray(), record.ToArray());
            lock (_ticked) _ticked.Add(partition);
            if (Failure is { } failure) throw failure;
            if (Held is { } held) await held.Task.WaitAsync(cancellationToken);
            return await base.AppendAsync(partition, record, cancellationToken);
        }
    }

    /// <summary>Gives every record again in front of the next one.</summary>
    private sealed class RepeatingReader(IWaitingLog log, string group) : IPartitionReader
    {
        private readonly AllPartitionsReader _inner = new(log, group);
        private IReadOnlyList<LogEntry> _given = [];

        public Task RunAsync(IPartitionOwner owner, CancellationToken cancellationToken) =>
            _inner.RunAsync(owner, cancellationToken);

        public async ValueTask<IReadOnlyList<LogEntry>> ReadAsync(
            int partition, Position after, int bytesMax, CancellationToken cancellationToken)
        {
            IReadOnlyList<LogEntry> read =
                [.. _given, .. await _inner.ReadAsync(partition, after, bytesMax, cancellationToken)];
            _given = [.. read.TakeLast(2)];
            return read;
        }

        public ValueTask CommitAsync(
            IReadOnlyDictionary<int, Position> processed, CancellationToken cancellationToken) =>
            _inner.CommitAsync(processed, cancellationToken);

        public ValueTask<IReadOnlyDictionary<int, Position>> CommittedAsync(
            IReadOnlyCollection<int> partitions, CancellationToken cancellationToken) =>
            _inner.CommittedAsync(partitions, cancellationToken);

        public ValueTask DisposeAsync() => _inner.DisposeAsync();
    }
}
