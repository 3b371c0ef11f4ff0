using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using LiveChat.Cli.Chat;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Client;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Cli.Chat;

/// <summary>The whole of <c>livechat chat</c> but its terminal: lines in, lines out, over a peer in memory.</summary>
public sealed class ChatSessionTests
{
    [Fact]
    public async Task Lines_become_messages_in_their_order_and_come_back_as_lines()
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        var (output, _) = await RunAsync(fixture, "one\ntwo\n\n//three\n");

        Assert.Equal("#1 alice: one\n#2 alice: two\n#3 alice: /three\n", output);
    }

    [Fact]
    public async Task A_client_that_is_connected_already_is_asked_for_its_chats_at_once()
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        await fixture.ConnectAsync();
        var (output, _) = await RunAsync(fixture, "hello\n/quit\nnever\n");

        Assert.Equal("#1 alice: hello\n", output);
    }

    [Fact]
    public async Task A_refusal_is_a_remark_and_the_session_goes_on()
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        var refused = false;
        var serve = fixture.Peer.Intercept;
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (refused || frame is not MessageSend) return serve!(connection, frame);
            refused = true;
            connection.ToClient(new ErrorFrame
            {
                Re = frame.Id,
                Problem = new Problem
                {
                    Code = ErrorCode.Forbidden,
                    Title = "The member's role does not allow it.",
                    Status = 403,
                    Retryable = false,
                },
            });
            return true;
        };

        var (output, remarks) = await RunAsync(fixture, "first\nsecond\n");

        Assert.Equal("#1 alice: second\n", output);
        Assert.Contains("* Not sent: The member's role does not allow it.", remarks, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_said_and_nothing_is_lost_or_doubled()
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        var serve = fixture.Peer.Intercept;
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not MessageSend || fixture.Peer.Connections > 1) return serve!(connection, frame);
            connection.CloseWith((int)CloseCode.Draining);
            return true;
        };
        var (output, remarks) = await RunAsync(fixture, "one\ntwo\n");

        Assert.Equal("#1 alice: one\n#2 alice: two\n", output);
        Assert.Contains("* not connected (the server closed with 4001)", remarks, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_cannot_do_now_is_a_remark_with_the_reason()
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        var serve = fixture.Peer.Intercept!;
        var refusals = 0;
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not MessageSend || ++refusals > 2) return serve(connection, frame);
            connection.ToClient(new ErrorFrame { Re = frame.Id, Problem = Away });
            return true;
        };
        var (output, remarks) = await RunAsync(fixture, "one\ntwo\n");

        Assert.Equal("#1 alice: one\n#2 alice: two\n", output);
        Assert.Matches("^\\* The disk is full\\. Trying again in [1-9] s\\.$", Assert.Single(
            remarks.Split('\n'), static line => line.Contains("The disk is full", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_chat_is_hidden_and_shown_again()
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        var serve = fixture.Peer.Intercept!;
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not MineSet mine) return serve(connection, frame);
            connection.ToClient(new Mine
            {
                Re = frame.Id, Chat = mine.Chat, Pinned = false, Hidden = mine.Hidden is true ? true : null,
            });
            return true;
        };
        var (_, remarks) = await RunAsync(fixture, "/hide\n/chats\n/hide off\n/chats\n");

        Assert.Equal([true, false], fixture.Peer.Received.OfType<MineSet>().Select(static mine => mine.Hidden));
        var lines = remarks.Split('\n');
        var hidden = Array.IndexOf(lines, "* The chat is off your lists; /hide off shows it again.");
        var shown = Array.IndexOf(lines, "* The chat is on your lists again.");
        Assert.InRange(hidden, 0, shown);
        Assert.DoesNotContain("* 1: bob (0 unread) 7301", lines[hidden..shown]);
        Assert.Contains("* 1: bob (0 unread) 7301", lines[shown..]);
    }

    [Fact]
    public async Task What_was_shown_is_marked_as_read()
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        using var input = new BlockingReader();
        var running = StartAsync(fixture, input, new StringWriter(), new StringWriter());
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<HistoryGet>().Any());
        fixture.Peer.Say("hello");
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<Mark>().Any(mark => mark.Read == 1));
        input.End();
        await fixture.PassAsync(running);
    }

    [Fact]
    public async Task Who_is_online_in_the_open_chat_is_a_remark_when_it_changes()
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        using var input = new BlockingReader();
        using var remarks = new LineWriter();
        var running = StartAsync(fixture, input, new StringWriter(), remarks);
        await fixture.UntilAsync(() => remarks.Lines.Contains("* bob (online)"));
        var seen = new DateTimeOffset(2026, 11, 24, 3, 0, 0, TimeSpan.Zero);
        for (var i = 0; i < 3; i++)
            fixture.Peer.Last.ToClient(
                new PresenceChanged { Chat = FakePeer.Chat, User = "bob", Online = false, LastSeen = seen });
        var gone = $"* bob (last seen {seen.ToLocalTime():yyyy-MM-dd HH:mm})";
        await fixture.UntilAsync(() => remarks.Lines.Contains(gone));
        input.End();
        await fixture.PassAsync(running);

        Assert.Equal(
            ["* bob (online)", gone],
            remarks.Lines.Where(line => line.StartsWith("* bob (", StringComparison.Ordinal)));
        Assert.Equal(["bob"], fixture.Peer.Received.OfType<PresenceWatching>().First().Users);
    }

    /// <summary>The first one may have been opened twice by then, at the start and with the list.</summary>
    [Fact]
    public async Task Opening_another_chat_ends_the_watch_of_the_former()
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        using var input = new BlockingReader();
        using var remarks = new LineWriter();
        var running = StartAsync(fixture, input, new StringWriter(), remarks);
        await fixture.UntilAsync(() => remarks.Lines.Contains("* bob (online)"));
        input.Add("/new carol dave");
        await fixture.UntilAsync(() => Watched(fixture, "7302").Count > 0);
        await fixture.UntilAsync(() => Watched(fixture, FakePeer.Chat)[^1].Users.Count == 0);
        input.End();
        await fixture.PassAsync(running);
        Assert.Empty(Watched(fixture, FakePeer.Chat)[^1].Users);
        Assert.Equal(["bob"], Watched(fixture, FakePeer.Chat)[0].Users);
    }

    /// <summary>What was asked for the former chat is answered once another one is open: by its members, or by its page
    /// after the client came back.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_late_answer_brings_no_former_chat_back(bool isPage)
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        var serve = fixture.Peer.Intercept!;
        var held = new List<Action>();
        fixture.Peer.Intercept = (connection, frame) =>
        {
            var isHeld = frame switch
            {
                HistoryGet page => isPage && page.Chat == FakePeer.Chat && fixture.Peer.Connections > 1,
                ChatGet chat => !isPage && chat.Chat == FakePeer.Chat,
                _ => false,
            };
            var refusal = new ErrorFrame { Problem = Problems.Of(ErrorCode.Forbidden), Re = frame.Id };
            if (frame is MessageSend) connection.ToClient(refusal);
            else if (!isHeld) return serve(connection, frame);
            else lock (held) held.Add(() => fixture.Peer.Answer(connection, frame));
            return true;
        };
        using var input = new BlockingReader();
        using var remarks = new LineWriter();
        var running = StartAsync(fixture, input, new StringWriter(), remarks);
        if (isPage)
        {
            await fixture.UntilAsync(() => Watched(fixture, FakePeer.Chat).Count > 0);
            fixture.Peer.Last.CloseWith(1006);
        }

        await fixture.UntilAsync(() => Held().Count > 0);
        input.Add("/new carol dave");
        await fixture.UntilAsync(() => Watched(fixture, "7302").Count > 0);
        foreach (var answer in Held()) answer();
        input.Add("/help");
        await fixture.UntilAsync(() => remarks.Lines.Any(line => line.Contains("/quit", StringComparison.Ordinal)));
        input.Add("are you here?");
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<MessageSend>().Any());
        input.End();
        await fixture.PassAsync(running);

        Assert.Equal("7302", fixture.Peer.Received.OfType<MessageSend>().Single().Chat);
        Assert.Empty(Watched(fixture, FakePeer.Chat)[^1].Users);

        List<Action> Held()
        {
            lock (held) return [.. held];
        }
    }

    [Fact]
    public async Task A_message_of_several_lines_goes_out_as_it_is()
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        using var remarks = new LineWriter();
        using var view = new SubmittingView(remarks, fixture.Time);
        var session = new ChatSession(fixture.Client, new ChatModel("alice"), view, fixture.Time);
        var running = Task.Run(() => session.RunAsync("bob", CancellationToken.None));
        await fixture.PassAsync(session.Started);
        await fixture.PassAsync(session.SubmitAsync("one\n\ttwo", CancellationToken.None));
        await fixture.UntilAsync(() => fixture.Peer.Received.OfType<MessageSend>().Any());
        Assert.Equal("one\n\ttwo", fixture.Peer.Received.OfType<MessageSend>().First().Body.Text);

        // The first one ends the session if the message was answered before it, and asks if not.
        await fixture.PassAsync(Task.WhenAny(running, session.SubmitAsync("/quit", CancellationToken.None)));
        await fixture.PassAsync(Task.WhenAny(running, session.SubmitAsync("/quit", CancellationToken.None)));
        await fixture.PassAsync(running);
    }

    [Fact]
    public async Task A_group_is_changed_by_commands()
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        var serve = fixture.Peer.Intercept!;
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not (MemberAdd or MemberRemove or ChatUpdate)) return serve(connection, frame);
            connection.ToClient(new Ack { Chat = FakePeer.Chat, Seq = 1, Re = frame.Id });
            return true;
        };
        await RunAsync(fixture, "/add carol dave\n/title Lunch today\n/title\n/leave\n");

        var add = fixture.Peer.Received.OfType<MemberAdd>().Single();
        Assert.Equal((FakePeer.Chat, "carol dave"), (add.Chat, string.Join(' ', add.Users)));
        Assert.Equal(["Lunch today", ""], fixture.Peer.Received.OfType<ChatUpdate>().Select(update => update.Title));
        Assert.Equal("alice", fixture.Peer.Received.OfType<MemberRemove>().Single().User);
    }

    [Fact]
    public async Task Leaving_with_a_message_that_was_not_sent_takes_to_be_said_twice()
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        var serve = fixture.Peer.Intercept!;
        fixture.Peer.Intercept = (connection, frame) => frame is MessageSend || serve(connection, frame);
        using var remarks = new LineWriter();
        var view = new SubmittingView(remarks, fixture.Time);
        var session = new ChatSession(fixture.Client, new ChatModel("alice"), view, fixture.Time);
        var running = Task.Run(() => session.RunAsync("bob", CancellationToken.None));
        await fixture.PassAsync(session.Started);
        await fixture.PassAsync(session.SubmitAsync("hello", CancellationToken.None));
        await fixture.PassAsync(session.SubmitAsync("/quit", CancellationToken.None));
        const string Question = "* Not sent yet: 1 message. /quit again leaves without sending.";
        await fixture.UntilAsync(() => remarks.Lines.Contains(Question));
        await fixture.PassAsync(session.SubmitAsync("/help", CancellationToken.None));
        await fixture.PassAsync(session.SubmitAsync("/quit", CancellationToken.None));
        await fixture.UntilAsync(() => remarks.Lines.Count(line => line == Question) == 2);
        Assert.False(running.IsCompleted);
        await fixture.PassAsync(session.SubmitAsync("/quit", CancellationToken.None));
        await fixture.PassAsync(running);
    }

    [Fact]
    public async Task Commands_are_answered_with_remarks()
    {
        await using var fixture = new ClientFixture();
        Serve(fixture);
        var (output, remarks) = await RunAsync(fixture, "/chats\n/members\n/dance\n/open nobody\n/edit nothing\n");

        Assert.Equal("", output);
        Assert.Contains("* 1: bob (0 unread) 7301", remarks, StringComparison.Ordinal);
        Assert.Contains("* bob", remarks, StringComparison.Ordinal);
        Assert.Contains("* /dance is no command", remarks, StringComparison.Ordinal);
        Assert.Contains("* There is no chat “nobody”", remarks, StringComparison.Ordinal);
        Assert.Contains("* There is no such message here.", remarks, StringComparison.Ordinal);
    }

    private static Problem Away => new()
    {
        Code = ErrorCode.Unavailable,
        Title = "A part that is needed is away.",
        Status = 503,
        Retryable = true,
        RetryAfterMs = 1_000,
        Detail = "The disk is full.",
    };

    /// <summary>What the peer does not do by itself: a direct chat, a list, marks.</summary>
    private static void Serve(ClientFixture fixture) => fixture.Peer.Intercept = (connection, frame) =>
    {
        ServerFrame? answer = frame switch
        {
            ChatCreate { Direct: null } => new Ack { Chat = "7302", Seq = 1, Re = frame.Id },
            ChatCreate => new Ack { Chat = FakePeer.Chat, Seq = 1, Re = frame.Id },
            Mark mark => new Ack { Chat = mark.Chat, Seq = mark.Read ?? 0, Re = frame.Id },
            ChatsGet => new ChatList { Items = [fixture.Peer.Summary], Re = frame.Id },
            _ => null,
        };
        if (answer is not null) connection.ToClient(answer);
        return answer is not null;
    };

    private static List<PresenceWatching> Watched(ClientFixture fixture, string chat) =>
        [.. fixture.Peer.Received.OfType<PresenceWatching>().Where(watching => watching.Chat == chat)];

    private static async Task<(string Output, string Remarks)> RunAsync(ClientFixture fixture, string input)
    {
        var output = new StringWriter { NewLine = "\n" };
        var remarks = new StringWriter { NewLine = "\n" };
        await fixture.PassAsync(StartAsync(fixture, new StringReader(input), output, remarks));
        return (output.ToString(), remarks.ToString());
    }

    private static Task StartAsync(ClientFixture fixture, TextReader input, TextWriter output, TextWriter remarks)
    {
        var view = new PlainView(input, output, remarks, isJson: false, fixture.Time);
        var session = new ChatSession(fixture.Client, new ChatModel("alice"), view, fixture.Time);
        return Task.Run(() => session.RunAsync("bob", CancellationToken.None));
    }

    /// <summary>An input that stays open between its lines until it is told to end.</summary>
    private sealed class BlockingReader : TextReader
    {
        private readonly Channel<string> _lines = Channel.CreateBounded<string>(16);

        public void Add(string line) => Assert.True(_lines.Writer.TryWrite(line));

        public void End() => _lines.Writer.Complete();

        public override async ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken) =>
            await _lines.Reader.WaitToReadAsync(cancellationToken) ? await _lines.Reader.ReadAsync(cancellationToken)
                : null;
    }

    /// <summary>A view whose lines the test submits by itself.</summary>
    private sealed class SubmittingView(TextWriter remarks, TimeProvider time) : IChatView
    {
        private readonly PlainView _plain = new(TextReader.Null, TextWriter.Null, remarks, isJson: false, time);

        public void Show(ChatModel model) => _plain.Show(model);

        public void Happened(ChatModel model, ChatEvent happened) => _plain.Happened(model, happened);

        public Task ReadAsync(ChatSession session, CancellationToken cancellationToken) =>
            Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);

        public void Dispose() => _plain.Dispose();
    }

    /// <summary>Lines that are read while they are written.</summary>
    private sealed class LineWriter : TextWriter
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public override Encoding Encoding => Encoding.UTF8;

        public IEnumerable<string> Lines => _lines;

        public override void WriteLine(string? value) => _lines.Enqueue(value ?? "");
    }
}
