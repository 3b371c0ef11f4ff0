using CsCheck;
using LiveChat.Core.Chats;
using Xunit;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Chats;

/// <summary>What the rules number 3 add: edits and reactions are no way round the limit before the first answer.
/// </summary>
public sealed class RulesV3Tests
{
    private const uint Max = 3;

    private static readonly Kind[] Changes = [Kind.Edit, Kind.Reaction, Kind.Delete];

    /// <summary>Ann starts a chat with bob and writes; then both do anything at any time.</summary>
    private static readonly Gen<(string By, Kind Kind, uint Max)[]> Talk = Gen.Select(
        Gen.Frequency((5, Gen.Const("ann")), (1, Gen.Const("bob"))),
        Gen.Frequency(
            (1, Gen.Const(Kind.Message)), (3, Gen.Const(Kind.Edit)),
            (3, Gen.Const(Kind.Reaction)), (1, Gen.Const(Kind.Delete))),
        Gen.UInt[0, 6],
        static (by, kind, max) => (by, kind, max)).Array[0, 25];

    [Theory]
    [InlineData(nameof(Kind.Edit))]
    [InlineData(nameof(Kind.Reaction))]
    public void The_starter_changes_messages_up_to_the_stamped_limit_until_the_other_writes(string change)
    {
        var (run, kind) = (Run(), Enum.Parse<Kind>(change));
        for (var key = 3; key < 6; key++) run.Accept(RecordOf(kind, "ann", key).Limited(Max));
        run.Refuse(Refusal.NotAnswered, RecordOf(kind, "ann", 6).Limited(Max));

        // Neither a deletion, nor a message, nor what the other does is refused for it; a server key has no limit.
        run.Accept(RecordOf(Kind.Delete, "ann", 7).Limited(Max));
        run.Accept(RecordOf(Kind.Message, "ann", 8).Limited(Max));
        run.Accept(RecordOf(Kind.Reaction, "bob", 9).Limited(Max));
        run.Accept(RecordOf(kind, "ann", 10).Limited(0));
        run.Refuse(Refusal.NotAnswered, RecordOf(kind, "ann", 6).Limited(Max));

        run.Accept(RecordOf(Kind.Message, "bob", 11).Limited(Max));
        for (var key = 12; key < 30; key++) run.Accept(RecordOf(kind, "ann", key).Limited(Max));
        run.Accept(RecordOf(kind, "ann", 6).Limited(Max));
    }

    [Fact]
    public void In_any_talk_the_starter_is_refused_exactly_above_the_limits_before_the_first_answer()
    {
        Talk.Sample(static talk =>
        {
            var run = Run();
            var (isAnswered, said, changed) = (false, 1, 0);
            for (var i = 0; i < talk.Length; i++)
            {
                var (by, kind, max) = talk[i];
                var count = kind == Kind.Message ? said : kind == Kind.Delete ? 0 : changed;
                var isRefused = by == "ann" && !isAnswered && max > 0 && count >= max;
                var verdict = run.Next(RecordOf(kind, by, i + 3).Limited(max));
                if (kind == Kind.Edit && by == "bob")
                    Assert.Equal(new Verdict.Refused(Refusal.Forbidden), verdict); // The message is ann's.
                else if (kind == Kind.Delete && by == "bob")
                    Assert.Equal(new Verdict.Refused(Refusal.Forbidden), verdict);
                else
                    Assert.Equal(isRefused, verdict is Verdict.Refused { Reason: Refusal.NotAnswered });
                if (verdict is not Verdict.Accepted) continue;
                said += kind == Kind.Message ? 1 : 0;
                changed += Changes.Contains(kind) ? 1 : 0;
                isAnswered |= kind == Kind.Message && by == "bob";
            }
        });
    }

    [Fact]
    public void Without_the_limit_every_verdict_is_that_of_the_rules_number_2()
    {
        Gens.Stream.Sample(static stream =>
        {
            ChatRun former = new() { Rules = new RulesV2() }, latter = new() { Rules = new RulesV3() };
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

    /// <summary>A direct chat with one message of its starter.</summary>
    private static ChatRun Run()
    {
        var run = new ChatRun { Rules = new RulesV3() };
        run.Accept(Records.Direct("ann", 1, "bob").Limited(Max));
        run.Accept(Records.Message("ann", 2).Limited(Max));
        return run;
    }

    private static Record RecordOf(Kind kind, string by, int key) => kind switch
    {
        Kind.Edit => Records.Edit(by, key, Records.Target(2, "ann")),
        Kind.Delete => Records.Delete(by, key, Records.Target(2, "ann")),
        Kind.Reaction => Records.React(by, key, Records.Target(2, "ann")),
        _ => Records.Message(by, key),
    };
}
