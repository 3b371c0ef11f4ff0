using System.Collections.Concurrent;
using LiveChat.Client;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>Whatever the client sends again, and for whatever reason: the application is told before it waits.
/// </summary>
public sealed class RetryTests
{
    private const string Detail = "There is no room on the server's disk.";

    private const string Late = "The server did not answer in time.";

    private const string Lost = "The connection was lost.";

    /// <summary>What befalls a client of itself: the clock of the test goes on while the machine does other work.
    /// </summary>
    private static readonly string[] OfItself = [Late, Lost];

    /// <summary>Every way in which an answer fails to come.</summary>
    private static readonly Dictionary<string, Way> Ways = new()
    {
        [ErrorCode.ClockAhead] = Refusing(ErrorCode.ClockAhead),
        [ErrorCode.RateLimited] = Refusing(ErrorCode.RateLimited),
        [ErrorCode.Timeout] = Refusing(ErrorCode.Timeout),
        [ErrorCode.Unavailable] = Refusing(ErrorCode.Unavailable),
        [ErrorCode.Draining] = Refusing(ErrorCode.Draining),
        [ErrorCode.Internal] = Refusing(ErrorCode.Internal),
        ["no answer"] = new(null, Late, static (_, _) => { }),
        ["no connection"] = new(null, Lost, static (connection, _) => connection.CloseWith(1006)),
    };

    /// <summary>Every kind of command: a change, a read, own state, and what the client asks for by itself.</summary>
    private static readonly Dictionary<string, Kind> Kinds = new()
    {
        ["a change"] = new(typeof(MessageSend), static fixture => fixture.Client.SendAsync(FakePeer.Chat, "hi")),
        ["a page"] = new(
            typeof(HistoryGet), static fixture => fixture.Client.HistoryAsync(new HistoryGet { Chat = FakePeer.Chat })),
        ["a chat"] = new(typeof(ChatGet), static fixture => fixture.Client.GetChatAsync(FakePeer.Chat)),
        ["a watch"] = new(
            typeof(PresenceWatching),
            static fixture => fixture.Client.WatchPresenceAsync(FakePeer.Chat, ["bob"])),
        ["the list of the client"] = new(
            typeof(SyncGet),
            static async fixture =>
            {
                fixture.Peer.Last.CloseWith((int)CloseCode.StateInvalidated);
                await fixture.UntilAsync(() => fixture.Peer.Received.OfType<SyncGet>().Count() >= 4);
            }),
        ["a hole of the client"] = new(
            typeof(HistoryGet),
            static fixture =>
            {
                fixture.Peer.Pushes = static happened => happened.Seq != 1;
                fixture.Peer.Say("lost on the way");
                fixture.Peer.Say("there");
                return fixture.ReadAsync(2);
            }),
    };

    public static TheoryData<string, string> Table
    {
        get
        {
            var table = new TheoryData<string, string>();
            foreach (var kind in Kinds.Keys)
                foreach (var way in Ways.Keys)
                    table.Add(kind, way);
            return table;
        }
    }

    [Fact]
    public void The_table_has_every_code_that_may_be_repeated()
    {
        var codes = typeof(ErrorCode).GetFields().Select(static field => (string)field.GetRawConstantValue()!);
        Assert.Equal(
            codes.Where(ErrorCode.IsRetryable).Order(),
            Ways.Values.Select(static way => way.Code).OfType<string>().Order());
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Each_command_that_is_sent_again_is_told_with_the_reason(string kind, string way)
    {
        var ((command, begin), (code, reason, fail)) = (Kinds[kind], Ways[way]);
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        var told = new ConcurrentQueue<(CommandRetry Retry, DateTimeOffset At)>();
        fixture.Client.Retrying += retry => told.Enqueue((retry, fixture.Time.GetUtcNow()));
        var failures = 0;
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame.GetType() != command || ++failures > 2) return false;
            fail(connection, frame);
            return true;
        };

        await fixture.PassAsync(begin(fixture));

        Assert.Equal(Enumerable.Range(1, told.Count), told.Select(static one => one.Retry.Attempt));
        var failed = told.Where(one => one.Retry.Reason == reason).ToArray();
        Assert.InRange(failed.Length, 2, OfItself.Contains(reason) ? int.MaxValue : 2);
        Assert.All(told.Except(failed), static one => Assert.Contains(one.Retry.Reason, OfItself));
        Assert.All(failed, one =>
        {
            Assert.Equal((command, code, reason), (one.Retry.Command.GetType(), one.Retry.Code, one.Retry.Reason));
            Assert.True(one.Retry.Delay >= TimeSpan.FromMilliseconds(code is null ? 0 : 1_200), $"{one.Retry}");
        });

        // The second try came behind the pause that was told.
        var (first, second) = (failed[0], failed[1]);
        Assert.True(second.At - first.At >= first.Retry.Delay, $"{second.At - first.At} after {first.Retry}");
    }

    [Fact]
    public async Task A_refusal_for_good_is_thrown_and_not_told()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        var told = 0;
        fixture.Client.Retrying += _ => told++;
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is MessageSend) Refusing(ErrorCode.Forbidden).Fail(connection, frame);
            return frame is MessageSend;
        };

        await Assert.ThrowsAsync<LiveChatRefusedException>(
            () => fixture.PassAsync(fixture.Client.SendAsync(FakePeer.Chat, "hi")));
        Assert.Equal(0, told);
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_told_the_servers_reason()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is MessageSend) Refusing(ErrorCode.Unavailable).Fail(connection, frame);
            return frame is MessageSend;
        };
        using var patience = new CancellationTokenSource();
        fixture.Client.Retrying += _ => patience.Cancel();

        var late = await Assert.ThrowsAsync<OperationCanceledException>(() => fixture.PassAsync(
            fixture.Client.SendAsync(FakePeer.Chat, "hi", cancellationToken: patience.Token)));
        Assert.Equal((Detail, patience.Token), (late.Message, late.CancellationToken));
    }

    [Fact]
    public async Task A_caller_who_waits_for_the_list_of_chats_is_told_the_servers_reason()
    {
        await using var fixture = new ClientFixture();
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is SyncGet) Refusing(ErrorCode.Unavailable).Fail(connection, frame);
            return frame is SyncGet;
        };
        using var patience = new CancellationTokenSource();
        fixture.Client.Retrying += _ => patience.Cancel();

        var late = await Assert.ThrowsAsync<OperationCanceledException>(
            () => fixture.PassAsync(fixture.Client.ConnectAsync(patience.Token)));
        Assert.Equal(Detail, late.Message);
    }

    [Fact]
    public async Task A_handler_that_throws_ends_no_wait()
    {
        await using var fixture = new ClientFixture();
        await fixture.ConnectAsync();
        fixture.Client.Retrying += static _ => throw new InvalidOperationException("A bug of the application.");
        var failures = 0;
        fixture.Peer.Intercept = (connection, frame) =>
        {
            if (frame is not MessageSend || ++failures > 2) return false;
            Refusing(ErrorCode.Unavailable).Fail(connection, frame);
            return true;
        };

        Assert.Equal(1, (await fixture.PassAsync(fixture.Client.SendAsync(FakePeer.Chat, "hi"))).Seq);
    }

    private static Way Refusing(string code) => new(code, Detail, (connection, frame) => connection.ToClient(
        new ErrorFrame
        {
            Re = frame.Id,
            Problem = new Problem
            {
                Code = code,
                Title = "A part that is needed is away.",
                Status = 503,
                Retryable = ErrorCode.IsRetryable(code),
                RetryAfterMs = 1_200,
                Detail = Detail,
            },
        }));

    /// <param name="Code">The code that is told.</param>
    /// <param name="Reason">The reason that is told.</param>
    /// <param name="Fail">What the server does instead of an answer.</param>
    private sealed record Way(string? Code, string Reason, Action<MemoryTransport, ClientFrame> Fail);

    /// <param name="Command">What is sent.</param>
    /// <param name="Begin">Makes the client send it; done when there is an answer.</param>
    private sealed record Kind(Type Command, Func<ClientFixture, Task> Begin);
}
