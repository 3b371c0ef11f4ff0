using LiveChat.Core.History;
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

    /// <summary>How long before its end the token is warned about: a minute, whenever the wheel looks.</summary>
    private static readonly TimeSpan WarnBefore = TimeSpan.FromSeconds(70);

    private static readonly TimeSpan WarnAgainAfter = TimeSpan.FromSeconds(20);

    /// <summary>How long a sync waits for the session's barrier; then the client tries again.</summary>
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(3);

    private readonly SessionServices _services;
    private readonly UserCommands _commands;
    private readonly ulong _number;

    /// <summary>Made when the device first asks about presence. Used by the reader alone.</summary>
    private SessionPresence? _presence;

    /// <summary>Let go of once it has settled, since the session may stay for days.</summary>
    private Resumption? _resume;

    private Grant _grant;
    private DateTimeOffset _warnAgainAt;
    private long _heardAt;
    private long _pingedAt;

    public Session(SessionServices services, Outbox outbox, TokenAnswer token, Resumption resume)
    {
        _services = services;
        _resume = resume;
        _grant = new Grant(token.IssuedAtMs, token.ExpiresAt);
        Outbox = outbox;
        User = token.User;
        Device = token.Device ?? SignIn.UnnamedDevice;
        Inflight = new Inflight(outbox, services.Limits.Inflight);
        _commands = new UserCommands(services, User, Inflight);
        _heardAt = services.Time.GetTimestamp();
        _number = services.Ids.Next();

        // The first ping comes within one interval, at a point that the id chooses: spread, and the same in a replay.
        var spread = Partitioner.Mix(_number) % (ulong)services.Options.PingSeconds;
        _pingedAt = services.Time.GetTimestamp() - ((long)spread * services.Time.TimestampFrequency);
    }

    public string Id => $"s_{_number}";

    public UserId User { get; }

    public string Device { get; }

    /// <summary>When the token was issued that the session goes by now.</summary>
    public long IssuedAtMs => Volatile.Read(ref _grant).IssuedAtMs;

    public Outbox Outbox { get; }

    public Inflight Inflight { get; }

    /// <summary>When the device last gave a sign; its connection says so.</summary>
    public long HeardAt
    {
        get => Volatile.Read(ref _heardAt);
        set => Volatile.Write(ref _heardAt, value);
    }

    /// <summary>
    /// After a barrier everything from before the registration is in history: says what the resume did not know.
    /// </summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _resume) is { } resume && await resume.SettleAsync(Outbox, cancellationToken))
            Volatile.Write(ref _resume, null);
    }

    public async ValueTask HandleAsync(ClientFrame frame, CancellationToken cancellationToken)
    {
        switch (frame)
        {
            case Pong:
                break;
            case SyncGet sync:
                var answer = await FullSync.AnswerAsync(_services, User, sync, SettledAsync, cancellationToken);
                Outbox.PostAnswer(FrameBytes.Of(answer with { Re = sync.Id }));
                break;
            case Auth auth:
                await RenewAsync(auth, cancellationToken);
                break;
            case PresenceGet or PresenceSet or PresenceWatching:
                _presence ??= new SessionPresence(_services, this);
                _presence.Ask(frame, cancellationToken);
                break;
            default:
                await _commands.HandleAsync(frame, cancellationToken);
                break;
        }
    }

    /// <summary>Ends what is still answered; the reader has ended before.</summary>
    public Task EndAsync() => _presence?.EndAsync() ?? Task.CompletedTask;

    /// <summary>Answers that the command had no effect.</summary>
    public void Refuse(uint? number, Problem problem) => _commands.Refuse(number, problem);

    /// <summary>The wheel's turn: token and heartbeat.</summary>
    public TimeSpan? OnDue()
    {
        var time = _services.Time;
        var left = Volatile.Read(ref _grant).ExpiresAt - time.GetUtcNow();
        if (left <= TimeSpan.Zero)
        {
            Outbox.Close(CloseCode.TokenExpired);
            return null;
        }

        WarnWhenExpiring();
        var ping = TimeSpan.FromSeconds(_services.Options.PingSeconds) - time.GetElapsedTime(_pingedAt);
        if (ping <= TimeSpan.Zero)
        {
            _pingedAt = time.GetTimestamp();
            Outbox.PostAnswer(_services.Pings.At(CurrentSince()));
        }

        var next = ping > TimeSpan.Zero && ping < LookAfter ? ping : LookAfter;
        return left < next ? left : next;
    }

    /// <summary>Says that the token is about to expire, not too often. Called by the handshake, then by the wheel.
    /// </summary>
    public void WarnWhenExpiring()
    {
        var now = _services.Time.GetUtcNow();
        var expiresAt = Volatile.Read(ref _grant).ExpiresAt;
        if (expiresAt - now > WarnBefore || now < _warnAgainAt) return;
        _warnAgainAt = now + WarnAgainAfter;
        Outbox.PostAnswer(FrameBytes.Of(new TokenExpiring { ExpiresAt = expiresAt }));
    }

    /// <summary>Whether the session's token still lets it in; closes the session when it does not.</summary>
    public async ValueTask CheckAccessAsync(CancellationToken cancellationToken)
    {
        try
        {
            var status = await _services.SignIn.StatusAsync(User, Device, IssuedAtMs, cancellationToken);
            if (status is not TokenStatus.Valid) Outbox.Close(SignIn.CloseCodeOf(status));
        }
        catch (HistoryUnavailableException)
        {
            Outbox.Close(CloseCode.NodeOverloaded, afterMs: 5_000); // Nobody stays unchecked.
        }
    }

    /// <summary>Another token of the same user takes the place of the one that the session came with.</summary>
    private async ValueTask RenewAsync(Auth auth, CancellationToken cancellationToken)
    {
        var token = await _services.SignIn.CheckAsync(auth.Token, Device, Device, cancellationToken);
        if (token.Status is not TokenStatus.Valid)
        {
            Refuse(auth.Id, SignIn.ProblemOf(token.Status));
            if (token.Status is TokenStatus.Revoked or TokenStatus.Disabled)
                Outbox.Close(SignIn.CloseCodeOf(token.Status));
            return;
        }

        if (token.User != User)
        {
            Outbox.Close(CloseCode.BadFrame);
            return;
        }

        Volatile.Write(ref _grant, new Grant(token.IssuedAtMs, token.ExpiresAt));
        if (auth.Id is { } number)
            Outbox.PostAnswer(FrameBytes.Of(new AuthDone { Re = number, ExpiresAt = token.ExpiresAt }));

        // A revocation between the check and the change looked at the former token.
        await CheckAccessAsync(cancellationToken);
    }

    /// <summary>False when history is behind for longer than a sync waits.</summary>
    private Task<bool> SettledAsync(CancellationToken cancellationToken) => Volatile.Read(ref _resume) is { } resume
        ? resume.WaitAsync(SettleTimeout, cancellationToken).AsTask()
        : Task.FromResult(true);

    /// <summary>The position to resume from that stands behind everything that was posted so far.</summary>
    private Since CurrentSince() => Volatile.Read(ref _resume)?.Current ?? _services.HandedSince();

    /// <summary>What the session's token allows; replaced as a whole by the reader, read by the wheel.</summary>
    private sealed record Grant(long IssuedAtMs, DateTimeOffset ExpiresAt);
}
