using LiveChat.Core.Chats;
using LiveChat.Core.FanOut;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Workers;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Ingest;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.FanOut;

public sealed class PendingCommandsTests
{
    private static readonly UserId Ann = UserId.Parse("ann");
    private readonly FakeTimeProvider _time = new();
    private readonly TaskCompletionSource _sync = new();

    [Fact]
    public async Task A_command_is_answered_once()
    {
        await using var log = new InMemoryMessageLog(1, _time);
        var pending = Create(log);
        var session = Session();
        Assert.Null(pending.Append(Waiting.RecordOf(1), Ann, session, 7, 0, new byte[1]));
        var use = new KeyUse(5, 4, Position.Create(1, 0), new MessageId(1), 0);
        pending.Complete(1, Waiting.Chat, new DeliveryAnswer(use, Duplicate: false, Refusal: null));
        pending.Complete(1, Waiting.Chat, new DeliveryAnswer(use, Duplicate: true, Refusal: null));

        var ack = Assert.IsType<Ack>(Assert.Single(session.Frames()));
        Assert.Equal((7u, 5L, "1", false), (ack.Re!.Value, ack.Seq, ack.Id, ack.Duplicate));
        Assert.Equal(0, pending.Count);
        Assert.Equal(0, session.Count);
    }

    [Fact]
    public async Task A_refusal_is_an_error_with_its_code()
    {
        await using var log = new InMemoryMessageLog(1, _time);
        var pending = Create(log);
        var session = Session();
        pending.Append(Waiting.RecordOf(1), Ann, session, 7, 0, new byte[1]);
        pending.Complete(1, Waiting.Chat, new DeliveryAnswer(null, Duplicate: false, Refusal.ChatFull));
        Assert.Equal(ErrorCode.ChatFull, Problem(session).Code);
    }

    [Fact]
    public async Task A_refusal_whose_reason_is_lost_may_be_tried_again()
    {
        await using var log = new InMemoryMessageLog(1, _time);
        var pending = Create(log);
        var session = Session();
        pending.Append(Waiting.RecordOf(1), Ann, session, 7, 0, new byte[1]);
        pending.Complete(1, Waiting.Chat, default);
        Assert.True(Problem(session).Retryable);
    }

    [Fact]
    public async Task Accepted_comes_once_when_the_place_takes_longer_than_a_second()
    {
        await using var log = new InMemoryMessageLog(1, _time);
        var pending = Create(log);
        var session = Session();
        pending.Append(Waiting.RecordOf(1), Ann, session, 7, 0, new byte[1]);
        pending.OnDue();
        Assert.Empty(session.Frames());
        _time.Advance(TimeSpan.FromSeconds(1));
        pending.OnDue();
        pending.OnDue();
        Assert.IsType<Accepted>(Assert.Single(session.Frames()));
        Assert.Equal(1, pending.Count);
    }

    [Fact]
    public async Task An_append_that_is_not_durable_after_30_s_has_an_unknown_outcome()
    {
        await using var log = new InMemoryMessageLog(1, _time, () => _sync.Task);
        var pending = Create(log);
        var session = Session();
        pending.Append(Waiting.RecordOf(1), Ann, session, 7, 0, new byte[1]);
        _time.Advance(TimeSpan.FromSeconds(29));
        pending.OnDue();
        Assert.Empty(session.Frames());
        _time.Advance(TimeSpan.FromSeconds(1));
        pending.OnDue();
        Assert.Equal(ErrorCode.Timeout, Problem(session).Code);
        _sync.SetResult();
    }

    [Fact]
    public async Task A_log_that_failed_leaves_the_outcome_unknown()
    {
        await using var log = new InMemoryMessageLog(1, _time, () => Task.FromException(new IOException("broken")));
        var pending = Create(log);
        var session = Session();
        pending.Append(Waiting.RecordOf(1), Ann, session, 7, 0, new byte[1]);
        Assert.Equal(ErrorCode.Timeout, Problem(session).Code);
    }

    [Fact]
    public async Task One_command_too_many_is_refused_for_the_session_and_for_the_node()
    {
        await using var log = new InMemoryMessageLog(1, _time);
        var pending = Create(log);
        var first = Session();
        Assert.Null(pending.Append(Waiting.RecordOf(1), Ann, first, 1, 0, new byte[1]));
        Assert.Null(pending.Append(Waiting.RecordOf(2), Ann, first, 2, 0, new byte[1]));
        Assert.Equal(ErrorCode.RateLimited, pending.Append(Waiting.RecordOf(3), Ann, first, 3, 0, new byte[1])!.Code);

        var second = Session();
        Assert.Null(pending.Append(Waiting.RecordOf(4), Ann, second, 1, 0, new byte[1]));
        Assert.Equal(ErrorCode.Unavailable, pending.Append(Waiting.RecordOf(5), Ann, second, 2, 0, new byte[1])!.Code);
        Assert.Equal(1, second.Count);
    }

    [Fact]
    public async Task What_a_closed_session_waits_for_is_forgotten()
    {
        await using var log = new InMemoryMessageLog(1, _time);
        var pending = Create(log);
        var session = Session();
        pending.Append(Waiting.RecordOf(1), Ann, session, 7, 0, new byte[1]);
        session.Outbox.Abandon();
        pending.OnDue();
        Assert.Equal(0, pending.Count);
    }

    private PendingCommands Create(InMemoryMessageLog log) => Waiting.Over(log, _time, commandsMax: 3);

    private Inflight Session() => Waiting.Session(_time, max: 2);

    private static Problem Problem(Inflight session) =>
        Assert.IsType<ErrorFrame>(Assert.Single(session.Frames())).Problem;
}
