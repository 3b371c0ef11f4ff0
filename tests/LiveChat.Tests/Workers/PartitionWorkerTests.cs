using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.Log;
using LiveChat.Tests.Server;
using Microsoft.Extensions.Logging;
using Xunit;

namespace LiveChat.Tests.Workers;

/// <summary>Partitions come and go while work is in flight.</summary>
public sealed class PartitionWorkerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_partition_that_is_revoked_leaves_with_a_last_commit_and_a_new_loop_goes_on_from_there()
    {
        await using var workers = new TestWorkers();
        var (delivery, reader) = StartDelivery(workers);
        await reader.AssignAsync(0);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.Sink.AnsweredAsync(1);
        await reader.RevokeAsync(isLost: false, 0);
        Assert.Equal(Position.Create(1, 0), await CommittedAsync(workers));
        Assert.Empty(delivery.Assigned);
        Assert.Null(workers.ChatsOf(delivery).Known(new ChatId(Records.Chat)));

        // Another owner writes on; history of this one is behind, so it applies silently what it handed over before.
        await workers.AppendAsync(Records.Message("ann", 2));
        Assert.Equal(["event 1", "ack 1"], workers.Sink.Lines);
        await reader.AssignAsync(0);
        await workers.Sink.AnsweredAsync(1);
        Assert.Equal(["event 1", "ack 1", "event 2", "ack 2"], workers.Sink.Lines);
        Assert.Equal(2, workers.ChatsOf(delivery).Known(new ChatId(Records.Chat))!.Seq);
    }

    [Fact]
    public async Task A_partition_that_is_lost_is_committed_no_more()
    {
        await using var workers = new TestWorkers(partitions: 2);
        var (_, reader) = StartDelivery(workers);
        await reader.AssignAsync(0, 1);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.AppendAsync(Records.Created("ann", 1, "bob").InChat(ChatOf(workers, 1)));
        await workers.AppendAsync(Records.Created("ann", 1, "bob").InChat(ChatOf(workers, 0)));
        await workers.Sink.AnsweredAsync(3);
        await reader.RevokeAsync(isLost: true, 0);
        await UntilAsync(workers, () => !reader.Commits.IsEmpty);
        Assert.All(reader.Commits, static commit => Assert.Equal([1], commit.Keys));
    }

    [Fact]
    public async Task A_commit_whose_flush_outlasts_the_loss_of_a_partition_leaves_it_out()
    {
        await using var workers = new TestWorkers();
        MovableReader? reader = null;
        workers.ReaderOf = group => reader = new MovableReader(workers.Log, group);
        workers.StartHistory(out _);
        await reader!.AssignAsync(0);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.HistoryDoneAsync();
        workers.Store.IsAway = true; // The flush of the commit is repeated.
        await UntilAsync(workers, () => workers.Store.FlushesRefused > 0);
        var lost = reader.RevokeAsync(isLost: true, 0);
        workers.Store.IsAway = false;
        await UntilAsync(workers, () => lost.IsCompleted && workers.Store.Flushes > 0);
        await workers.StopAllAsync();
        Assert.Empty(reader.Commits);
    }

    [Fact]
    public async Task A_stop_is_forgotten_when_its_partition_leaves_and_met_again_when_it_comes_back()
    {
        await using var workers = new TestWorkers();
        var (delivery, reader) = StartDelivery(workers);
        await reader.AssignAsync(0);
        await workers.AppendAsync(Records.Message("ann", 1), rules: 77);
        await UntilAsync(workers, () => delivery.Stopped.Count == 1);
        await reader.RevokeAsync(isLost: false, 0);
        Assert.Empty(delivery.Stopped);
        await reader.AssignAsync(0);
        await UntilAsync(workers, () => delivery.Stopped.Count == 1);
    }

    /// <summary>A node wakes up that was frozen: another has had its partition, and what it would read next is gone.
    /// When the group has not gone on either, records are missing.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_trimmed_record_stops_a_partition_unless_the_group_has_gone_on_behind_it(bool hasGoneOn)
    {
        using var lines = new LineCollector();
        using var loggers = LoggerFactory.Create(lines.Listen);
        await using var workers = new TestWorkers { Loggers = loggers };
        var (delivery, reader) = StartDelivery(workers);
        await reader.AssignAsync(0);
        var further = new Dictionary<int, Position> { [0] = Position.Create(1, 5) };
        if (hasGoneOn)
            foreach (var group in ConsumerGroups.All)
                await workers.Log.CommitAsync(group, further, CancellationToken.None);
        reader.Trimmed = 0;
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await UntilAsync(
            workers,
            () => hasGoneOn
                ? lines.Lines.Any(static line => line.Text.Contains("went on to 1:5", StringComparison.Ordinal))
                : delivery.Stopped.Count == 1,
            advances: false);
        Assert.Equal(hasGoneOn, delivery.Stopped.Count == 0);
    }

    [Fact]
    public async Task A_loop_that_does_not_end_is_dropped_after_a_while_and_its_partition_can_come_back()
    {
        await using var workers = new TestWorkers();
        MovableReader? reader = null;
        workers.ReaderOf = group => reader = new MovableReader(workers.Log, group);
        var history = workers.StartHistory(out var run);
        await reader!.AssignAsync(0);
        workers.Store.HangWrites();
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await UntilAsync(workers, () => workers.Store.WritesHanging > 0);
        var revoked = reader.RevokeAsync(isLost: false, 0);
        await UntilAsync(workers, () => revoked.IsCompleted);
        await revoked;
        Assert.Empty(reader.Commits);
        Assert.Empty(history.Assigned);

        workers.Store.ReleaseWrites();
        await reader.AssignAsync(0);
        await workers.HistoryDoneAsync();
        await UntilAsync(workers, () => !reader.Commits.IsEmpty);
        Assert.False(run.IsCompleted);
    }

    [Fact]
    public async Task All_partitions_are_committed_and_measured_in_one_request_each()
    {
        await using var workers = new TestWorkers(partitions: 8);
        var log = new CountingLog(workers.Log);
        workers.LogOf = _ => log;
        var (_, reader) = StartDelivery(workers);
        await reader.AssignAsync([.. Enumerable.Range(0, 8)]);
        for (var partition = 0; partition < 8; partition++)
            await workers.AppendAsync(Records.Created("ann", 1, "bob").InChat(ChatOf(workers, partition)));
        await workers.Sink.AnsweredAsync(8);
        log.Asked.Clear();
        workers.Time.Advance(workers.Options.CommitEvery);
        await UntilAsync(workers, () => !reader.Commits.IsEmpty && !log.Asked.IsEmpty, advances: false);
        Assert.Equal(Enumerable.Range(0, 8), Assert.Single(reader.Commits).Keys.Order());
        Assert.Equal([8], log.Asked);
    }

    /// <summary>A thousand of them would cost brokers and node more than all else that an idle node does.</summary>
    [Fact]
    public async Task A_partition_at_rest_of_a_log_without_a_clock_is_asked_for_every_tenth_time_and_a_busy_one_always()
    {
        await using var workers = new TestWorkers(partitions: 20);
        var log = new CountingLog(workers.Log, hasClock: false);
        workers.LogOf = _ => log;
        var (_, reader) = StartDelivery(workers);
        await reader.AssignAsync([.. Enumerable.Range(0, 20)]);
        await UntilAsync(workers, () => log.Asked.Count == 2); // At the assignment, and the first time.
        log.Asked.Clear();
        await UntilAsync(workers, () => log.Asked.Count == 10);
        Assert.Equal(Enumerable.Repeat(2, 10), log.Asked);
        Assert.Equal(Enumerable.Repeat(3, 20), log.AskedOf.Values);

        // One more record is done each time.
        for (var number = 1; number <= 5; number++)
        {
            await workers.AppendAsync(number == 1
                ? Records.Created("ann", 1, "bob").InChat(ChatOf(workers, 7))
                : Records.Message("ann", number).InChat(ChatOf(workers, 7)));
            await workers.Sink.AnsweredAsync(1);
            log.Asked.Clear();
            await UntilAsync(workers, () => log.Asked.Count == 1);
            Assert.Equal(3 + number, log.AskedOf[7]);
        }
    }

    /// <summary>What nobody processes is seen all the same.</summary>
    [Fact]
    public async Task A_record_that_comes_to_a_partition_at_rest_and_stays_there_is_measured_within_ten_turns()
    {
        await using var workers = new TestWorkers(partitions: 20);
        var log = new CountingLog(workers.Log, hasClock: false);
        workers.LogOf = _ => log;
        var (_, reader) = StartDelivery(workers);
        await reader.AssignAsync([.. Enumerable.Range(0, 20)]);
        await UntilAsync(workers, () => log.Asked.Count == 2);
        workers.Sink.Gate = new TaskCompletionSource().Task;
        await workers.AppendAsync(Records.Created("ann", 1, "bob").InChat(ChatOf(workers, 7)));
        log.Asked.Clear();
        await UntilAsync(workers, () => log.Asked.Count == 11);
        Assert.Equal(1, WorkerMetricsTests.Read(workers.Meter, "livechat.log.lag").Sum(static one => one.Value));
        workers.Sink.Gate = Task.CompletedTask;
    }

    [Fact]
    public async Task One_busy_partition_has_the_keys_of_all_and_looks_none_up_among_a_thousand()
    {
        await using var workers = new TestWorkers(partitions: 1000, new WorkerOptions { KeysMax = 100 });
        workers.StartDelivery(out _);
        await CreateAsync(workers, Records.Chat);
        workers.StartHistory(out _);
        await TalkAsync(workers, Records.Chat, 2, 60);
        Assert.Equal(0, workers.Store.KeyReads);
    }

    [Fact]
    public async Task A_live_chat_reads_nothing_when_the_worker_holds_all_keys_that_it_may_and_an_old_key_is_read()
    {
        await using var workers = new TestWorkers(partitions: 1, new WorkerOptions { KeysMax = 10 });
        var delivery = workers.StartDelivery(out _);
        await CreateAsync(workers, Records.Chat);
        workers.StartHistory(out _);
        await TalkAsync(workers, Records.Chat, 2, 60);
        Assert.InRange(delivery.Budget.Keys, 1, 12);
        Assert.Equal(0, workers.Store.KeyReads);

        await TalkAsync(workers, Records.Chat, 30, 30); // Again.
        Assert.Equal(2, workers.Store.KeyReads); // One of each worker.
    }

    [Fact]
    public async Task A_partition_that_is_idle_makes_room_for_one_that_is_busy()
    {
        await using var workers = new TestWorkers(partitions: 2, new WorkerOptions { KeysMax = 40 });
        var delivery = workers.StartDelivery(out _);
        var (idle, busy) = (ChatOf(workers, 0), ChatOf(workers, 1));
        await CreateAsync(workers, idle);
        await CreateAsync(workers, busy);
        workers.StartHistory(out _);
        await TalkAsync(workers, idle, 2, 39);
        Assert.Equal(40, delivery.Budget.Keys);
        await TalkAsync(workers, busy, 2, 15);
        await UntilAsync(workers, () => delivery.Budget.Keys <= 40);
        Assert.Equal(0, workers.Store.KeyReads); // The busy one has lost none.
    }

    [Fact]
    public async Task A_coordinator_that_is_out_of_reach_for_minutes_ends_nothing_and_is_asked_again()
    {
        await using var workers = new TestWorkers();
        var (delivery, reader) = StartDelivery(workers, out var run);
        reader.IsAway = true;
        var assigned = reader.AssignAsync(0);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        for (var second = 0; second < 300; second++) await MoveAsync(workers);
        Assert.False(assigned.IsCompleted || run.IsCompleted);
        Assert.Contains("starts of delivery-workers", workers.LogCalls.Refusal, StringComparison.Ordinal);

        reader.IsAway = false;
        await UntilAsync(workers, () => assigned.IsCompleted);
        await workers.Sink.AnsweredAsync(1);
        await UntilAsync(workers, () => !reader.Commits.IsEmpty && workers.LogCalls.Refusal is null);

        // What is decided goes on while commits fail, and is committed when they work again.
        reader.IsAway = true;
        var last = await workers.AppendAsync(Records.Message("ann", 2));
        await workers.Sink.AnsweredAsync(1);
        await UntilAsync(workers, () => workers.LogCalls.Refusal is not null);
        Assert.Contains("commits of delivery-workers", workers.LogCalls.Refusal, StringComparison.Ordinal);
        reader.IsAway = false;
        await UntilAsync(workers, () => reader.Commits.Any(commit => commit[0] == last));
        await UntilAsync(workers, () => workers.LogCalls.Refusal is null);
        Assert.False(run.IsCompleted);
    }

    /// <summary>Before history begins, so that the worker knows the chat from its first record.</summary>
    private static async Task CreateAsync(TestWorkers workers, ulong chat)
    {
        await workers.AppendAsync(Records.Created("ann", 1, "bob").InChat(chat));
        await workers.Sink.AnsweredAsync(1);
    }

    private static async Task TalkAsync(TestWorkers workers, ulong chat, int first, int last)
    {
        for (var number = first; number <= last; number++)
        {
            var keyTimeMs = Records.StartMs + number;
            await workers.AppendAsync(Records.Message("ann", number, keyTimeMs: keyTimeMs).InChat(chat));
            await workers.Sink.AnsweredAsync(1);
            await workers.HistoryDoneAsync();
        }
    }

    private static async Task MoveAsync(TestWorkers workers)
    {
        workers.Time.Advance(TimeSpan.FromSeconds(1));
        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
    }

    private static (DeliveryWorker Worker, MovableReader Reader) StartDelivery(TestWorkers workers) =>
        StartDelivery(workers, out _);

    private static (DeliveryWorker Worker, MovableReader Reader) StartDelivery(TestWorkers workers, out Task run)
    {
        var readers = new Dictionary<string, MovableReader>();
        workers.ReaderOf = group => readers[group] = new MovableReader(workers.Log, group);
        var worker = workers.StartDelivery(out run);
        return (worker, readers[ConsumerGroups.DeliveryWorkers]);
    }

    private static ulong ChatOf(TestWorkers workers, int partition) => Enumerable.Range(1_000, 100_000)
        .Select(static id => (ulong)id).First(id => workers.PartitionOf(id) == partition);

    private static Task<Position> CommittedAsync(TestWorkers workers) =>
        workers.Log.CommittedAsync(ConsumerGroups.DeliveryWorkers, 0);

    private static async Task UntilAsync(TestWorkers workers, Func<bool> isSo, bool advances = true)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!isSo() && TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            if (advances) workers.Time.Advance(TimeSpan.FromMilliseconds(250));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        }

        Assert.True(isSo(), "It did not come to be.");
    }

    /// <summary>Notes of how many partitions each request asks for the range, and how often each was asked for.
    /// </summary>
    private sealed class CountingLog(IMessageLog inner, bool hasClock = true) : ForwardingLog(inner)
    {
        public System.Collections.Concurrent.ConcurrentBag<int> Asked { get; } = [];

        public System.Collections.Concurrent.ConcurrentDictionary<int, int> AskedOf { get; } = [];

        public override bool HasClock => hasClock;

        public override async ValueTask<IReadOnlyDictionary<int, LogRange>> RangesAsync(
            IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
        {
            foreach (var partition in partitions) AskedOf.AddOrUpdate(partition, 1, static (_, count) => count + 1);
            Asked.Add(partitions.Count);
            var ranges = await base.RangesAsync(partitions, cancellationToken);
            return HasClock
                ? ranges
                : ranges.ToDictionary(static one => one.Key, static one => one.Value with { NextTimeMs = 0 });
        }
    }
}
