using LiveChat.Cli.Chat;
using LiveChat.Cli.Text;
using LiveChat.Client;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Cli.Chat;

/// <summary>The model and what it looks like.</summary>
public sealed class ChatScreenTests
{
    private readonly ChatModel _model = new("alice");
    private long _n;

    public ChatScreenTests()
    {
        _model.Apply(new ConnectionChange(ClientState.Connected));
        _model.Load([Summary("7301", "bob")]);
        _model.OpenChat("7301");
    }

    [Fact]
    public void Every_line_has_the_width_of_the_screen_and_there_are_as_many_as_rows()
    {
        for (var i = 1; i < 50; i++) Say(i, "bob", new string('x', i * 3));
        _model.Say(ChatInput.Help);
        foreach (var (columns, rows) in (ReadOnlySpan<(int, int)>)[(80, 24), (20, 5), (200, 60), (31, 3), (5, 1)])
        {
            var lines = ChatScreen.Draw(_model, Typed("typing 世界"), columns, rows);
            Assert.Equal(rows, lines.Count);
            Assert.All(lines, line => Assert.Equal(Math.Max(columns, 20), TerminalText.Width(line)));
        }
    }

    [Fact]
    public void The_wait_for_the_next_try_counts_down_until_something_else_happens()
    {
        var lost = new ConnectionChange(ClientState.Reconnecting)
        {
            Reason = "The server went away.",
            Delay = TimeSpan.FromSeconds(3.5),
        };
        _model.Apply(lost);
        Assert.Contains("* not connected (The server went away), again in 4 s", Lines());
        _model.CountDown(lost, TimeSpan.FromSeconds(2.5));
        Assert.Contains("* not connected (The server went away), again in 3 s", Lines());
        _model.Apply(new ConnectionChange(ClientState.Connected));
        _model.CountDown(lost, TimeSpan.FromSeconds(1.5));
        Assert.DoesNotContain(Lines(), line => line.Contains("again in", StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_server_cannot_do_now_is_said_until_the_next_try_is_answered()
    {
        var retry = new CommandRetry(new ChatsGet(), "The disk is full.") { Delay = TimeSpan.FromSeconds(1.5) };
        _model.Apply(new TypingUpdate { Chat = "7301", Users = ["bob"] });
        _model.Apply(retry);
        Assert.Contains("* The disk is full. Trying again in 2 s.", Lines());
        _model.CountDown(retry, TimeSpan.FromSeconds(0.5));
        Assert.Contains("* The disk is full. Trying again in 1 s.", Lines());

        var next = retry with { Attempt = 2, Delay = TimeSpan.FromSeconds(3) };
        _model.Apply(next);
        _model.CountDown(retry, null);
        Assert.Contains("* The disk is full. Trying again in 3 s.", Lines());
        _model.CountDown(next, null);
        Assert.Contains("bob is typing…", Lines());
    }

    [Fact]
    public void Of_a_member_who_has_not_answered_no_presence_is_shown()
    {
        _model.Load([Summary("7301", "bob") with { Awaits = "bob" }]);
        _model.Apply(new PresenceList { Chat = "7301", Items = [new PresenceItem("bob", Online: false)] });
        Say(2, "alice", "hello?");
        Assert.Equal("LiveChat · alice · bob (has not answered yet)", Lines()[0]);
        Say(3, "bob", "hi");
        Assert.Equal("LiveChat · alice · bob (offline)", Lines()[0]);
    }

    [Fact]
    public void A_hidden_chat_is_off_the_lists_until_its_next_message()
    {
        _model.Load([Summary("7302", "carol") with { HeadTime = DateTimeOffset.UnixEpoch }]);
        _model.Apply(new Mine { Chat = "7301", Pinned = false, Hidden = true });
        Assert.Equal(["7302"], _model.Chats.Select(static chat => chat.Chat));
        Assert.Equal("7302", _model.Find("1")!.Chat);
        Assert.Equal("7301", _model.Find("bob")!.Chat);
        Assert.Equal("7301", _model.Find("7301")!.Chat);
        _model.Apply(React(1, "bob", on: true));
        Assert.Single(_model.Chats);
        Say(2, "bob", "hello");
        Assert.Equal(["7301", "7302"], _model.Chats.Select(static chat => chat.Chat));
    }

    [Fact]
    public void A_hidden_chat_that_awaits_the_users_own_answer_comes_back_with_that_alone()
    {
        _model.Load([Summary("7301", "bob") with { Awaits = "alice" }]);
        _model.Apply(new Mine { Chat = "7301", Pinned = false, Hidden = true });
        Say(2, "bob", "hello?");
        Say(3, "bob", "hello??");
        Assert.Empty(_model.Chats);
        Say(4, "alice", "who are you?");
        Assert.Single(_model.Chats);
    }

    [Fact]
    public void A_line_that_takes_no_more_says_so()
    {
        var full = new EditedLine("x", 1, IsFull: true);
        Assert.Contains(
            "* The message is full: it has 4000 characters.",
            ChatScreen.Draw(_model, full, 100, 30).Select(line => line.TrimEnd()));
    }

    [Fact]
    public void A_message_gets_its_ticks_as_the_other_gets_on()
    {
        Say(2, "alice", "hi");
        Assert.EndsWith("alice: hi", Line("hi"), StringComparison.Ordinal);
        Mark(new Receipt { User = "bob", Delivered = 2 });
        Assert.EndsWith("alice: hi ✓", Line("hi"), StringComparison.Ordinal);
        Mark(new Receipt { User = "bob", Read = 2 });
        Assert.EndsWith("alice: hi ✓✓", Line("hi"), StringComparison.Ordinal);
        Mark(new Receipt { User = "bob", Read = 1 });
        Assert.EndsWith("alice: hi ✓✓", Line("hi"), StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_of_others_have_no_ticks()
    {
        Say(2, "bob", "hi");
        Mark(new Receipt { User = "bob", Read = 2 });
        Assert.EndsWith("bob: hi", Line("hi"), StringComparison.Ordinal);
    }

    [Fact]
    public void Edits_reactions_and_deletions_change_the_message()
    {
        Say(2, "bob", "helo");
        _model.Apply(Event(3, "bob", new MessageEdited
        {
            Chat = "", Seq = 0, N = 0, Id = "", ClientId = "", Sender = "", SentAt = default,
            Target = 2,
            Body = new MessageBody { Text = "hello" },
        }));
        _model.Apply(React(4, "alice", on: true));
        _model.Apply(React(5, "bob", on: true));
        Assert.EndsWith("bob: hello (edited) 👍2", Line("hello"), StringComparison.Ordinal);
        _model.Apply(React(6, "alice", on: false));
        Assert.EndsWith("bob: hello (edited) 👍1", Line("hello"), StringComparison.Ordinal);
        _model.Apply(Event(7, "bob", new MessageDeleted
        {
            Chat = "", Seq = 0, N = 0, Id = "", ClientId = "", Sender = "", SentAt = default,
            Target = 2,
        }));
        Assert.EndsWith("bob: (deleted)", Line("deleted"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_that_a_page_has_folded_in_changes_nothing()
    {
        _model.Load(new Page
        {
            Chat = "7301",
            Items = [Message(2, "bob", "newest") with { EditedSeq = 4 }],
            HeadSeq = 4,
            HeadN = 1,
            Stays = [new Stay(1)],
            Epoch = "e",
        });
        _model.Apply(Event(3, "bob", new MessageEdited
        {
            Chat = "", Seq = 0, N = 0, Id = "", ClientId = "", Sender = "", SentAt = default,
            Target = 2,
            Body = new MessageBody { Text = "older" },
        }));
        Assert.EndsWith("bob: newest (edited)", Line("bob:"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_of_mine_is_shown_at_once_and_once()
    {
        var sent = _model.Send("7301", "on its way");
        Assert.Contains("…", Line("on its way"), StringComparison.Ordinal);
        Say(2, "alice", "on its way");
        _model.Placed(sent, 2);
        Assert.Single(Lines(), line => line.Contains("on its way", StringComparison.Ordinal));
        Assert.True(sent.Settled.IsCompleted);

        var before = _model.Send("7301", "answered first");
        _model.Placed(before, 3);
        Assert.False(before.Settled.IsCompleted);
        Assert.Single(Lines(), line => line.Contains("answered first", StringComparison.Ordinal));
        Say(3, "alice", "answered first");
        Assert.Single(Lines(), line => line.Contains("answered first", StringComparison.Ordinal));
    }

    [Fact]
    public void The_head_says_who_is_online()
    {
        Assert.Equal("LiveChat · alice · bob", Lines()[0]);
        _model.Apply(new PresenceList { Chat = "7301", Items = [new PresenceItem("bob", Online: true)] });
        Assert.Equal("LiveChat · alice · bob (online)", Lines()[0]);
        _model.Apply(new PresenceChanged { Chat = "7301", User = "bob", Online = false });
        Assert.Equal("LiveChat · alice · bob (offline)", Lines()[0]);
        _model.Apply(new ConnectionChange(ClientState.Connecting));
        Assert.Equal("LiveChat · alice · bob", Lines()[0]);

        _model.Load([Summary("7302", "") with { Kind = "group", With = null, Title = "Lunch" }]);
        _model.OpenChat("7302");
        _model.Apply(new PresenceChanged { Chat = "7302", User = "dave", Online = true });
        _model.Apply(new PresenceList
        {
            Chat = "7302",
            Items = [new PresenceItem("dave", Online: false), new PresenceItem("bob", Online: true)],
        });
        Assert.Equal("LiveChat · alice · Lunch (online: bob, dave)", Lines()[0]);
    }

    [Fact]
    public void A_refused_message_stays_in_sight()
    {
        _model.Refused(_model.Send("7301", "too bold"), "The member's role does not allow it.");
        Assert.Contains("✗", Line("too bold"), StringComparison.Ordinal);
        Assert.Contains(Lines(), line => line.StartsWith("Not sent: The member's role", StringComparison.Ordinal));
    }

    [Fact]
    public void Unread_messages_of_other_chats_are_counted_until_they_are_opened()
    {
        _model.Load([Summary("7302", "carol")]);
        _model.Apply(Message(1, "carol", "psst") with { Chat = "7302" });
        _model.Apply(Message(2, "carol", "hey") with { Chat = "7302", N = 2 });
        Assert.Contains("carol (2)", Lines()[1], StringComparison.Ordinal);
        _model.OpenChat("7302");
        Assert.DoesNotContain("(2)", Lines()[1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_read_on_another_device_is_unread_no_more()
    {
        _model.Load([Summary("7302", "carol")]);
        for (var seq = 1; seq <= 3; seq++)
            _model.Apply(Message(seq, "carol", $"m{seq}") with { Chat = "7302", N = seq });
        ReadElsewhere(2);
        Assert.Contains("carol (1)", Lines()[1], StringComparison.Ordinal);
        ReadElsewhere(1);
        Assert.Contains("carol (1)", Lines()[1], StringComparison.Ordinal);

        void ReadElsewhere(long n) => _model.Apply(new Receipts
        {
            Chat = "7302",
            Items = [new Receipt { User = _model.User, Read = n, ReadN = n }],
        });
    }

    [Fact]
    public void Who_types_is_shown_until_their_message_comes()
    {
        _model.Apply(new TypingUpdate { Chat = "7301", Users = ["bob"] });
        Assert.Contains(Lines(), line => line == "bob is typing…");
        Say(2, "bob", "done");
        Assert.DoesNotContain(Lines(), line => line == "bob is typing…");
    }

    [Fact]
    public void A_lost_connection_is_said_above_the_input_and_nobody_types_then()
    {
        _model.Apply(new TypingUpdate { Chat = "7301", Users = ["bob"] });
        _model.Apply(new ConnectionChange(ClientState.Reconnecting)
        {
            Delay = TimeSpan.FromSeconds(2),
            Reason = "the connection broke",
        });
        Assert.Equal("* not connected (the connection broke), again in 2 s", Lines()[^2]);
        _model.Apply(new ConnectionChange(ClientState.Connected));
        Assert.Equal("", Lines()[^2]);
    }

    [Fact]
    public void Names_and_texts_of_others_cannot_move_the_cursor()
    {
        Say(2, "bob", "\e[2Jgone");
        Assert.DoesNotContain(Lines(), line => line.Contains('\e', StringComparison.Ordinal));
    }

    private static ChatSummary Summary(string chat, string with) => new()
    {
        Chat = chat,
        Kind = "direct",
        With = with,
        Members = 2,
        HeadSeq = 0,
        HeadN = 0,
        HeadTime = DateTimeOffset.UnixEpoch,
        ReadSeq = 0,
        Unread = 0,
        Stay = new Stay(1),
    };

    private static MessageCreated Message(long seq, string sender, string text) => new()
    {
        Chat = "7301",
        Seq = seq,
        N = 1,
        Id = "1",
        ClientId = "",
        Sender = sender,
        SentAt = DateTimeOffset.UnixEpoch.AddSeconds(seq),
        Body = new MessageBody { Text = text },
    };

    private T Event<T>(long seq, string sender, T what)
        where T : ChatEvent => what with { Chat = "7301", Seq = seq, N = _n, Sender = sender };

    private ReactionChanged React(long seq, string sender, bool on) => Event(seq, sender, new ReactionChanged
    {
        Chat = "", Seq = 0, N = 0, Id = "", ClientId = "", Sender = "", SentAt = default,
        Target = 2,
        Emoji = "👍",
        On = on,
    });

    private void Say(long seq, string sender, string text) =>
        _model.Apply(Message(seq, sender, text) with { N = ++_n });

    private void Mark(Receipt marker) => _model.Apply(new Receipts { Chat = "7301", Items = [marker] });

    private static EditedLine Typed(string text) => new(text, text.Length, IsFull: false);

    private List<string> Lines() =>
        [.. ChatScreen.Draw(_model, Typed(""), 100, 30).Select(line => line.TrimEnd())];

    private string Line(string part) => Lines().Last(line => line.Contains(part, StringComparison.Ordinal));
}
