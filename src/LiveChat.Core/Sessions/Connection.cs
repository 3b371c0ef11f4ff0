using System.Diagnostics.CodeAnalysis;
using LiveChat.Core.History;
using LiveChat.Core.Ids;
using LiveChat.Core.Ingest;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Sessions;

/// <summary>
/// One connected device, whatever carries it: messages go in through <see cref="ReceiveAsync"/>, everything else comes
/// out of the outbox. First a handshake, then a session. The transport calls <see cref="ReceiveAsync"/> for one
/// message after the other and <see cref="DisposeAsync"/> at the end; each deadline has an entry of its own on the
/// wheel. A pause of <see cref="ReceiveAsync"/> is how a slow reader is kept from asking for more.
/// </summary>
internal sealed class Connection : IAsyncDisposable
{
    private readonly SessionServices _services;
    private readonly FrameMeter _meter;
    private readonly Action _onLeft;
    private readonly long _openedAt;

    /// <summary>Its number among those that have not signed in.</summary>
    private readonly long _number;

    [SuppressMessage("Usage", "CA2213", Justification = "It has no handle, and a command may just take its token.")]
    private CancellationTokenSource? _left = new();

    /// <summary>When <c>connect</c> came; 0 before.</summary>
    private long _askedAt;

    private Session? _session;
    private Task _settling = Task.CompletedTask;
    private int _isDisposed;

    public Connection(SessionServices services, Action left)
    {
        _services = services;
        _onLeft = left;
        _meter = new FrameMeter(services.Options.FramesPerSecond, services.Options.FramesBurst, services.Time);
        _openedAt = services.Time.GetTimestamp();
        Outbox = new Outbox(services.OutboxOptions, services.OutboxBudget, services.Time)
        {
            Measures = services.Measures,
        };
        services.Measures.NoteOpened();
        Outbox.OnClosed = code =>
        {
            if (Session is { } session) services.Shown.End(session, code);
        };
        _number = services.Drain.Add(Outbox);
        services.Watch(this, Outbox, static connection => connection.UntilConnectDeadline());
    }

    public Outbox Outbox { get; }

    /// <summary>The session, once the device has connected.</summary>
    public Session? Session => Volatile.Read(ref _session);

    /// <summary>Ends what waits when the device leaves before the session has settled.</summary>
    private CancellationToken Left => Volatile.Read(ref _left)?.Token ?? CancellationToken.None;

    /// <summary>Notes a sign of life that is no message.</summary>
    public void Hear()
    {
        if (Session is { } session) session.HeardAt = _services.Time.GetTimestamp();
    }

    /// <summary>Reads the frames of a message; returns when there is room for the next one.</summary>
    public async Task ReceiveAsync(ReadOnlyMemory<byte> message)
    {
        Hear();
        var rest = message;
        if (!JsonFrames.TryTakeFrame(ref rest, out var frame))
        {
            TryCount();
            return;
        }

        do
        {
            if (Outbox.Closed is not null || !TryCount()) return;
            await Outbox.WaitForRoomAsync();
            await HandleAsync(JsonFrames.ReadClientFrame(frame.Span));
        }
        while (JsonFrames.TryTakeFrame(ref rest, out frame));
    }

    /// <summary>Counts something that was sent, also what the transport answers itself; false when it is too much, and
    /// the connection is closed.</summary>
    public bool TryCount()
    {
        if (_meter.TryTake()) return true;
        Outbox.Close(CloseCode.RateLimited);
        return false;
    }

    /// <summary>The device says that it goes; a close of ours that it answers is not that.</summary>
    public void Leave() => Outbox.Close(CloseCode.Normal);

    /// <summary>The transport is gone, after the last message: nothing more is read from the outbox.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        Outbox.Abandon();
        _services.Measures.NoteClosed(Outbox.IsLost ? null : Outbox.Closed);
        _services.Drain.Remove(_number);
        Volatile.Read(ref _left)?.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
        var session = _session;
        try
        {
            if (session is not null) _services.Shown.End(session, code: null);
            await Task.WhenAll(session?.EndAsync() ?? Task.CompletedTask, _settling);
        }
        finally
        {
            // Again: what it had asked for before it ended may have begun behind it.
            if (session is not null) _services.Shown.End(session, code: null);
            _onLeft();
        }
    }

    /// <summary>The device's time to say who it is, then the node's to look: where it is the node that is slow, the
    /// device is to come again, and not to give up.</summary>
    private TimeSpan? UntilConnectDeadline()
    {
        if (Session is not null) return null;
        var seconds = _services.Options.ConnectSeconds;
        return Volatile.Read(ref _askedAt) is > 0 and var askedAt
            ? LeftOrClose(askedAt, seconds, CloseCode.NodeOverloaded)
            : LeftOrClose(_openedAt, seconds, CloseCode.AuthTimeout);
    }

    private TimeSpan? UntilSilent() =>
        LeftOrClose(_session!.HeardAt, _services.Options.SilenceSeconds, CloseCode.NoPong);

    /// <summary>One that is not behind now cannot have been for the whole grace before the grace has passed.</summary>
    private TimeSpan? UntilTooSlow()
    {
        var grace = _services.OutboxOptions.GraceSeconds;
        return LeftOrClose(Outbox.BehindSince ?? _services.Time.GetTimestamp(), grace, CloseCode.SlowConsumer);
    }

    private TimeSpan? LeftOrClose(long since, int seconds, CloseCode code)
    {
        var left = TimeSpan.FromSeconds(seconds) - _services.Time.GetElapsedTime(since);
        if (left > TimeSpan.Zero) return left;
        Outbox.Close(code);
        return null;
    }

    private async Task HandleAsync(FrameRead<ClientFrame> read)
    {
        try
        {
            await DispatchAsync(read);
        }
        catch (Exception away) when (away is HistoryUnavailableException or IdUnavailableException)
        {
            if (_session is { } session) session.Refuse(read.Number, Problems.Of(away));
            else Outbox.Close(CloseCode.NodeOverloaded);
        }
        catch (OperationCanceledException) when (Volatile.Read(ref _isDisposed) != 0)
        {
            // The device left while its command waited.
        }
    }

    private async Task DispatchAsync(FrameRead<ClientFrame> read)
    {
        if (_session is not { } session)
        {
            if (read.Frame is Connect connect)
            {
                Volatile.Write(ref _askedAt, Math.Max(1, _services.Time.GetTimestamp()));
                await ConnectAsync(connect);
            }
            else
            {
                Outbox.Close(CloseCode.BadFrame);
            }

            return;
        }

        if (ProblemOf(read) is not { } problem)
        {
            await session.HandleAsync(read.Frame!, Left);
            return;
        }

        // One bad frame is no reason to end a session: whoever sends nothing else is stopped by the meter.
        session.Refuse(read.Number, problem);
        if (read.Number is null) _services.Dropped.Add();
    }

    /// <summary>What is wrong with a frame before anybody looks at what it asks for; null when nothing is.</summary>
    private static Problem? ProblemOf(FrameRead<ClientFrame> read) => read.Status switch
    {
        FrameReadStatus.UnknownType => Problems.Of(ErrorCode.UnknownType),
        FrameReadStatus.Malformed => Problems.Of(ErrorCode.BadRequest, read.Problem),
        _ when read.Frame is Connect => Problems.Of(ErrorCode.BadRequest, "The session is connected."),
        _ => FieldRules.Check(read.Frame!),
    };

    private async Task ConnectAsync(Connect connect)
    {
        var session = await Handshake.TryAsync(_services, Outbox, connect, Left);
        if (session is null) return;
        Volatile.Write(ref _session, session);
        _services.Register(session);
        _services.Measures.NoteConnect(_askedAt);
        if (Outbox.Closed is { } closed) _services.Shown.End(session, closed);
        _services.Watch(this, Outbox, static connection => connection.UntilSilent());
        _services.Watch(this, Outbox, static connection => connection.UntilTooSlow());
        session.Start();
        _services.Drain.Remove(_number);
        if (_services.Drain.IsOn) _services.Drain.Dismiss(Outbox);
        _settling = SettleAsync(session);

        // A revocation between the check of the token and the registration did not find the session.
        await session.CheckAccessAsync(Left);
    }

    /// <summary>Once it is done nothing waits for longer than a few seconds: the source of the token and this task are
    /// let go of, since the session may stay for days.</summary>
    private async Task SettleAsync(Session session)
    {
        try
        {
            await session.SettleAsync(Left);
        }
        catch
        {
            // Our mistake: nothing would ever be said of what the device lacks.
            Outbox.Close(CloseCode.InternalError);
            throw;
        }

        Volatile.Write(ref _left, null);
        _settling = Task.CompletedTask;
    }
}
