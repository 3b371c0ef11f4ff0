using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Sessions;

/// <summary>
/// A device that is who it says it is. Its connection's reader hands over one command after the other, which keeps
/// their order; delivery posts into its outbox from any thread; the wheel calls it for the heartbeat.
/// </summary>
internal sealed class Session : ConnectedDevice
{
    /// <summary>How long a sync waits for the session's barrier; then the client tries again.</summary>
    private static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(3);

    private readonly SessionServices _services;
    private readonly UserCommands _commands;

    /// <summary>Made when the device first asks about presence. Used by the reader alone.</summary>
    private SessionPresence? _presence;

    /// <summary>Let go of once it has settled and left nothing out, since the session may stay for days.</summary>
    private Resumption? _resume;

    private Grant _grant;
    private long _pingAt;

    public Session(SessionServices services, Outbox outbox, TokenAnswer token, Resumption resume)
        : base(
            services.Ids.Next(),
            token.User,
            token.Device ?? SignIn.UnnamedDevice,
            outbox,
            services.Time.GetTimestamp())
    {
        _services = services;
        _resume = resume;
        _grant = new Grant(this, token.IssuedAtMs, token.ExpiresAt);
        Inflight = new Inflight(outbox, services.Limits.Inflight);
        _commands = new UserCommands(services, User, Inflight) { Session = Number };

        // The first ping comes within one interval, at a point that the id chooses: spread, and the same in a replay.
        var first = (long)(Partitioner.Mix(Number) % (ulong)services.Options.PingSeconds) + 1;
        _pingAt = services.Time.GetTimestamp() + (first * services.Time.TimestampFrequency);
    }

    /// <summary>The epoch of the store that the device was told of.</summary>
    public required string Epoch { get; init; }

    public override long IssuedAtMs => Volatile.Read(ref _grant).IssuedAtMs;

    public Inflight Inflight { get; }

    /// <summary>
    /// After a barrier everything from before the registration is in history: says what the resume did not know.
    /// </summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _resume) is not { } resume) return;
        if (!await resume.SettleAsync(Outbox, cancellationToken)) return;
        await resume.MakeUpAsync(Outbox, cancellationToken);
        if (resume.LeftOut.Count == 0) Volatile.Write(ref _resume, null);
    }

    public async ValueTask HandleAsync(ClientFrame frame, CancellationToken cancellationToken)
    {
        switch (frame)
        {
            case Pong:
                break;
            case SyncGet sync:
                var answer = await FullSync.AnswerAsync(_services, User, sync, SettledAsync, cancellationToken);
                Outbox.Answer(answer with { Re = sync.Id });
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

    /// <summary>Begins the heartbeat and watches the token's end; the device has been told that it is ready.</summary>
    public void Start()
    {
        _services.Watch(this, Outbox, static session => session.UntilPing());
        _services.Watch(_grant, Outbox, static grant => grant.UntilEnd());
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
            Outbox.Close(CloseCode.NodeOverloaded); // Nobody stays unchecked.
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

        var grant = new Grant(this, token.IssuedAtMs, token.ExpiresAt);
        Volatile.Write(ref _grant, grant);
        if (auth.Id is { } number)
            Outbox.PostAnswer(FrameBytes.Of(new AuthDone { Re = number, ExpiresAt = token.ExpiresAt }));
        _services.Watch(grant, Outbox, static grant => grant.UntilEnd());

        // A revocation between the check and the change looked at the former token.
        await CheckAccessAsync(cancellationToken);
    }

    /// <summary>The partitions that the session's barrier left out; null when history is behind for longer than a sync
    /// waits.</summary>
    private Task<IReadOnlyCollection<int>?> SettledAsync(CancellationToken cancellationToken) =>
        Volatile.Read(ref _resume) is { } resume
            ? resume.WaitAsync(SettleTimeout, cancellationToken).AsTask()
            : Task.FromResult<IReadOnlyCollection<int>?>([]);

    /// <summary>The position to resume from that stands behind everything that was posted so far.</summary>
    private Since CurrentSince() => Volatile.Read(ref _resume)?.Current ?? _services.HandedSince();

    /// <summary>Pings are due at whole intervals from the first one: a late one delays none behind it.</summary>
    private TimeSpan? UntilPing()
    {
        var time = _services.Time;
        var interval = _services.Options.PingSeconds * time.TimestampFrequency;
        var late = time.GetTimestamp() - _pingAt;
        if (late >= 0)
        {
            _pingAt += ((late / interval) + 1) * interval;
            Outbox.PostAnswer(_services.Pings.At(CurrentSince()));
        }

        return time.GetElapsedTime(time.GetTimestamp(), _pingAt);
    }

    /// <summary>
    /// What the session's token allows, until when. The reader replaces it as a whole; the one that was replaced has no
    /// end to watch.
    /// </summary>
    private sealed class Grant(Session session, long issuedAtMs, DateTimeOffset expiresAt)
    {
        /// <summary>A minute before the end, and the second by which the wheel may be late.</summary>
        private static readonly TimeSpan WarnBefore = TimeSpan.FromSeconds(61);
        private static readonly TimeSpan WarnEvery = TimeSpan.FromSeconds(20);

        private DateTimeOffset _warnAt = expiresAt - WarnBefore;

        public long IssuedAtMs => issuedAtMs;

        /// <summary>Warns when there is little left, and closes the session at the end.</summary>
        public TimeSpan? UntilEnd()
        {
            if (Volatile.Read(ref session._grant) != this) return null;
            var now = session._services.Time.GetUtcNow();
            if (now >= expiresAt)
            {
                session.Outbox.Close(CloseCode.TokenExpired);
                return null;
            }

            if (now >= _warnAt)
            {
                _warnAt = now + WarnEvery;
                session.Outbox.PostAnswer(FrameBytes.Of(new TokenExpiring { ExpiresAt = expiresAt }));
            }

            return (_warnAt < expiresAt ? _warnAt : expiresAt) - now;
        }
    }
}
