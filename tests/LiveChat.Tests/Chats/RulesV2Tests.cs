using CsCheck;
using LiveChat.Core.Chats;
using LiveChat.Protocol.Ids;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Chats;

/// <summary>What the rules number 2 add: a direct chat waits for its first answer.</summary>
public sealed class RulesV2Tests
{
    private const uint Max = 3;

    /// <summary>Ann starts a chat with bob; then both do anything at any time.</summary>
    private static readonly Gen<(string By, Record.BodyOneofCase Kind, uint Max)[]> Talk = Gen.Select(
        Gen.Frequency((5, Gen.Const("ann")), (1, Gen.Const("bob"))),
        Gen.Frequency(
            (5, Gen.Const(Record.BodyOneofCase.Message)), (1, Gen.Const(Record.BodyOneofCase.Edit)),
            (1, Gen.Const(Record.BodyOneofCase.Reaction)), (1, Gen.Const(Record.BodyOneofCase.Delete))),
        Gen.UInt[0, 6],
        static (by, kind, max) => (by, kind, max)).Array[0, 25];

    [Fact]
    public void The_starter_writes_up_to_the_stamped_limit_until_the_other_writes()
    {
        var run = Run(Records.Direct("ann", 1, "bob"));
        for (var key = 2; key < 5; key++) run.Accept(Records.Message("ann", key).Limited(Max));
        run.Refuse(Refusal.NotAnswered, Records.Message("ann", 5).Limited(Max));
        run.Accept(Records.React("bob", 6, Records.Target(2, "ann")).Limited(Max));
        run.Refuse(Refusal.NotAnswered, Records.Message("ann", 5).Limited(Max));
        Assert.Equal(UserId.Parse("bob"), run.State.Awaits);

        run.Accept(Records.Message("bob", 7).Limited(Max));
        Assert.Null(run.State.Awaits);
        for (var key = 5; key < 20; key++) run.Accept(Records.Message("ann", key + 10).Limited(Max));

        // A refusal keeps no key.
        Assert.Equal(21, run.Accept(Records.Message("ann", 5).Limited(Max)).Seq - 1);
    }

    [Fact]
    public void A_repetition_is_answered_as_the_first_one_was_also_at_the_limit()
    {
        var run = Run(Records.Direct("ann", 1, "bob"));
        for (var key = 2; key < 5; key++) run.Accept(Records.Message("ann", key).Limited(Max));
        var again = Assert.IsType<Verdict.Duplicate>(run.Next(Records.Message("ann", 4).Limited(Max).Again()));
        Assert.Equal(4, again.First.Seq);
        run.Refuse(Refusal.DuplicateMismatch, Records.Message("ann", 4, "other words").Limited(Max));
    }

    [Fact]
    public void The_other_member_writes_first_and_both_go_on()
    {
        var run = Run(Records.Direct("ann", 1, "bob"));
        run.Accept(Records.Message("bob", 2).Limited(Max));
        for (var key = 3; key < 20; key++) run.Accept(Records.Message("ann", key).Limited(Max));
    }

    [Fact]
    public void Groups_wait_for_nobody()
    {
        var run = Run(Records.Created("ann", 1, "bob"));
        for (var key = 2; key < 20; key++) run.Accept(Records.Message("ann", key).Limited(Max));
        Assert.Null(run.State.Awaits);
    }

    [Fact]
    public void A_limit_of_0_is_none_and_a_chat_made_with_it_waits_for_nobody()
    {
        var run = Run(Records.Direct("ann", 1, "bob"));
        for (var key = 2; key < 20; key++) run.Accept(Records.Message("ann", key).Limited(0));
        run.Refuse(Refusal.NotAnswered, Records.Message("ann", 20).Limited(Max));

        run = new ChatRun { Rules = new RulesV2() };
        Assert.Null(run.Accept(Records.Direct("ann", 1, "bob").Limited(0)).Awaits);
        for (var key = 2; key < 20; key++) run.Accept(Records.Message("ann", key).Limited(Max));
    }

    [Fact]
    public void Chats_from_before_these_rules_wait_for_nobody()
    {
        var run = new ChatRun();
        run.Accept(Records.Direct("ann", 1, "bob"));
        for (var key = 2; key < 9; key++) run.Accept(Records.Message("ann", key));
        run.Rules = new RulesV2();
        for (var key = 9; key < 20; key++) run.Accept(Records.Message("ann", key).Limited(Max));
        Assert.Null(run.State.Awaits);
    }

    [Fact]
    public void In_any_talk_the_starter_is_refused_exactly_above_the_limit_before_the_first_answer()
    {
        Talk.Sample(static talk =>
        {
            var run = Run(Records.Direct("ann", 1, "bob"));
            var (isAnswered, said) = (false, 0);
            for (var i = 0; i < talk.Length; i++)
            {
                var (by, kind, max) = talk[i];
                var isRefused = kind == Record.BodyOneofCase.Message
                    && by == "ann" && !isAnswered && max > 0 && said >= max;
                var verdict = run.Next(RecordOf(kind, by, i + 2).Limited(max));
                Assert.Equal(isRefused, verdict is Verdict.Refused { Reason: Refusal.NotAnswered });
                if (kind != Record.BodyOneofCase.Message || isRefused) continue;
                said++;
                isAnswered |= by == "bob";
                Assert.Equal(isAnswered, run.State.Awaits is null);
            }
        });
    }

    [Fact]
    public void Without_the_limit_every_verdict_is_that_of_the_rules_number_1()
    {
        Gens.Stream.Sample(static stream =>
        {
            ChatRun former = new(), latter = new() { Rules = new RulesV2() };
            foreach (var record in stream)
            {
                var (one, two) = (former.Next(record), latter.Next(record));
                Assert.Equal(one.GetType(), two.GetType());
                if (one is Verdict.Refused) Assert.Equal(one, two);
                Assert.Equal(
                    former.State with { Roster = Roster.Empty }, latter.State with { Roster = Roster.Empty });
                Assert.Equal(former.State.Roster.Members.ToArray(), latter.State.Roster.Members.ToArray());
            }
        }, iter: 500);
    }

    private static ChatRun Run(Record created)
    {
        var run = new ChatRun { Rules = new RulesV2() };
        run.Accept(created.Limited(Max));
        return run;
    }

    private static Record RecordOf(Record.BodyOneofCase kind, string by, int key) => kind switch
    {
        Record.BodyOneofCase.Edit => Records.Edit(by, key, Records.Target(1, by)),
        Record.BodyOneofCase.Delete => Records.Delete(by, key, Records.Target(1, by)),
        Record.BodyOneofCase.Reaction => Records.React(by, key, Records.Target(1, by)),
        _ => Records.Message(by, key),
    };
}
