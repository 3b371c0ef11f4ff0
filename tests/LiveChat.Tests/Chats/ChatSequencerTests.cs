using CsCheck;
using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Chats;

public sealed class ChatSequencerTests
{
    /// <summary>What a worker may do between two records.</summary>
    private enum Between
    {
        Nothing = 0,
        Forget = 1,
        ForgetAll = 2,
        Reload = 3,
    }

    private static readonly Gen<(Record Record, Between Between, int StepMs)[]> Runs =
        Gen.Select(Gens.Stream, Gen.Int[0, 12].Array[61], Gen.Frequency((6, Gen.Int[0, 500]), (1, Gen.Int[0, 200_000]))
            .Array[61]).Select((stream, between, steps) =>
                stream.Select((record, i) => (record, (Between)between[i], steps[i])).ToArray());

    [Fact]
    public void Whatever_is_forgotten_reloaded_or_replayed_the_verdicts_are_those_of_the_plain_model()
    {
        Runs.Sample(run =>
        {
            var model = new PlainModel();
            var worker = new StoredChat();
            var appendMs = Records.StartMs;
            for (var i = 0; i < run.Length; i++)
            {
                appendMs += run[i].StepMs;
                Assert.Equal(model.Next(run[i].Record, appendMs), worker.Next(run[i].Record, i, appendMs));
                worker.Do((int)run[i].Between, appendMs);
            }
        }, iter: 3000);
    }

    [Fact]
    public void Two_workers_that_forget_and_reload_at_different_times_make_the_same_events()
    {
        Gen.Select(Runs, Gen.Int[0, 12].Array[61]).Sample((run, other) =>
        {
            var one = new StoredChat();
            var two = new StoredChat();
            var appendMs = Records.StartMs;
            for (var i = 0; i < run.Length; i++)
            {
                appendMs += run[i].StepMs;
                one.Next(run[i].Record, i, appendMs);
                two.Next(run[i].Record, i, appendMs);
                one.Do((int)run[i].Between, appendMs);
                two.Do(other[i], appendMs);
            }

            Assert.Equal(one.Lines, two.Lines);
        }, iter: 1000);
    }

    [Fact]
    public void A_replay_of_any_part_is_skipped_and_changes_nothing()
    {
        Gen.Select(Runs, Gen.Int[0, 60]).Sample((run, from) =>
        {
            var worker = new StoredChat();
            for (var i = 0; i < run.Length; i++)
                worker.Next(run[i].Record, i, Records.StartMs + i);
            var lines = worker.Lines.ToArray();
            for (var i = Math.Min(from, run.Length); i < run.Length; i++)
                worker.Next(run[i].Record, i, Records.StartMs + i);
            Assert.Equal(lines, worker.Lines);
        }, iter: 500);
    }

    [Fact]
    public void A_live_chat_reads_nothing_from_the_second_minute_on()
    {
        var chat = new ChatSequencer(null);
        var reads = 0;
        for (var i = 0; i < 1000; i++)
        {
            var now = Records.StartMs + (i * 1000L);
            var record = i == 0 ? Records.Created("ann", 0, "bob") : Records.Message("ann", i, keyTimeMs: now - 200);
            var key = CommandKey.Of(record);
            reads += chat.NeedsLookup(key) ? 1 : 0;
            chat.Apply(new RulesV1(), record, key, Position.Create(1, i), now, null);
            chat.Forget(Position.Create(1, i), now); // History follows at once.
        }

        Assert.Equal(0, reads);
        Assert.InRange(chat.KeysHeld, 120, 122);
    }

    [Fact]
    public void A_loaded_chat_reads_for_keys_up_to_a_minute_above_its_time_and_not_beyond()
    {
        var state = new ChatRun().Accept(Records.Created("ann", 0, "bob"));
        var chat = new ChatSequencer(state);
        Assert.True(chat.NeedsLookup(CommandKey.Of(Records.Message("ann", 1, keyTimeMs: state.TimeMs - 999_999_999))));
        Assert.True(chat.NeedsLookup(CommandKey.Of(Records.Message("ann", 1, keyTimeMs: state.TimeMs + 60_000))));
        Assert.False(chat.NeedsLookup(CommandKey.Of(Records.Message("ann", 1, keyTimeMs: state.TimeMs + 60_001))));
    }

    [Fact]
    public void A_chat_whose_keys_were_forgotten_reads_for_keys_up_to_the_newest_of_them_and_not_beyond()
    {
        var chat = new ChatSequencer(null);
        long[] keyTimesMs = [0, 500, 59_000, 700];
        for (var i = 0; i < keyTimesMs.Length; i++)
        {
            var record = i == 0
                ? Records.Created("ann", 0, "bob")
                : Records.Message("ann", i, keyTimeMs: Records.StartMs + keyTimesMs[i]);
            chat.Apply(new RulesV1(), record, CommandKey.Of(record), Position.Create(1, i), Records.StartMs + i, null);
        }

        Assert.False(Reads(-999_999));
        chat.Forget(Position.Create(1, 1), long.MaxValue);
        Assert.True(Reads(500));
        Assert.False(Reads(501));
        chat.Forget(Position.Create(1, 3), long.MaxValue);
        Assert.True(Reads(59_000));
        Assert.False(Reads(59_001));

        bool Reads(long timeMs) =>
            chat.NeedsLookup(CommandKey.Of(Records.Message("ann", 9, keyTimeMs: Records.StartMs + timeMs)));
    }

    [Fact]
    public void K_moves_only_over_events_that_history_has_passed_and_that_are_old_unless_memory_is_short()
    {
        var chat = new ChatSequencer(null);
        for (var i = 0; i < 10; i++)
        {
            var record = i == 0 ? Records.Created("ann", 0, "bob") : Records.Message("ann", i);
            var key = CommandKey.Of(record);
            chat.Apply(new RulesV1(), record, key, Position.Create(1, i), Records.StartMs + (i * 1000), null);
        }

        var log = Records.StartMs + ChatSequencer.KeyKeptMs;
        Assert.Equal(0, chat.Forget(Position.None, long.MaxValue));
        Assert.Equal(0, chat.Forget(Position.Create(1, 9), log));
        Assert.Equal(3, chat.Forget(Position.Create(1, 9), log + 2001));
        Assert.Equal(Position.Create(1, 2), chat.Bound);
        Assert.Equal(2, chat.Forget(Position.Create(1, 4), log + 1_000_000));
        Assert.Equal(3, chat.Forget(Position.Create(1, 7), long.MaxValue));
        Assert.Equal(2, chat.KeysHeld);
    }

    [Fact]
    public void A_row_above_K_does_not_count_since_its_commit_may_be_torn()
    {
        var state = new ChatRun().Accept(Records.Created("ann", 0, "bob"));
        var record = Records.Message("ann", 1);
        var torn = new KeyUse(2, 1, Position.Create(1, 5), new(record.Id), BodyHash.Of(record));
        var verdict = new ChatSequencer(state).Apply(
            new RulesV1(), record, CommandKey.Of(record), torn.Position, Records.StartMs, torn);
        Assert.IsType<Verdict.Accepted>(verdict);
    }

    [Fact]
    public void Rules_that_break_the_contract_are_noticed()
    {
        var record = Records.Created("ann", 0, "bob");
        Assert.Throws<InvalidOperationException>(() => new ChatSequencer(null).Apply(
            new SkippingRules(), record, CommandKey.Of(record), Position.Create(1, 0), Records.StartMs, null));
    }

    /// <summary>Wrong on purpose: leaves a hole in seq.</summary>
    private sealed class SkippingRules : IRules
    {
        public Verdict Decide(ChatState? state, Record record, Position position, long appendTimeMs, KeyUse? earlier)
        {
            var good = (Verdict.Accepted)new RulesV1().Decide(state, record, position, appendTimeMs, earlier);
            return new Verdict.Accepted(good.Event with { After = good.Event.After with { Seq = 2 } });
        }
    }
}
