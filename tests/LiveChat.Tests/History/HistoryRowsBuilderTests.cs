using LiveChat.Core.History;
using LiveChat.Tests.Chats;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.History;

public class HistoryRowsBuilderTests
{
    [Fact]
    public void Ten_messages_raise_the_head_of_each_member_once()
    {
        var events = ChatEvents.Of(
            [Records.Created("ann", 0, "bob"), .. Enumerable.Range(1, 10).Select(i => Records.Message("bob", i))], 7);
        var commit = HistoryRowsBuilder.Build(events[1..]);

        Assert.Equal(["ann", "bob"], commit.Rows.OfType<UserChatHeadRow>().Select(row => row.User.Value));
        Assert.All(
            commit.Rows.OfType<UserChatHeadRow>(),
            row => Assert.Equal((11, 10, events[^1].After.Stamp), (row.HeadSeq, row.HeadN, row.Stamp)));
        var read = Assert.Single(commit.Rows.OfType<UserChatReadRow>());
        Assert.Equal(("bob", 11, 10), (read.User.Value, read.ReadSeq, read.ReadN));
        Assert.Same(events[^1].After, commit.Head);
        Assert.False(commit.RosterChanged);
    }

    [Fact]
    public void A_row_stamped_with_its_value_carries_the_seq_and_every_other_its_events_stamp()
    {
        var events = ChatEvents.Of([Records.Created("ann", 0, "bob"), Records.Message("bob", 1)], 7);
        var rows = HistoryRowsBuilder.Build(events[1..]).Rows;

        Assert.All(
            rows.Where(row => row is not UserChatReadRow), row => Assert.Equal(events[1].After.Stamp, row.Stamp));
        Assert.All(rows.OfType<UserChatReadRow>(), row => Assert.Equal(row.ReadSeq, row.Stamp));
    }

    [Fact]
    public void The_event_row_keeps_no_content_and_the_record_is_left_as_it_was()
    {
        var target = Records.Target(2, "bob");
        var events = ChatEvents.Of(
            [Records.Created("ann", 0, "bob"), Records.Message("bob", 1, "secret"), Records.Edit("bob", 2, target)], 7);
        var rows = HistoryRowsBuilder.Build(events).Rows;

        var stored = rows.OfType<EventRow>().ToArray();
        Assert.DoesNotContain("secret", stored[1].Event.ToString(), StringComparison.Ordinal);
        Assert.Equal("secret", stored[1].Content!.Text);
        Assert.Null(stored[2].Content);
        Assert.DoesNotContain("edited", stored[2].Event.ToString(), StringComparison.Ordinal);
        Assert.Equal((2, 3, "edited"), Assert.Single(rows.OfType<EditRow>()) is var edit
            ? (edit.Target, edit.EditSeq, edit.Content.Text) : default);
        Assert.Equal("secret", events[1].Record.Message.Body.Text);
    }

    [Fact]
    public void A_pull_chat_writes_nothing_per_member_but_the_flag_when_it_crosses()
    {
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob", "cat", "dan", "eve"), Records.Add("ann", 1, "fay"),
                Records.Message("bob", 2),
            ],
            7);
        Assert.True(events[1].After.Pull);

        var crossing = HistoryRowsBuilder.Build(events[1..2]).Rows;
        Assert.Equal(6, crossing.OfType<UserChatRow>().Count(row => row.Pull));
        Assert.Empty(crossing.OfType<UserChatHeadRow>());
        var message = HistoryRowsBuilder.Build(events[2..]).Rows;
        Assert.Empty(message.OfType<UserChatHeadRow>());
        Assert.Empty(message.OfType<UserChatRow>());
    }

    [Fact]
    public void Who_leaves_a_pull_chat_is_raised_a_last_time_with_the_flag_down()
    {
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob", "cat", "dan", "eve", "fay"), Records.Message("bob", 1),
                Records.Remove("ann", 2, "fay"),
            ],
            7);
        Assert.True(events[2].After.Pull);
        var commit = HistoryRowsBuilder.Build(events[2..]);

        var row = Assert.Single(commit.Rows.OfType<UserChatRow>());
        Assert.Equal(("fay", 1, 3, false), (row.User.Value, row.FromSeq, row.ToSeq, row.Pull));
        var head = Assert.Single(commit.Rows.OfType<UserChatHeadRow>());
        Assert.Equal(("fay", 3, 1), (head.User.Value, head.HeadSeq, head.HeadN));
        Assert.Equal(3, Assert.Single(commit.Rows.OfType<StayRow>()).ToSeq);
        Assert.True(commit.RosterChanged);
    }

    [Fact]
    public void A_chat_that_becomes_push_again_raises_the_heads_of_all()
    {
        Record[] records = [
            Records.Created("ann", 0, "bob", "cat", "dan", "eve", "fay"),
            Records.Remove("ann", 1, "fay"), Records.Remove("ann", 2, "eve"), Records.Remove("ann", 3, "dan"),
        ];
        var events = ChatEvents.Of(records, 7);
        Assert.Equal([true, true, true, false], events.Select(e => e.After.Pull));

        var rows = HistoryRowsBuilder.Build(events[3..]).Rows;
        Assert.Equal(["ann", "bob", "cat", "dan"],
            rows.OfType<UserChatHeadRow>().Select(row => row.User.Value).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(rows.OfType<UserChatRow>(), row => row.Pull);
    }

    [Fact]
    public void Joining_reads_up_to_where_the_stay_begins()
    {
        var events = ChatEvents.Of(
            [Records.Created("ann", 0, "bob"), Records.Message("bob", 1), Records.Add("ann", 2, "cat")], 7);
        var read = Assert.Single(HistoryRowsBuilder.Build(events[2..]).Rows.OfType<UserChatReadRow>());

        Assert.Equal(("cat", 3, 1), (read.User.Value, read.ReadSeq, read.ReadN));
    }

    [Fact]
    public void A_change_without_a_title_is_kept_with_the_title_that_stays()
    {
        var events = ChatEvents.Of([Records.Created("ann", 0, "bob"), Records.Retitle("ann", 1, null)], 7);

        Assert.Equal("title", HistoryRowsBuilder.StoredOf(events[1]).Record.Settings.Title);
    }

    [Fact]
    public void A_change_of_the_title_is_kept_with_the_custom_data_that_stay()
    {
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob"), Records.Retitle("ann", 1, null, custom: """{"a":1}"""),
                Records.Retitle("ann", 2, "new"),
            ],
            7);

        var kept = HistoryRowsBuilder.StoredOf(events[2]).Record.Settings;
        Assert.Equal(("new", """{"a":1}"""), (kept.Title, kept.Custom));
    }

    [Fact]
    public void A_patch_is_kept_as_what_it_made()
    {
        var patch = Records.Patch("ann", 2, """{"b":2}""");
        patch.Settings.Title = "new";
        var events = ChatEvents.Of(
            [Records.Created("ann", 0, "bob"), Records.Retitle("ann", 1, null, custom: """{"a":1}"""), patch], 7);

        var kept = HistoryRowsBuilder.StoredOf(events[2]).Record.Settings;
        Assert.Equal(("new", """{"a":1,"b":2}""", false), (kept.Title, kept.Custom, kept.HasCustomPatch));
    }
}
