using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Core.Timing;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.Log;
using Xunit;

namespace LiveChat.Tests.Workers;

public sealed class HistoryWriterTests
{
    [Fact]
    public async Task A_commit_torn_at_any_cell_and_resumed_leaves_what_one_that_was_not_torn_leaves()
    {
        var stream = Records.Story();
        await using var whole = new TestWorkers();
        await RunAsync(whole, stream);
        var expected = whole.Store.Dump();

        for (var torn = 0; torn < whole.Store.Cells + 5; torn++)
        {
            await using var workers = new TestWorkers(options: new WorkerOptions { BatchBytesMax = 4096 });
            workers.Store.TornAfter = torn;
            foreach (var record in stream)
                await workers.AppendAsync(record);
            workers.StartHistory(out var first);
            var failed = await Task.WhenAny(first, DoneAsync(workers));
            if (failed == first)
                await Assert.ThrowsAsync<WorkerFailedException>(() => first);
            else
                await workers.StopAsync(first);

            workers.Store.TornAfter = -1;
            workers.Restart();
            workers.StartHistory(out _);
            await workers.HistoryDoneAsync();
            Assert.Equal(expected, workers.Store.Dump());
        }

        static async Task DoneAsync(TestWorkers workers)
        {
            try
            {
                await workers.HistoryDoneAsync();
            }
            catch (TimeoutException)
            {
                // Torn: the other task says so.
            }
        }
    }

    [Fact]
    public async Task Batches_of_any_size_and_two_writers_at_once_write_the_same_bytes()
    {
        var stream = Records.Story();
        await using var whole = new TestWorkers();
        await RunAsync(whole, stream);

        var tight = new WorkerOptions { BatchBytesMax = 4096, ChatsMax = 1, KeysMax = 1 };
        await using var two = new TestWorkers(options: tight);
        two.StartHistory(out _);
        two.StartHistory(out _);
        foreach (var record in stream)
            await two.AppendAsync(record);
        await two.HistoryDoneAsync();
        Assert.Equal(whole.Store.Dump(), two.Store.Dump());
    }

    [Fact]
    public async Task A_position_is_committed_after_the_flush_that_covers_it_and_not_before()
    {
        await using var workers = new TestWorkers();
        workers.StartHistory(out var run);
        var end = await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.HistoryDoneAsync();
        Assert.Equal((0, Position.None), (workers.Store.Flushes, await CommittedAsync(workers)));

        workers.Time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(async () => await CommittedAsync(workers) == end);
        Assert.Equal(1, workers.Store.Flushes);

        var last = await workers.AppendAsync(Records.Message("ann", 2));
        await workers.HistoryDoneAsync();
        await workers.StopAsync(run);
        Assert.Equal((2, last), (workers.Store.Flushes, await CommittedAsync(workers)));
    }

    [Fact]
    public async Task A_damaged_entry_is_set_aside_and_the_partition_goes_on()
    {
        await using var workers = new TestWorkers();
        var writer = workers.StartHistory(out _);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        var damaged = RecordEnvelope.Encode(Records.Message("ann", 2), 1);
        damaged[20] ^= 1;
        await workers.AppendBytesAsync(0, damaged);
        await workers.AppendAsync(Records.Message("ann", 3));
        await workers.HistoryDoneAsync();
        Assert.Empty(writer.Stopped);
        Assert.Equal(2, (await HeadAsync(workers, Records.Chat))!.Seq);
    }

    [Theory]
    [InlineData(RulesV4.Number + 1)]
    [InlineData(ushort.MaxValue)]
    public async Task Unknown_rules_stop_their_partition_with_what_lies_before_stored_and_the_others_go_on(int rules)
    {
        await using var workers = new TestWorkers(partitions: 2);
        var other = OtherPartition(workers);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.AppendAsync(Records.Message("ann", 2));
        await workers.AppendAsync(Records.Message("ann", 3), (ushort)rules);
        await workers.AppendAsync(Records.Message("ann", 4));
        await workers.AppendAsync(Records.Created("ann", 1, "bob").InChat(other));

        var writer = workers.StartHistory(out _);
        await UntilAsync(async () => writer.Stopped.Count > 0 && await HeadAsync(workers, other) is not null);
        Assert.Equal(2, (await HeadAsync(workers, Records.Chat))!.Seq);
        Assert.Equal([workers.PartitionOf(Records.Chat)], writer.Stopped.Keys);
    }

    [Fact]
    public async Task Rules_that_throw_stop_the_partition()
    {
        await using var workers = new TestWorkers();
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.AppendAsync(Records.Message("", 2)); // No sender: ingest would never write it.
        var writer = workers.StartHistory(out _);
        await UntilAsync(() => Task.FromResult(writer.Stopped.Count == 1));
        Assert.Equal(1, (await HeadAsync(workers, Records.Chat))!.Seq);
    }

    [Fact]
    public async Task A_store_that_is_away_is_tried_again_until_it_is_back()
    {
        await using var workers = new TestWorkers();
        workers.Store.IsAway = true;
        workers.StartHistory(out var run);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        for (var i = 0; i < 20; i++)
            await MoveAsync(workers, TimeSpan.FromSeconds(1));
        Assert.False(run.IsCompleted);
        workers.Store.IsAway = false;
        await UntilAsync(async () =>
        {
            await MoveAsync(workers, TimeSpan.FromSeconds(1));
            return await HeadAsync(workers, Records.Chat) is not null;
        });
    }

    [Fact]
    public async Task A_store_that_is_away_for_hours_ends_nothing()
    {
        await using var workers = new TestWorkers();
        workers.Store.IsAway = true;
        workers.StartHistory(out var run);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        for (var i = 0; i < 200; i++) await MoveAsync(workers, TimeSpan.FromMinutes(1));
        Assert.False(run.IsCompleted);
        workers.Store.IsAway = false;
        await UntilAsync(async () =>
        {
            await MoveAsync(workers, TimeSpan.FromSeconds(5));
            return await HeadAsync(workers, Records.Chat) is not null;
        });
    }

    private static async Task RunAsync(TestWorkers workers, IEnumerable<LiveChat.Core.Log.Record> stream)
    {
        foreach (var record in stream)
            await workers.AppendAsync(record);
        workers.StartHistory(out _);
        await workers.HistoryDoneAsync();
    }

    private static Task<Position> CommittedAsync(TestWorkers workers) =>
        workers.Log.CommittedAsync(ConsumerGroups.HistoryWriters, 0);

    private static ValueTask<ChatState?> HeadAsync(TestWorkers workers, ulong chat) =>
        workers.Store.ReadHeadAsync(new ChatId(chat), CancellationToken.None);

    private static ulong OtherPartition(TestWorkers workers) =>
        Enumerable.Range(1, 100).Select(id => (ulong)id)
            .First(id => workers.PartitionOf(id) != workers.PartitionOf(Records.Chat));

    private static async Task MoveAsync(TestWorkers workers, TimeSpan by)
    {
        workers.Time.Advance(by);
        await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 10_000 && !await condition(); i++)
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        Assert.True(await condition(), "It did not come to be.");
    }
}
