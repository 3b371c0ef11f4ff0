using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>
/// A device that is who it says it is. Its connection's reader hands over one command after the other, which keeps
/// their order; delivery posts into its outbox from any thread; the wheel calls it for the heartbeat.
/// </summary>
internal sealed class Session
{
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(5);

    private readonly SessionServices _services;
    private readonly Resumption _resume;
    private readonly SessionReads _reads;
    private readonly DateTimeOffset _expiresAt;
    private long _pingedAt;

    public Session(
        SessionServices services, Outbox outbox, UserId user, DateTimeOffset expiresAt, Resumption resume)
    {
        _services = services;
        _resume = resume;
        _reads = new SessionReads(services, resume, user);
        _expiresAt = expiresAt;
        Outbox = outbox;
        User = user;
        Inflight = new Inflight(outbox, services.Limits.Inflight);
        var number = services.Ids.Next();
        Id = $"s_{number}";

        // The first ping comes within one interval, at a point that the id chooses: spread, and the same in a replay.
        var spread = Partitioner.Mix(number) % (ulong)services.Options.PingSeconds;
        _pingedAt = services.Time.GetTimestamp() - ((long)spread * services.Time.TimestampFrequency);
    }

    public string Id { get; }

    public UserId User { get; }

    public Outbox Outbox { get; }

    public Inflight Inflight { get; }

    /// <summary>
    /// After a barrier everything from before the registration is in history: says what the resume did not know.
    /// </summary>
    public Task SettleAsync(CancellationToken cancellationToken) => _resume.SettleAsync(Outbox, cancellationToken);

    public async ValueTask HandleAsync(ClientFrame frame, CancellationToken cancellationToken)
    {
        switch (frame)
        {
            case Pong:
                break;
            case ChangeCommand command:
                var result = await _services.Ingest.SubmitAsync(User, Inflight, command, cancellationToken);
                if (result.Problem is { } refused) Refuse(command.Id, refused);
                break;
            case Mark mark:
                var problem = await MarkAsync(mark, cancellationToken);
                if (problem is not null) Refuse(mark.Id, problem);
                break;
            case Typing typing:
                if (ChatId.TryParse(typing.Chat, out var chat)
                    && await _services.Delivery.StateAsync(chat, cancellationToken) is { } state)
                    _services.Typing.Set(state, User, typing.On);
                break;
            case HistoryGet or ChatsGet or SyncGet:
                var answer = await _reads.AnswerAsync(frame, cancellationToken);
                Outbox.PostAnswer(FrameBytes.Of(answer with { Re = frame.Id }));
                break;
            default:
                // A second connect, whoever it is for.
                Outbox.Close(CloseCode.BadFrame);
                break;
        }
    }

    /// <summary>Answers that the command had no effect.</summary>
    public void Refuse(uint? number, Problem problem)
    {
        if (number is { } re) Outbox.PostAnswer(FrameBytes.Of(new ErrorFrame { Re = re, Problem = problem }));
    }

    /// <summary>The wheel's turn: token and heartbeat.</summary>
    public TimeSpan? OnDue()
    {
        var time = _services.Time;
        if (time.GetUtcNow() >= _expiresAt)
        {
            Outbox.Close(CloseCode.TokenExpired);
            return null;
        }

        var ping = TimeSpan.FromSeconds(_services.Options.PingSeconds) - time.GetElapsedTime(_pingedAt);
        if (ping <= TimeSpan.Zero)
        {
            _pingedAt = time.GetTimestamp();
            Outbox.PostAnswer(FrameBytes.Of(new Ping { Since = _resume.Current.ToString() }));
        }

        return ping > TimeSpan.Zero && ping < LookAfter ? ping : LookAfter;
    }

    private async ValueTask<Problem?> MarkAsync(Mark mark, CancellationToken cancellationToken)
    {
        if (!ChatId.TryParse(mark.Chat, out var chat)) return Problems.Invalid("/chat", "id");
        if (mark.Read is null && mark.Delivered is null) return Problems.Invalid("/read", "required");
        if (mark.Read is < 1) return Problems.Invalid("/read", "range");
        if (mark.Delivered is < 1) return Problems.Invalid("/delivered", "range");

        var state = await _services.Delivery.StateAsync(chat, cancellationToken);
        if (state is null || !state.Roster.Contains(User)) return Problems.Of(ErrorCode.NotFound);
        if (Math.Max(mark.Read ?? 0, mark.Delivered ?? 0) > state.Seq)
            return Problems.Of(ErrorCode.Unavailable, "The chat has no event of this seq yet.");

        var readN = state.N;
        if (mark.Read is { } read && read < state.Seq)
        {
            if (await _services.History.ReadNumberAsync(chat, read, cancellationToken) is not { } n)
                return Problems.Of(ErrorCode.Unavailable);
            readN = n;
        }

        return _services.Markers.Raise(state, User, Inflight, mark, readN);
    }
}
