using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Chats;

/// <summary>What the rules number 4 add: the server takes back what an erased user left, and adds nothing.</summary>
public sealed class RulesV4Tests
{
    private static readonly UserId Ann = UserId.Parse("ann");

    [Fact]
    public void What_a_user_left_is_taken_back_also_after_the_user_left()
    {
        var run = Group(Records.Message("bob", 3), Records.React("ann", 4, Records.Target(3, "bob")));
        run.Accept(Erasing(Records.Remove("ann", 5, "ann")));
        Assert.False(run.State.Roster.Contains(Ann));
        run.Accept(Erasing(Records.Delete("ann", 6, Records.Target(2, "ann"))));
        run.Accept(Erasing(Records.React("ann", 7, Records.Target(3, "bob"), on: false)));
        Assert.Equal(8, run.State.Seq);
        Assert.Equal(2, run.State.N);

        // Without the mark it is a stranger's command.
        run.Refuse(Refusal.NotFound, Records.Delete("ann", 8, Records.Target(2, "ann")));
    }

    [Fact]
    public void A_step_that_is_repeated_is_a_duplicate()
    {
        var run = Group();
        var step = Erasing(Records.Delete("ann", 5, Records.Target(2, "ann")));
        var first = run.AcceptEvent(step);
        Assert.Equal(new Verdict.Duplicate(first.Use), run.Next(step.Clone()));
    }

    [Fact]
    public void Nothing_of_others_is_erased_and_nothing_is_added()
    {
        var run = Group(Records.Message("bob", 3));
        run.Refuse(Refusal.Forbidden, Erasing(Records.Delete("ann", 4, Records.Target(3, "bob"))));
        run.Refuse(Refusal.Forbidden, Erasing(Records.Remove("ann", 5, "bob")));
        run.Refuse(Refusal.Forbidden, Erasing(Records.React("ann", 6, Records.Target(3, "bob"))));
        run.Refuse(Refusal.Forbidden, Erasing(Records.SetRole("ann", 7, "bob", Role.Admin)));
        run.Refuse(Refusal.Forbidden, Erasing(Records.Message("ann", 8)));
        run.Refuse(Refusal.Forbidden, Erasing(Records.Edit("ann", 9, Records.Target(2, "ann"))));
        run.Refuse(Refusal.Forbidden, Erasing(Records.Add("ann", 10, "eve")));
        run.Refuse(Refusal.Forbidden, Erasing(Records.Retitle("ann", 11, "other")));
        run.Refuse(Refusal.NotFound, Erasing(Records.Delete("ann", 12, Records.Target(99, "ann"))));
        run.Refuse(Refusal.NotFound, Erasing(Records.Delete("ann", 13, Records.Target(0, "ann"))));
        run.Refuse(Refusal.NotFound, Erasing(Records.Remove("eve", 14, "eve")));
    }

    [Fact]
    public void The_last_owner_hands_the_group_over_before_leaving()
    {
        var run = Group();
        run.Refuse(Refusal.LastOwner, Erasing(Records.Remove("ann", 5, "ann")));
        run.Accept(Erasing(Records.SetRole("ann", 6, "bob", Role.Owner)));
        run.Accept(Erasing(Records.Remove("ann", 7, "ann")));
        Assert.Equal(1, run.State.Roster.CountOf(Role.Owner));
        run.Refuse(Refusal.Forbidden, Erasing(Records.SetRole("ann", 8, "cat", Role.Owner)));
    }

    [Fact]
    public void A_direct_chat_is_left_and_its_other_member_goes_on()
    {
        var run = new ChatRun { Rules = new RulesV4() }.Take(Records.Direct("ann", 1, "bob").Limited(3));
        run.Accept(Records.Message("ann", 2).Limited(3));
        run.Refuse(Refusal.Forbidden, Records.Remove("ann", 3, "ann"));
        run.Accept(Erasing(Records.Remove("ann", 3, "ann")));
        Assert.Equal(UserId.Parse("bob"), run.State.Awaits);
        run.Accept(Records.Message("bob", 4).Limited(3));
        Assert.Null(run.State.Awaits);
        Assert.Equal(1, run.State.Roster.Count);
    }

    [Fact]
    public void A_chat_that_is_nowhere_is_left_so() =>
        new ChatRun { Rules = new RulesV4() }.Refuse(Refusal.NotFound, Erasing(Records.Remove("ann", 1, "ann")));

    [Fact]
    public void A_deleted_chat_has_no_members_and_no_settings_and_takes_nothing_more()
    {
        var run = Group(Records.Retitle("ann", 3, "title", custom: """{"a":1}"""));
        Assert.False(run.State.IsDeleted);
        run.Accept(Records.DeleteChat(4, "ann", "bob", "cat"));
        Assert.True(run.State is { IsDeleted: true, Title: "", Custom: "", Pull: false, Awaits: null, N: 1, Seq: 4 });

        run.Refuse(Refusal.NotFound, Records.DeleteChat(4, "ann", "bob", "cat"));
        run.Refuse(Refusal.NotFound, Records.DeleteChat(5));
        run.Refuse(Refusal.NotFound, Records.Created("ann", 1, "bob", "cat"));
        run.Refuse(Refusal.NotFound, Records.Message("ann", 2));
        run.Refuse(Refusal.NotFound, Records.Message("ann", 6));
        run.Refuse(Refusal.NotFound, Records.Add("ann", 7, "eve"));
        run.Refuse(Refusal.NotFound, Erasing(Records.Delete("ann", 8, Records.Target(2, "ann"))));
        run.Refuse(Refusal.NotFound, Erasing(Records.Remove("ann", 9, "ann")));
    }

    [Fact]
    public void A_deletion_that_does_not_know_all_members_is_refused()
    {
        var run = Group();
        run.Refuse(Refusal.Conflict, Records.DeleteChat(3, "ann", "bob"));
        run.Refuse(Refusal.Conflict, Records.DeleteChat(4, "ann", "bob", "dan"));
        run.Accept(Records.Add("ann", 5, "dan"));
        run.Refuse(Refusal.Conflict, Records.DeleteChat(6, "ann", "bob", "cat"));
        run.Accept(Records.DeleteChat(6, "ann", "bob", "cat", "dan"));
    }

    [Fact]
    public void A_direct_chat_that_awaits_an_answer_and_a_chat_that_everybody_left_are_deleted_too()
    {
        var direct = new ChatRun { Rules = new RulesV4() }.Take(Records.Direct("ann", 1, "bob").Limited(3));
        direct.Accept(Records.DeleteChat(2, "ann", "bob"));
        Assert.True(direct.State is { IsDeleted: true, Awaits: null, Direct: true });

        var left = new ChatRun { Rules = new RulesV4() }.Take(Records.Created("ann", 1));
        left.Accept(Records.Remove("ann", 2, "ann"));
        Assert.False(left.State.IsDeleted);
        left.Accept(Records.DeleteChat(3));
        Assert.True(left.State.IsDeleted);
        new ChatRun { Rules = new RulesV4() }.Refuse(Refusal.NotFound, Records.DeleteChat(1));
    }

    [Fact]
    public void Who_is_erased_is_added_to_no_chat_but_a_repetition_is_answered_as_before()
    {
        var run = Group();
        var added = run.AcceptEvent(Records.Add("ann", 3, "eve"));
        Assert.Equal(new Verdict.Duplicate(added.Use), run.Next(AddingErased(Records.Add("ann", 3, "eve"))));
        run.Accept(Records.Remove("ann", 4, "eve"));
        run.Refuse(Refusal.UserErased, AddingErased(Records.Add("ann", 5, "eve", "fay")));
        run.Refuse(Refusal.Forbidden, AddingErased(Records.Add("bob", 6, "eve")));
        run.Refuse(Refusal.NotFound, AddingErased(Records.Add("eve", 7, "fay")));
        run.Accept(Records.Add("ann", 5, "fay"));

        foreach (var creation in (Record[])[Records.Created("ann", 1, "eve"), Records.Direct("ann", 1, "eve")])
        {
            var other = new ChatRun { Rules = new RulesV4() };
            other.Refuse(Refusal.UserErased, AddingErased(creation.Clone()));
            var created = other.AcceptEvent(creation);
            Assert.Equal(new Verdict.Duplicate(created.Use), other.Next(AddingErased(creation.Clone())));
        }
    }

    [Fact]
    public void A_record_of_an_erasure_needs_these_rules_and_no_other_does()
    {
        Assert.Equal(RulesV4.Number, RulesTable.NeededBy(AddingErased(Records.Add("ann", 1, "eve"))));
        Assert.Equal(RulesV4.Number, RulesTable.NeededBy(Erasing(Records.Remove("ann", 1, "ann"))));
        Assert.Equal(RulesV1.Number, RulesTable.NeededBy(Records.Remove("ann", 1, "ann")));
    }

    /// <summary>Ann owns a group with bob and cat, and has written.</summary>
    private static ChatRun Group(params Record[] more)
    {
        var run = new ChatRun { Rules = new RulesV4() }
            .Take(Records.Created("ann", 1, "bob", "cat")).Take(Records.Message("ann", 2));
        foreach (var record in more) run.Accept(record);
        if (more.Length > 1) run.Accept(Records.SetRole("ann", 30, "bob", Role.Owner));
        return run;
    }

    private static Record AddingErased(Record record)
    {
        record.AddsErased = true;
        return record;
    }

    private static Record Erasing(Record record)
    {
        record.Erasure = true;
        return record;
    }
}
