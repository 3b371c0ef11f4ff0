using System.Text;
using Google.Protobuf;
using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.History;
using LiveChat.Tests.Log;
using Xunit;

namespace LiveChat.Tests.Workers;

public sealed class DeliveryWorkerTests
{
    /// <summary>What <see cref="Records.Story"/> is answered, written by hand.</summary>
    private static readonly string[] Answers =
    [
        "ack 1", "ack 2", "duplicate of 2", "ack 1", "refused DuplicateMismatch", "refused NotFound", "ack 3", "ack 4",
        "ack 2", "ack 5", "ack 6", "ack 7", "ack 8", "ack 9", "refused NotFound", "ack 10", "ack 11", "ack 12",
        "ack 13", "ack 14", "duplicate of 12", "refused ClockAhead", "ack 3", "ack 15", "ack 16",
    ];

    [Fact]
    public async Task Ahead_of_history_every_record_is_decided_from_memory()
    {
        await using var workers = new TestWorkers();
        workers.StartDelivery(out _);
        await AppendAsync(workers, Records.Story());
        await workers.Sink.AnsweredAsync(Answers.Length);
        Assert.Equal(Answers, AnswersOf(workers));
        Assert.Equal(Enumerable.Range(1, 16), SeqsOf(workers, Records.Chat));
        Assert.Equal(2, workers.Store.Reads); // The head of each chat, once.
    }

    [Fact]
    public async Task Behind_history_the_events_are_told_again_and_refusals_without_their_reason()
    {
        await using var ahead = new TestWorkers();
        ahead.StartDelivery(out _);
        await AppendAsync(ahead, Records.Story());
        await ahead.Sink.AnsweredAsync(Answers.Length);

        await using var workers = new TestWorkers();
        await AppendAsync(workers, Records.Story());
        workers.StartHistory(out _);
        await workers.HistoryDoneAsync();
        workers.StartDelivery(out _);
        await workers.Sink.AnsweredAsync(Answers.Length);

        // eve's first try was refused, but her key has an event, at a later position.
        Assert.Equal(
            Answers.Select(line => line is "refused NotFound" or "refused ClockAhead" ? "refused" : line),
            AnswersOf(workers));
        Assert.Equal(ahead.Sink.Events.Select(Told), workers.Sink.Events.Select(Told));

        static string Told(SequencedEvent e) => $"{e.Record.Chat} {e.After.Seq} n{e.After.N} t{e.After.TimeMs} "
            + $"{e.After.Position} {e.Sender} {e.ClientId} {e.BodyHash} {e.Record} +{string.Join(',', e.Added)}";
    }

    [Fact]
    public async Task Settings_that_are_told_again_are_those_of_then_also_where_the_command_left_them()
    {
        Core.Log.Record[] story =
        [
            Records.Created("ann", 0, "bob"), Records.Retitle("ann", 1, null, custom: """{"a":1}"""),
            Records.Retitle("ann", 2, "second"), Records.Retitle("ann", 3, "third", custom: ""),
            Records.Retitle("ann", 4, null, custom: """{"a":2}"""),
        ];
        await using var ahead = new TestWorkers();
        ahead.StartDelivery(out _);
        await AppendAsync(ahead, story);
        await ahead.Sink.AnsweredAsync(story.Length);

        await using var behind = new TestWorkers();
        await AppendAsync(behind, story);
        behind.StartHistory(out _);
        await behind.HistoryDoneAsync();
        behind.StartDelivery(out _);
        await behind.Sink.AnsweredAsync(story.Length);
        Assert.Equal(ahead.Sink.Events.Select(Pushed), behind.Sink.Events.Select(Pushed));

        static string Pushed(SequencedEvent e) => Encoding.UTF8.GetString(
            FrameBytes.Of(ChatEvents.FrameOf(e, showsTarget: true)).Span);
    }

    /// <summary>What was said in a message that is gone is handed over by nobody, whoever knows of the deletion: the
    /// worker's memory, the store, or both.</summary>
    [Fact]
    public async Task Content_behind_a_deletion_is_handed_over_as_erased_wherever_history_stands()
    {
        var target = Records.Target(2, "ann");
        Core.Log.Record[] story =
        [
            Records.Created("ann", 1, "bob"), Records.Message("ann", 2), Records.Edit("ann", 3, target),
            Records.Delete("bob", 4, target), Records.Delete("ann", 5, target), Records.Edit("ann", 6, target),
        ];
        await using var ahead = new TestWorkers();
        ahead.StartDelivery(out _);
        await AppendAsync(ahead, story);
        await ahead.Sink.AnsweredAsync(story.Length);
        Assert.Equal(["event 5 Erased"], ErasedIn(ahead));

        await using var behind = new TestWorkers();
        await AppendAsync(behind, story);
        behind.StartHistory(out _);
        await behind.HistoryDoneAsync();
        behind.StartDelivery(out _);
        await behind.Sink.AnsweredAsync(story.Length);
        Assert.Equal(["event 2 Erased", "event 3 Erased", "event 5 Erased"], ErasedIn(behind));
    }

    /// <summary>Once history has it, the deletion is forgotten here. While the store is away the edit is held back from
    /// nobody else: members are told that there is something to read.</summary>
    [Fact]
    public async Task Of_an_old_message_the_store_is_asked_once_and_an_edit_goes_on_without_it()
    {
        await using var workers = new TestWorkers();
        workers.StartHistory(out _);
        workers.StartDelivery(out _);
        var (gone, there) = (Records.Target(2, "ann"), Records.Target(3, "ann"));
        await AppendAsync(workers,
        [
            Records.Created("ann", 1, "bob"), Records.Message("ann", 2), Records.Message("ann", 3),
            Records.Delete("ann", 4, gone),
        ]);
        await workers.Sink.AnsweredAsync(4);
        await workers.HistoryDoneAsync();
        workers.Time.Advance(TimeSpan.FromMilliseconds(2 * ChatSequencer.KeyKeptMs));
        var later = workers.Time.GetUtcNow().ToUnixTimeMilliseconds();
        await AppendAsync(workers, [Records.Message("ann", 5, keyTimeMs: later)]);
        await workers.Sink.AnsweredAsync(1);
        var reads = workers.Store.Reads;

        await AppendAsync(workers, [Edit(6, gone), Edit(7, there), Edit(8, Records.Target(5, "ann"))]);
        await workers.Sink.AnsweredAsync(3);
        Assert.Equal(2, workers.Store.Reads - reads); // The last target is one that memory knows all of.

        await workers.HistoryDoneAsync();
        workers.Store.IsAway = true;
        await AppendAsync(workers, [Edit(9, gone), Edit(10, there)]);
        await workers.Sink.AnsweredAsync(2);
        Assert.Equal(
            ["event 6 Erased", "event 7", "event 8", "event 9 Unknown", "event 10 Unknown"],
            workers.Sink.LinesOf(Records.Chat).Where(static line => line.StartsWith("event", StringComparison.Ordinal))
                .TakeLast(5));

        Core.Log.Record Edit(int key, Target target)
        {
            var edit = Records.Edit("ann", key, target);
            edit.ClientId = ByteString.CopyFrom(Records.Key(key, later).Value.ToByteArray(bigEndian: true));
            return edit;
        }
    }

    /// <summary>What a record waits for was decided from what was known of its chat: a sweep takes nothing of it
    /// meanwhile.</summary>
    [Fact]
    public async Task A_command_that_comes_again_is_a_duplicate_also_when_memory_is_swept_while_it_waits()
    {
        await using var workers = new TestWorkers(options: new WorkerOptions { KeysMax = 4 });
        workers.StartHistory(out var history);
        workers.StartDelivery(out _);
        await AppendAsync(
            workers,
            [Records.Created("ann", 1, "bob"), Records.Message("ann", 2), Records.Created("ann", 1, "bob").InChat(8)]);
        await workers.Sink.AnsweredAsync(3);
        await workers.HistoryDoneAsync();
        workers.Time.Advance(TimeSpan.FromMilliseconds(2 * ChatSequencer.KeyKeptMs));
        var edit = Records.Edit("ann", 3, Records.Target(2, "ann"));
        edit.ClientId = ByteString.CopyFrom(Late(3).Value.ToByteArray(bigEndian: true));
        await AppendAsync(workers, [edit]);
        await workers.Sink.AnsweredAsync(1);
        await workers.HistoryDoneAsync();
        await workers.StopAsync(history);

        // The key is in memory, and what became of the message is asked of the store. Meanwhile memory is full.
        workers.Store.Close();
        var reads = workers.Store.Reads;
        await AppendAsync(workers, [edit.Clone()]);
        for (var key = 4; key < 9; key++)
        {
            workers.Time.Advance(TimeSpan.FromMilliseconds(100));
            var message = Records.Message("ann", key);
            message.ClientId = ByteString.CopyFrom(Late(key).Value.ToByteArray(bigEndian: true));
            await AppendAsync(workers, [message.InChat(8)]);
            await workers.Sink.AnsweredAsync(1);
        }

        Assert.Equal(reads, workers.Store.Reads);
        workers.Store.Open();
        await workers.Sink.AnsweredAsync(1);
        Assert.Equal(reads + 1, workers.Store.Reads);
        Assert.Equal("duplicate of 3", workers.Sink.LinesOf(Records.Chat)[^1]);

        // Far enough ahead of its chat that nobody looks for it in the store.
        ClientId Late(int key) => Records.Key(key, workers.Time.GetUtcNow().ToUnixTimeMilliseconds() + 59_950);
    }

    [Fact]
    public async Task An_event_that_is_told_again_goes_to_the_members_whose_stay_covers_it()
    {
        await using var workers = new TestWorkers();
        await AppendAsync(workers, Records.Story());
        workers.StartHistory(out _);
        await workers.HistoryDoneAsync();
        workers.StartDelivery(out _);
        await workers.Sink.AnsweredAsync(Answers.Length);

        // At the end: ann and bob since 1, eve and fay since 3, cat (who was removed) again since 15.
        Assert.Equal("ann bob", RosterAt(2));
        Assert.Equal("ann bob eve fay", RosterAt(12));
        Assert.Equal("ann bob cat eve fay", RosterAt(15));

        string RosterAt(long seq) => string.Join(' ', workers.Sink.Events
            .Single(e => e.Record.Chat == Records.Chat && e.After.Seq == seq)
            .After.Roster.Members.ToArray().Select(member => member.User));
    }

    [Fact]
    public async Task Wherever_history_stands_every_record_gets_the_same_answer_but_for_the_reasons()
    {
        for (var at = 0; at <= Answers.Length; at++)
        {
            await using var workers = new TestWorkers();
            var story = Records.Story();
            await AppendAsync(workers, story.Take(at));
            workers.StartHistory(out var history);
            await workers.HistoryDoneAsync();
            await workers.StopAsync(history);
            await workers.Log.CommitAsync(ConsumerGroups.HistoryWriters, 0, Position.None);
            workers.StartDelivery(out _);
            await AppendAsync(workers, story.Skip(at));
            await workers.Sink.AnsweredAsync(Answers.Length);
            Assert.Equal(Answers, AnswersOf(workers).Select((line, i) => line == "refused" ? Answers[i] : line));
            Assert.Equal(Enumerable.Range(1, 16), SeqsOf(workers, Records.Chat));
        }
    }

    [Fact]
    public async Task What_was_handed_over_before_is_applied_silently_also_when_history_is_behind()
    {
        for (var at = 0; at < Answers.Length; at++)
        {
            await using var workers = new TestWorkers();
            var positions = new List<Position>();
            foreach (var record in Records.Story())
                positions.Add(await workers.AppendAsync(record));
            await workers.Log.CommitAsync(ConsumerGroups.DeliveryWorkers, 0, positions[at]);
            workers.StartDelivery(out _);
            await workers.Sink.AnsweredAsync(Answers.Length - at - 1);
            Assert.Equal(Answers.Skip(at + 1), AnswersOf(workers));
        }
    }

    [Fact]
    public async Task While_the_store_is_away_chats_in_memory_go_on_and_the_others_wait_in_their_order()
    {
        await using var workers = new TestWorkers();
        var delivery = workers.StartDelivery(out _);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.Sink.AnsweredAsync(1);

        workers.Store.Close();
        var first = await workers.AppendAsync(Records.Created("ann", 1, "bob").InChat(8));
        await workers.AppendAsync(Records.Message("ann", 2).InChat(8));
        await workers.AppendAsync(Records.Message("bob", 3));
        await workers.Sink.AnsweredAsync(1);
        Assert.Equal(["event 2", "ack 2"], workers.Sink.Lines.Skip(2));
        Assert.True(delivery.HandedTimeMs < workers.Time.GetUtcNow().ToUnixTimeMilliseconds());

        workers.Time.Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(async () => await CommittedAsync(workers) != Position.None);
        Assert.Equal(new Position(first.Value - 1), await CommittedAsync(workers));

        workers.Store.Open();
        await workers.Sink.AnsweredAsync(2);
        Assert.Equal(["event 1", "ack 1", "event 2", "ack 2"], workers.Sink.LinesOf(8));
    }

    [Theory]
    [InlineData(3, int.MaxValue)]
    [InlineData(1000, 200)]
    [InlineData(1000, 1)]
    public async Task When_the_buffer_is_full_the_partition_waits_and_loses_nothing(int records, int bytes)
    {
        var options = new WorkerOptions { WaitingMax = records, WaitingBytesMax = bytes };
        await using var workers = new TestWorkers(options: options);
        workers.StartDelivery(out _);
        workers.Store.Close();
        for (var chat = 1UL; chat <= 10; chat++)
        {
            await workers.AppendAsync(Records.Created("ann", 1, "bob").InChat(chat));
            await workers.AppendAsync(Records.Message("ann", 2).InChat(chat));
        }

        Assert.Empty(workers.Sink.Lines);
        workers.Store.Open();
        await workers.Sink.AnsweredAsync(20);
        for (var chat = 1UL; chat <= 10; chat++)
            Assert.Equal(["event 1", "ack 1", "event 2", "ack 2"], workers.Sink.LinesOf(chat));
    }

    [Fact]
    public async Task A_chat_that_left_memory_is_loaded_again_and_still_knows_its_keys()
    {
        var options = new WorkerOptions { ChatsMax = 2, KeysMax = 2 };
        await using var workers = new TestWorkers(options: options);
        workers.StartHistory(out _);
        workers.StartDelivery(out _);
        for (var round = 0; round < 4; round++)
        {
            for (var chat = 1UL; chat <= 20; chat++)
            {
                var record = round == 0 ? Records.Created("ann", 1, "bob") : Records.Message("ann", 2);
                await workers.AppendAsync(record.InChat(chat));
                await workers.Sink.AnsweredAsync(1);
                await workers.HistoryDoneAsync();
            }
        }

        for (var chat = 1UL; chat <= 20; chat++)
        {
            Assert.Equal(
                ["event 1", "ack 1", "event 2", "ack 2", "duplicate of 2", "duplicate of 2"],
                workers.Sink.LinesOf(chat));
        }

        Assert.True(workers.Store.Reads > 80);
    }

    [Fact]
    public async Task Memory_that_history_does_not_release_makes_the_partition_wait()
    {
        var options = new WorkerOptions { ChatsMax = 2, BatchBytesMax = 200 };
        await using var workers = new TestWorkers(options: options);
        workers.StartDelivery(out _);
        for (var chat = 1UL; chat <= 20; chat++)
            await workers.AppendAsync(Records.Created("ann", 1, "bob").InChat(chat));
        await workers.Sink.AnsweredAsync(4);
        Assert.InRange(workers.Sink.Events.Count, 4, 6);
        workers.StartHistory(out _);
        for (var i = 0; i < 16; i++)
        {
            workers.Time.Advance(TimeSpan.FromSeconds(1));
            await workers.Sink.AnsweredAsync(1);
        }
    }

    [Fact]
    public async Task A_record_that_cannot_be_decided_stops_its_partition_only_and_both_groups_alike()
    {
        await using var workers = new TestWorkers(partitions: 2);
        var other = Enumerable.Range(1, 100).Select(id => (ulong)id)
            .First(id => workers.PartitionOf(id) != workers.PartitionOf(Records.Chat));
        var delivery = workers.StartDelivery(out _);
        var history = workers.StartHistory(out _);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.AppendAsync(Records.Message("ann", 2), rules: 77);
        await workers.AppendAsync(Records.Message("ann", 3));
        await workers.AppendAsync(Records.Created("ann", 1, "bob").InChat(other));
        await workers.Sink.AnsweredAsync(2);
        await UntilAsync(() => Task.FromResult(delivery.Stopped.Count + history.Stopped.Count == 2));
        Assert.Equal(["event 1", "ack 1"], workers.Sink.LinesOf(Records.Chat));
        Assert.Equal(["event 1", "ack 1"], workers.Sink.LinesOf(other));
        Assert.Equal(delivery.Stopped.Keys, history.Stopped.Keys);

        workers.Time.Advance(TimeSpan.FromHours(1));
        Assert.True(delivery.HandedTimeMs < Records.StartMs + 1000); // since must not pass a stopped partition.
    }

    [Fact]
    public async Task A_stop_at_the_first_record_holds_the_position_right_before_it()
    {
        await using var workers = new TestWorkers();
        workers.Time.Advance(TimeSpan.FromHours(1));
        await workers.AppendAsync(Records.Message("ann", 1), rules: 77);
        var stoppedAt = workers.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var delivery = workers.StartDelivery(out _);
        await UntilAsync(() => Task.FromResult(delivery.Stopped.Count == 1));
        workers.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(stoppedAt - 1, delivery.HandedTimeMs);
    }

    [Fact]
    public async Task A_damaged_entry_is_skipped()
    {
        await using var workers = new TestWorkers();
        var delivery = workers.StartDelivery(out _);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.AppendBytesAsync(0, [1, 2, 3]);
        await workers.AppendAsync(Records.Message("ann", 3));
        await workers.Sink.AnsweredAsync(2);
        Assert.Equal(["event 1", "ack 1", "event 2", "ack 2"], workers.Sink.Lines);
        Assert.Empty(delivery.Stopped);
    }

    [Fact]
    public async Task The_time_up_to_which_all_is_handed_over_is_now_at_the_end_of_the_log()
    {
        await using var workers = new TestWorkers(partitions: 2);
        var delivery = workers.StartDelivery(out var run);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.Sink.AnsweredAsync(1);
        workers.Time.Advance(TimeSpan.FromMinutes(5));

        // The worker looks once a second. A record of this very millisecond may still come.
        await UntilAsync(() =>
        {
            if (delivery.HandedTimeMs == Now() - 1) return Task.FromResult(true);
            workers.Time.Advance(workers.Options.CommitEvery);
            return Task.FromResult(false);
        });
        var now = Now();
        var marks = delivery.Marks().ToArray();
        await workers.StopAsync(run);
        workers.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(now - 1, marks.Min(static mark => mark.HandedTimeMs));

        long Now() => workers.Time.GetUtcNow().ToUnixTimeMilliseconds();
    }

    [Fact]
    public async Task A_clock_that_is_set_back_makes_the_time_not_fall()
    {
        await using var workers = new TestWorkers();
        var delivery = workers.StartDelivery(out _);
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        await workers.Sink.AnsweredAsync(1);
        var logTime = workers.Time.GetUtcNow().ToUnixTimeMilliseconds();
        await UntilAsync(() => Task.FromResult(delivery.HandedTimeMs == logTime));

        workers.Time.AdjustTime(workers.Time.GetUtcNow() - TimeSpan.FromHours(1));
        await workers.AppendAsync(Records.Message("ann", 2));
        await workers.Sink.AnsweredAsync(1);
        Assert.Equal(logTime, delivery.HandedTimeMs);

        workers.Time.Advance(TimeSpan.FromHours(2));
        await UntilAsync(() =>
        {
            var now = workers.Time.GetUtcNow().ToUnixTimeMilliseconds();
            if (delivery.HandedTimeMs == now - 1) return Task.FromResult(true);
            workers.Time.Advance(workers.Options.CommitEvery);
            return Task.FromResult(false);
        });
    }

    [Fact]
    public async Task The_state_of_a_chat_is_that_of_memory_and_else_that_of_the_store()
    {
        await using var workers = new TestWorkers();
        await workers.AppendAsync(Records.Created("ann", 1, "bob"));
        workers.StartHistory(out var history);
        await workers.HistoryDoneAsync();
        await workers.StopAsync(history);
        var delivery = workers.StartDelivery(out var run);
        Assert.Equal(1, (await StateAsync(Records.Chat))!.Seq);
        Assert.Null(await StateAsync(8));
        await workers.AppendAsync(Records.Message("ann", 2));
        await workers.Sink.AnsweredAsync(2);
        Assert.Equal(2, (await StateAsync(Records.Chat))!.Seq);
        await workers.StopAsync(run);

        async Task<ChatState?> StateAsync(ulong chat) =>
            await workers.ChatsOf(delivery).StateAsync(new ChatId(chat), CancellationToken.None);
    }

    private static async Task AppendAsync(TestWorkers workers, IEnumerable<LiveChat.Core.Log.Record> records)
    {
        foreach (var record in records)
            await workers.AppendAsync(record);
    }

    private static IEnumerable<string> AnswersOf(TestWorkers workers) =>
        workers.Sink.Lines.Where(line => !line.StartsWith("event", StringComparison.Ordinal));

    private static IEnumerable<int> SeqsOf(TestWorkers workers, ulong chat) =>
        workers.Sink.Events.Where(e => e.Record.Chat == chat).Select(e => (int)e.After.Seq);

    private static Task<Position> CommittedAsync(TestWorkers workers) =>
        workers.Log.CommittedAsync(ConsumerGroups.DeliveryWorkers, 0);

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 10_000 && !await condition(); i++)
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, CancellationToken.None);
        Assert.True(await condition(), "It did not come to be.");
    }

    private static IEnumerable<string> ErasedIn(TestWorkers workers) => workers.Sink.LinesOf(Records.Chat)
        .Where(static line => line.EndsWith(nameof(ContentFate.Erased), StringComparison.Ordinal));
}
