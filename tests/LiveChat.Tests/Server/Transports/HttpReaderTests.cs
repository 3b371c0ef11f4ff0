using System.Buffers;
using System.Globalization;
using System.Text;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Gateway;
using LiveChat.Tests.Running;
using LiveChat.Tests.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Server.Transports;

/// <summary>What polls and event streams do as time goes by, which is the test's.</summary>
public sealed class HttpReaderTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 29, 8, 0, 0, TimeSpan.Zero));
    private TestNode _node = null!;
    private HttpSessions _sessions = null!;

    public async ValueTask InitializeAsync() => await SetUp.OrEndAsync(this, static test => test.StartAsync());

    public async ValueTask DisposeAsync()
    {
        if (_sessions is not null) await _sessions.DisposeAsync();
        if (_node is not null) await _node.DisposeAsync();
    }

    [Fact]
    public async Task A_poll_is_held_for_25_seconds_and_shows_a_sign_before_15()
    {
        var session = await OpenAsync("ann");
        var number = await UntilPingAsync(session);
        using var request = new Request();
        var polling = session.ReadAsync(request.Context, number, isStream: false);
        await PassAsync(13.5);
        Assert.Equal("", request.Text);
        await PassAsync(1);
        Assert.Equal("\n", request.Text);
        await PassAsync(10);
        Assert.False(polling.IsCompleted);
        await PassAsync(1);
        Assert.Null(await polling);
        Assert.Equal(("\n", number + 1), (request.Text, NumberOf(request)));
    }

    [Fact]
    public async Task A_stream_shows_a_sign_every_15_seconds_and_no_end()
    {
        var session = await OpenAsync("ann");
        using var request = new Request();
        var streaming = session.ReadAsync(request.Context, acknowledged: 1, isStream: true);
        for (var times = 0; times < 8; times++)
        {
            var before = request.Text.Length;
            await PassAsync(14.75);
            Assert.True(request.Text.Length > before, request.Text);

            // Nobody but the client can say that it is there.
            using var pong = Message("{\"type\":\"pong\"}");
            await session.TakeAsync(pong, default);
        }

        Assert.Contains("\n\n:\n\n", request.Text, StringComparison.Ordinal);
        Assert.False(streaming.IsCompleted);
        request.Context.Abort();
        Assert.Null(await streaming);
    }

    [Fact]
    public async Task A_client_that_does_not_poll_is_gone_after_30_seconds_and_one_that_does_stays()
    {
        var (gone, stays) = (await OpenAsync("ann"), await OpenAsync("bob"));
        for (var number = 1; number <= 6; number++)
        {
            using var request = new Request();
            stays.Outbox.PostAnswer("{}"u8.ToArray());
            await stays.ReadAsync(request.Context, number, isStream: false);
            await PassAsync(5);
            if (number == 5) Assert.Equal((0, 2), _sessions.Count());
        }

        await PassAsync(1);
        await UntilAsync(() => _sessions.Count() == (0, 1));
        using var late = new Request();
        Assert.Equal(ErrorCode.UnknownSession, (await gone.ReadAsync(late.Context, 1, isStream: false))!.Code);
    }

    [Fact]
    public async Task Polls_alone_keep_a_session_alive_and_its_user_online()
    {
        var session = await OpenAsync("ann");
        for (var number = 1L; number <= 8;)
        {
            using var request = new Request();
            var polling = session.ReadAsync(request.Context, number, isStream: false);
            for (var part = 0; part < 104 && !polling.IsCompleted; part++) await PassAsync(0.25);
            Assert.Null(await polling);
            number = NumberOf(request);
        }

        Assert.Null(session.Outbox.Closed);
    }

    [Fact]
    public async Task Frames_wait_ten_seconds_for_room_and_then_are_refused()
    {
        var session = await OpenAsync("ann");
        session.Outbox.PostAnswer(new byte[200 * 1024]);
        using var request = new Request("{\"type\":\"chats\",\"id\":2}");
        var sending = session.ReceiveAsync(request.Context);
        await PassAsync(9.5);
        Assert.False(sending.IsCompleted);
        await PassAsync(1);
        Assert.Equal(ErrorCode.Unavailable, (await sending)!.Code);

        // What was not read is there, and what was refused was not taken.
        using var poll = new Request();
        await session.ReadAsync(poll.Context, 1, isStream: false);
        Assert.DoesNotContain("\"re\":2", poll.Text, StringComparison.Ordinal);
        using var again = new Request("{\"type\":\"chats\",\"id\":3}");
        Assert.Null(await session.ReceiveAsync(again.Context));
    }

    [Fact]
    public async Task A_body_that_never_ends_is_given_up_after_ten_seconds()
    {
        var session = await OpenAsync("ann");
        using var request = new Request(new NeverEnding());
        var sending = session.ReceiveAsync(request.Context);
        using var behind = new Request("{\"type\":\"pong\"}");
        var waiting = session.ReceiveAsync(behind.Context);
        await PassAsync(10.5);
        Assert.Equal(StatusCodes.Status408RequestTimeout, (await sending)!.Status);
        var answer = await waiting;
        Assert.True(answer is null or { Status: 503 or 408 }, answer?.Code);
        Assert.Null(session.Outbox.Closed);
    }

    [Fact]
    public async Task A_stream_whose_reader_stops_is_closed_and_cut_and_nobody_waits_for_it()
    {
        var session = await OpenAsync("ann");
        using var request = new Request { IsStuck = true };
        var streaming = session.ReadAsync(request.Context, acknowledged: 1, isStream: true);
        for (var i = 0; i < 100; i++) session.Outbox.PostEvent(new byte[8 * 1024], new ChatId(7), i, i);
        Assert.InRange(session.Outbox.Bytes, 0, 300 * 1024);
        await PassAsync(12);
        Assert.Equal(CloseCode.SlowConsumer, session.Outbox.Closed);
        await PassAsync(6);
        await streaming.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        Assert.True(request.IsAborted);
    }

    [Fact]
    public async Task A_newer_reader_cuts_one_that_is_stuck_and_gets_what_it_had()
    {
        var session = await OpenAsync("ann");
        using var stuck = new Request { IsStuck = true };
        session.Outbox.PostAnswer("{\"type\":\"x\"}"u8.ToArray());
        var older = session.ReadAsync(stuck.Context, acknowledged: 1, isStream: true);
        await UntilAsync(() => stuck.IsWriting);
        using var request = new Request();
        await session.ReadAsync(request.Context, acknowledged: 1, isStream: false);
        await older;
        Assert.True(stuck.IsAborted);
        Assert.Equal("{\"type\":\"x\"}\n", request.Text);
    }

    [Fact]
    public async Task Ten_thousand_polls_at_once_are_a_flood_that_is_told_so_and_costs_nobody_else()
    {
        var (session, other) = (await OpenAsync("ann"), await OpenAsync("bob"));
        var requests = Enumerable.Range(0, 10_000).Select(static _ => new Request()).ToList();
        var polls = requests.Select(request => session.ReadAsync(request.Context, 1, isStream: false)).ToList();
        await Task.WhenAll(polls);
        var told = requests.Select(static request => request.Text).Where(static text => text.Length > 0).ToList();
        Assert.NotEmpty(told);
        Assert.All(told, static text => Assert.Contains("\"rate_limited\"", text, StringComparison.Ordinal));
        foreach (var request in requests) request.Dispose();
        other.Outbox.PostAnswer("{}"u8.ToArray());
        using var poll = new Request();
        await other.ReadAsync(poll.Context, 1, isStream: false);
        Assert.Equal("{}\n", poll.Text);
    }

    [Fact]
    public async Task A_goodbye_is_repeated_until_it_is_acknowledged_and_then_the_session_is_over()
    {
        var session = await OpenAsync("ann");
        session.Outbox.Close(CloseCode.Draining);
        for (var i = 0; i < 2; i++)
        {
            using var request = new Request();
            await session.ReadAsync(request.Context, acknowledged: 1, isStream: false);
            Assert.Contains("\"goodbye\"", request.Text, StringComparison.Ordinal);
            Assert.False(session.IsOver);
        }

        using var last = new Request();
        Assert.Equal(ErrorCode.UnknownSession, (await session.ReadAsync(last.Context, 2, isStream: false))!.Code);
        Assert.True(session.IsOver);
    }

    private async Task StartAsync()
    {
        _node = await TestNode.StartAsync(_time);
        _sessions = new HttpSessions(_time, NullLogger<HttpSessions>.Instance);
    }

    private static MessageBuffer Message(string text)
    {
        var message = new MessageBuffer(4_096);
        message.Write(Encoding.UTF8.GetBytes(text));
        return message;
    }

    /// <summary>A session that has signed in, whose first answer was read.</summary>
    private async Task<HttpSession> OpenAsync(string user)
    {
        var session = _sessions.Add(_node.Node.TryOpen()!);
        using var connect = Message($$$"""{"type":"connect","id":1,"data":{"token":"{{{user}}}"}}""");
        await session.TakeAsync(connect, default);
        using var request = new Request();
        Assert.Null(await session.ReadAsync(request.Context, acknowledged: 0, isStream: false));
        Assert.Contains("\"ready\"", request.Text, StringComparison.Ordinal);
        Assert.True(session.IsSignedIn);
        return session;
    }

    /// <summary>Polls until there was a ping: the next is 30 s off. The number that acknowledges it.</summary>
    private async Task<long> UntilPingAsync(HttpSession session)
    {
        for (var number = 1L; ;)
        {
            using var request = new Request();
            var polling = session.ReadAsync(request.Context, number, isStream: false);
            for (var part = 0; part < 104 && !polling.IsCompleted; part++) await PassAsync(0.25);
            Assert.Null(await polling);
            number = NumberOf(request);
            if (request.Text.Contains("\"ping\"", StringComparison.Ordinal)) return number;
        }
    }

    private static long NumberOf(Request request) =>
        long.Parse(request.Context.Response.Headers["LiveChat-Ack"].ToString(), CultureInfo.InvariantCulture);

    /// <summary>Moves the time in steps, between which everything that is due is done.</summary>
    private async Task PassAsync(double seconds)
    {
        for (var step = 0.0; step < seconds; step += 0.25)
        {
            await _node.PartAsync();
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var tries = 0; !isSo(); tries++)
        {
            Assert.True(tries < 60_000, "It never comes.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }
    }

    /// <summary>A request whose answer is kept.</summary>
    private sealed class Request : WriteOnlyStream, IHttpRequestLifetimeFeature
    {
        private readonly CancellationTokenSource _aborted = new();
        private readonly MemoryStream _written = new();
        private readonly Lock _lock = new();

        public Request(string body = "")
            : this(new MemoryStream(Encoding.UTF8.GetBytes(body)))
        {
        }

        public Request(Stream body)
        {
            Context = new DefaultHttpContext();
            Context.Features.Set<IHttpRequestLifetimeFeature>(this);
            Context.Request.Body = body;
            Context.Response.Body = this;
        }

        public DefaultHttpContext Context { get; }

        /// <summary>Whether writes wait until the request is aborted.</summary>
        public bool IsStuck { get; init; }

        public bool IsWriting { get; private set; }

        public bool IsAborted => _aborted.IsCancellationRequested;

        public string Text
        {
            get
            {
                lock (_lock) return Encoding.UTF8.GetString(_written.ToArray());
            }
        }

        public CancellationToken RequestAborted
        {
            get => _aborted.Token;
            set => throw new NotSupportedException();
        }

        public void Abort() => _aborted.Cancel();

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            IsWriting = true;
            if (IsStuck) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _aborted.Token);
            lock (_lock) _written.Write(buffer.Span);
        }

        protected override void Dispose(bool disposing)
        {
            _aborted.Dispose();
            _written.Dispose();
            base.Dispose(disposing);
        }
    }

    /// <summary>A body of which nothing more comes.</summary>
    private sealed class NeverEnding : MemoryStream
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return 0;
        }
    }
}
