using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Chats;

public sealed class RulesV1Tests
{
    private static readonly Target Hello = Records.Target(2, "ann");

    /// <summary>ann owns, bob is admin, cat and dan are members; ann's message has seq 2, cat's 4.</summary>
    private static ChatRun Group() => new ChatRun()
        .Take(Records.Created("ann", 1, "bob", "cat", "dan"))
        .Take(Records.Message("ann", 2))
        .Take(Records.SetRole("ann", 3, "bob", Role.Admin))
        .Take(Records.Message("cat", 4));

    [Fact]
    public void Creating_a_group_makes_the_creator_its_owner_and_everybody_a_member_from_the_first_event()
    {
        var state = new ChatRun().Accept(Records.Created("cat", 1, "bob", "ann", "bob", "cat"));
        Assert.Equal(
            [("ann", Role.Member, 1), ("bob", Role.Member, 1), ("cat", Role.Owner, 1)],
            state.Roster.Members.ToArray().Select(m => (m.User.Value, m.Role, m.FromSeq)));
        Assert.Equal(("title", 1L, 1L, 0L, false), (state.Title, state.SettingsSeq, state.Seq, state.N, state.Direct));
    }

    [Fact]
    public void A_direct_chat_has_two_equal_members_and_never_changes()
    {
        var run = new ChatRun().Take(Records.Direct("ann", 1, "bob"));
        Assert.All(run.State.Roster.Members.ToArray(), m => Assert.Equal(Role.Member, m.Role));
        run.Refuse(Refusal.Forbidden, Records.Add("ann", 2, "cat"));
        run.Refuse(Refusal.Forbidden, Records.Remove("ann", 3, "bob"));
        run.Refuse(Refusal.Forbidden, Records.Remove("ann", 4, "ann"));
        run.Refuse(Refusal.Forbidden, Records.SetRole("ann", 5, "ann", Role.Owner));
        run.Refuse(Refusal.Forbidden, Records.Retitle("ann", 6, "x"));
        run.Take(Records.Message("bob", 7));
        run.Refuse(Refusal.Forbidden, Records.Delete("ann", 8, Records.Target(2, "bob")));
        Assert.False(run.State.Pull);
    }

    [Fact]
    public void Nothing_happens_to_a_chat_that_does_not_exist()
    {
        foreach (var record in EveryChange("ann"))
            new ChatRun().Refuse(Refusal.NotFound, record);
    }

    [Fact]
    public void A_stranger_is_told_that_there_is_no_such_chat()
    {
        foreach (var record in EveryChange("eve"))
            Group().Refuse(Refusal.NotFound, record);
    }

    [Fact]
    public void A_chat_is_created_once() =>
        Group().Refuse(Refusal.Conflict, Records.Created("ann", 9, "bob"));

    [Fact]
    public void A_creation_above_the_stamped_limit_is_refused()
    {
        var record = Records.Created("ann", 1, "bob", "cat");
        record.MembersMax = 2;
        new ChatRun().Refuse(Refusal.ChatFull, record);
    }

    [Fact]
    public void Only_messages_count_in_n()
    {
        var run = Group();
        Assert.Equal((4L, 2L), (run.State.Seq, run.State.N));
        run.Take(Records.React("dan", 5, Hello)).Take(Records.Edit("ann", 6, Hello)).Take(Records.Message("dan", 7));
        Assert.Equal((7L, 3L), (run.State.Seq, run.State.N));
    }

    [Fact]
    public void A_message_is_edited_by_its_sender_only()
    {
        Group().Refuse(Refusal.Forbidden, Records.Edit("bob", 5, Hello));
        Group().Accept(Records.Edit("ann", 5, Hello));
    }

    [Fact]
    public void A_message_is_deleted_by_its_sender_and_by_who_leads()
    {
        var byCat = Records.Target(4, "cat");
        Group().Accept(Records.Delete("cat", 5, byCat));
        Group().Accept(Records.Delete("bob", 5, byCat));
        Group().Accept(Records.Delete("ann", 5, byCat));
        Group().Refuse(Refusal.Forbidden, Records.Delete("dan", 5, byCat));
    }

    [Fact]
    public void An_edit_after_a_delete_is_an_event_all_the_same() =>
        Group().Take(Records.Delete("ann", 5, Hello)).Accept(Records.Edit("ann", 6, Hello));

    [Fact]
    public void A_target_is_a_message_at_or_below_the_head_and_inside_the_stay()
    {
        var run = Group().Take(Records.Add("ann", 5, "eve"));
        run.Refuse(Refusal.NotFound, Records.React("cat", 6, Records.Target(1, "ann", isMessage: false)));
        run.Refuse(Refusal.NotFound, Records.React("cat", 7, Records.Target(6, "ann")));
        run.Refuse(Refusal.NotFound, Records.React("cat", 8, Records.Target(0, "ann")));
        run.Refuse(Refusal.NotFound, Records.React("cat", 9, new Target { Seq = ulong.MaxValue, IsMessage = true }));
        run.Refuse(Refusal.NotFound, Records.React("eve", 10, Hello));
        run.Accept(Records.React("cat", 11, Hello));
    }

    [Fact]
    public void Who_leads_adds_whoever_is_not_a_member_yet()
    {
        var run = Group();
        run.Refuse(Refusal.Forbidden, Records.Add("cat", 5, "eve"));
        run.Refuse(Refusal.Conflict, Records.Add("bob", 6, "cat", "dan"));
        var added = run.AcceptEvent(Records.Add("bob", 7, "fay", "cat", "eve", "fay"));
        Assert.Equal(["fay", "eve"], added.Added.Select(user => user.Value));
        Assert.True(run.State.Roster.TryGet(UserId.Parse("eve"), out var eve));
        Assert.Equal(new Member(UserId.Parse("eve"), Role.Member, 5), eve);
    }

    [Fact]
    public void A_chat_takes_members_up_to_the_stamped_limit()
    {
        var record = Records.Add("ann", 5, "eve", "fay");
        record.MembersMax = 5;
        Group().Refuse(Refusal.ChatFull, record);
        record.MembersMax = 6;
        Group().Accept(record);
    }

    [Fact]
    public void An_admin_removes_members_but_neither_admins_nor_owners()
    {
        var run = Group().Take(Records.SetRole("ann", 5, "dan", Role.Admin));
        run.Refuse(Refusal.Forbidden, Records.Remove("bob", 6, "ann"));
        run.Refuse(Refusal.Forbidden, Records.Remove("bob", 7, "dan"));
        run.Refuse(Refusal.Forbidden, Records.Remove("cat", 8, "dan"));
        run.Refuse(Refusal.NotFound, Records.Remove("bob", 9, "eve"));
        Assert.False(run.Accept(Records.Remove("bob", 10, "cat")).Roster.Contains(UserId.Parse("cat")));
        run.Accept(Records.Remove("ann", 11, "dan"));
    }

    [Fact]
    public void The_last_owner_leaves_only_when_nobody_remains()
    {
        var run = Group();
        run.Refuse(Refusal.LastOwner, Records.Remove("ann", 5, "ann"));
        run.Take(Records.SetRole("ann", 6, "bob", Role.Owner)).Take(Records.Remove("ann", 7, "ann"));
        run.Refuse(Refusal.LastOwner, Records.Remove("bob", 8, "bob"));
        run.Take(Records.Remove("cat", 9, "cat")).Take(Records.Remove("dan", 10, "dan"));
        Assert.Equal(0, run.Accept(Records.Remove("bob", 11, "bob")).Roster.Count);
        run.Refuse(Refusal.NotFound, Records.Message("bob", 12));
    }

    [Fact]
    public void Only_owners_give_roles_and_the_last_one_keeps_hers()
    {
        var run = Group();
        run.Refuse(Refusal.Forbidden, Records.SetRole("bob", 5, "cat", Role.Admin));
        run.Refuse(Refusal.Forbidden, Records.SetRole("ann", 6, "cat", Role.Unspecified));
        run.Refuse(Refusal.NotFound, Records.SetRole("ann", 7, "eve", Role.Admin));
        run.Refuse(Refusal.Conflict, Records.SetRole("ann", 8, "bob", Role.Admin));
        run.Refuse(Refusal.LastOwner, Records.SetRole("ann", 9, "ann", Role.Member));
        run.Take(Records.SetRole("ann", 10, "cat", Role.Owner)).Accept(Records.SetRole("ann", 11, "ann", Role.Member));
    }

    [Fact]
    public void Settings_change_under_the_condition_that_the_client_saw_the_present_ones()
    {
        var run = Group();
        run.Refuse(Refusal.Forbidden, Records.Retitle("cat", 5, "x"));
        run.Refuse(Refusal.PreconditionFailed, Records.Retitle("ann", 6, "x", ifSeq: 2));
        Assert.Equal(("x", 5L), Settings(run.Accept(Records.Retitle("ann", 7, "x", ifSeq: 1))));
        Assert.Equal(("x", 6L), Settings(run.Accept(Records.Retitle("bob", 8, null, ifSeq: 5))));
        Assert.Equal(("", 7L), Settings(run.Accept(Records.Retitle("bob", 9, ""))));

        static (string, long) Settings(ChatState state) => (state.Title, state.SettingsSeq);
    }

    [Fact]
    public void Custom_data_are_replaced_as_a_whole_and_stay_when_only_the_title_changes()
    {
        var created = Records.Created("ann", 1, "bob");
        created.Created.Custom = """{"a":1,"b":2}""";
        var run = new ChatRun();
        Assert.Equal("""{"a":1,"b":2}""", run.Accept(created).Custom);
        Assert.Equal("""{"a":1,"b":2}""", run.Accept(Records.Retitle("ann", 2, "x")).Custom);
        run.Refuse(Refusal.Forbidden, Records.Retitle("bob", 3, null, custom: """{"c":3}"""));
        var changed = run.Accept(Records.Retitle("ann", 4, null, ifSeq: 2, custom: """{"c":3}"""));
        Assert.Equal(("x", """{"c":3}""", 3L), (changed.Title, changed.Custom, changed.SettingsSeq));
        Assert.Equal("""{"c":3}""", run.Accept(Records.Message("bob", 5)).Custom);
        Assert.Equal("", run.Accept(Records.Retitle("ann", 6, null, custom: "")).Custom);
    }

    [Fact]
    public void A_patch_meets_the_custom_data_that_are_there_and_is_known_again()
    {
        var run = Group();
        run.Refuse(Refusal.Forbidden, Records.Patch("cat", 5, """{"a":1}"""));
        Assert.Equal("""{"a":1,"b":{"c":2}}""", run.Accept(Records.Patch("ann", 6, """{"a":1,"b":{"c":2}}""")).Custom);
        var mine = Records.Patch("ann", 7, """{"a":null,"b":{"d":3}}""");
        Assert.Equal("""{"b":{"c":2,"d":3}}""", run.Accept(mine).Custom);
        Assert.Equal(
            """{"b":{"c":2,"d":3},"e":4}""", run.Accept(Records.Patch("bob", 8, """{"e":4}""")).Custom);

        // What it would make now does not matter: it is the same command.
        Assert.IsType<Verdict.Duplicate>(run.Next(mine.Again()));
        run.Refuse(Refusal.CustomTooLong, Records.Patch("ann", 9, $$"""{"x":"{{new string('x', 4_080)}}"}"""));
        Assert.Equal("""{"b":{"c":2,"d":3},"e":4}""", run.State.Custom);
        Assert.Equal("", run.Accept(Records.Patch("ann", 10, """{"b":null,"e":null,"f":null}""")).Custom);
    }

    [Fact]
    public void A_chat_crosses_to_pull_and_back_with_hysteresis_by_the_limits_in_the_record()
    {
        var run = new ChatRun().Take(Records.Created("ann", 1, "bob", "cat", "dan")); // 4: pull from 6, push below 4
        Assert.False(run.Accept(Records.Add("ann", 2, "eve")).Pull);
        Assert.True(run.Accept(Records.Add("ann", 3, "fay")).Pull);
        Assert.True(run.Accept(Records.Remove("ann", 4, "fay")).Pull);
        Assert.True(run.Accept(Records.Remove("ann", 5, "eve")).Pull);
        Assert.False(run.Accept(Records.Remove("ann", 6, "dan")).Pull);
        Assert.False(run.Accept(Records.Add("ann", 7, "dan", "eve")).Pull);
        Assert.True(run.Accept(Records.Add("ann", 8, "fay")).Pull);

        var later = Records.Remove("ann", 9, "bob");
        later.PushBelow = 6; // The configuration changed: what is stamped counts.
        Assert.False(run.Accept(later).Pull);
        Assert.True(new ChatRun().Accept(Records.Created("ann", 1, "b", "c", "d", "e", "f")).Pull);
    }

    [Fact]
    public void A_repetition_is_answered_with_the_first_use_also_after_the_sender_was_removed()
    {
        var run = Group().Take(Records.Remove("ann", 5, "cat"));
        var again = Assert.IsType<Verdict.Duplicate>(run.Next(Records.Message("cat", 4).Again()));
        Assert.Equal((4L, 2L), (again.First.Seq, again.First.N));
        Assert.Equal(new MessageId(Records.Message("cat", 4).Id), again.First.Id);
        run.Refuse(Refusal.DuplicateMismatch, Records.Message("cat", 4, "other text"));
        run.Refuse(Refusal.NotFound, Records.Message("cat", 6));
    }

    [Fact]
    public void The_same_key_of_another_sender_is_another_key() => Group().Accept(Records.Message("bob", 4));

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    public void A_record_of_whom_nobody_is_called_any_more_is_decided_as_ever(string old)
    {
        Assert.False(UserId.TryParse(old, out _));
        var chat = new ChatRun();
        chat.Accept(Records.Created("ann", 1, old));
        chat.Accept(Records.Message(old, 2));
        chat.Accept(Records.SetRole("ann", 3, old, Role.Admin));
        chat.Accept(Records.Remove("ann", 4, old));
        chat.Accept(Records.Add("ann", 5, old));
    }

    [Fact]
    public void Another_target_is_another_body()
    {
        var run = Group().Take(Records.React("dan", 5, Hello));
        run.Refuse(Refusal.DuplicateMismatch, Records.React("dan", 5, Records.Target(4, "cat")));
        Assert.IsType<Verdict.Duplicate>(run.Next(Records.React("dan", 5, Hello)));
    }

    [Fact]
    public void A_key_may_be_a_minute_ahead_of_the_chat_and_of_the_log()
    {
        var run = Group(); // The time of the chat is StartMs + 3; the next record's is StartMs + 4.
        run.Refuse(Refusal.ClockAhead, Records.Message("ann", 5, keyTimeMs: Records.StartMs + 60_005));
        run.Accept(Records.Message("ann", 6, keyTimeMs: Records.StartMs + 60_005));
        run.Refuse(Refusal.NotFound, Records.Message("eve", 7, keyTimeMs: Records.StartMs + 1_000_000));
    }

    [Fact]
    public void Time_is_the_greatest_of_before_append_and_id_which_counts_up_to_an_hour_ahead()
    {
        var run = new ChatRun().Take(Records.Created("ann", 1, "bob"));
        var ahead = Records.Message("ann", 2);
        ahead.Id = Records.Id(Records.StartMs + 10_000_000);
        Assert.Equal(Records.StartMs + 1 + RulesV1.IdAheadMsMax, run.Accept(ahead).TimeMs);
        Assert.Equal(Records.StartMs + 1 + RulesV1.IdAheadMsMax, run.Accept(Records.Message("ann", 3)).TimeMs);
    }

    [Fact]
    public void The_stamp_steps_once_an_event_and_never_for_anything_else()
    {
        var run = new ChatRun(stepMs: 0).Take(Records.Created("ann", 1, "bob"));
        Assert.Equal(Records.StartMs * 1000, run.State.Stamp);
        run.Take(Records.Message("ann", 2));
        run.Next(Records.Message("ann", 2));
        run.Next(Records.Message("eve", 2));
        Assert.Equal((Records.StartMs * 1000) + 2, run.Accept(Records.Message("ann", 3)).Stamp);
    }

    [Fact]
    public void A_record_at_or_below_the_head_was_applied_before()
    {
        var run = Group();
        Assert.IsType<Verdict.Skipped>(run.At(run.State.Position, Records.Message("ann", 9)));
        Assert.IsType<Verdict.Skipped>(run.At(new Position(run.State.Position.Value - 1), Records.Message("ann", 9)));
    }

    [Fact]
    public void A_record_that_breaks_what_ingest_guarantees_is_an_exception()
    {
        var record = Records.Message("ann", 1);
        record.ClientId = Google.Protobuf.ByteString.CopyFromUtf8("short");
        Assert.Throws<FormatException>(() => new ChatRun().Next(record));
    }

    private static IEnumerable<Record> EveryChange(string sender) =>
    [
        Records.Message(sender, 20), Records.Edit(sender, 21, Hello), Records.Delete(sender, 22, Hello),
        Records.React(sender, 23, Hello), Records.Add(sender, 24, "gus"), Records.Remove(sender, 25, sender),
        Records.SetRole(sender, 26, sender, Role.Member), Records.Retitle(sender, 27, "x"),
    ];
}
