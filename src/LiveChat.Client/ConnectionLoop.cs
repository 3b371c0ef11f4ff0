using System.Diagnostics.CodeAnalysis;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.Extensions.Logging;

namespace LiveChat.Client;

/// <summary>
/// Keeps one connection: connects, hands frames on, connects again as the <see cref="ReconnectPolicy"/> says, until
/// it is told to leave or the server does not want it back. Whatever else fails stops it, too: each end is a state, an
/// event and a log line. One task runs <see cref="RunAsync"/>; any thread may wait for the connection. The lock keeps
/// the connection, and the failure that explains why there is none.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Its source has no timer, and a late fault still cancels it.")]
internal sealed partial class ConnectionLoop(
    LiveChatClientOptions options,
    IReadOnlyList<Func<Uri, CancellationToken, ValueTask<ITransport>>> transports,
    EventStream stream,
    Action<ServerFrame> take,
    Action<ConnectionChange> changed)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = options.Logger;
    private readonly ReconnectPolicy _policy = new(options.Random);
    private readonly TokenSource _tokens = new(options);
    private readonly TransportChoice _choice = new(transports.Count, options.Time);

    private readonly CancellationTokenSource _aborted = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource<Connection> _connected = NewConnected();
    private Connection? _connection;
    private ConnectionEnd? _lastFailure;
    private Exception? _fault;
    private bool _leaves;

    /// <summary>Where the client stands.</summary>
    public ClientState State { get; private set; }

    /// <summary>Who the user is, once the server has said so.</summary>
    public string? User { get; private set; }

    /// <summary>Why there is no connection; null while there is one, and before the first attempt has failed.</summary>
    public ConnectionEnd? LastFailure
    {
        get
        {
            lock (_lock) return _lastFailure;
        }
    }

    /// <summary>The connection of now, or null.</summary>
    public Connection? Current
    {
        get
        {
            lock (_lock) return _connection;
        }
    }

    /// <summary>Waits for a connection.</summary>
    /// <exception cref="LiveChatStoppedException">There will be none.</exception>
    public Task<Connection> ConnectedAsync(CancellationToken cancellationToken)
    {
        lock (_lock) return _connected.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Runs until the client leaves or is stopped. Throws nothing that a handler or a socket threw.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _aborted.Token);
        ConnectionEnd? end;
        try
        {
            end = await KeepAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            end = null; // The client leaves.
        }
        catch (Exception failed)
        {
            var fault = Volatile.Read(ref _fault) ?? failed;
            LogFault(fault);
            end = new ConnectionEnd(null, $"the client cannot go on: {fault.Message}") { Cause = fault };
        }

        if (end is null) Change(new ConnectionChange(ClientState.Idle));
        else Stop(end);
    }

    /// <summary>Stops the client because a part of it failed that it cannot do without.</summary>
    public void Abort(Exception fault)
    {
        Interlocked.CompareExchange(ref _fault, fault, null);
        _aborted.Cancel();
    }

    /// <summary>Closes the connection, if there is one, so that the server frees the session at once.</summary>
    public async Task LeaveAsync()
    {
        _leaves = true;
        if (Current is not { } connection) return;
        using var deadline = new CancellationTokenSource(LeaveTimeout, options.Time);
        try
        {
            await connection.CloseAsync(deadline.Token).ConfigureAwait(false);
            await connection.Ended.WaitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is OperationCanceledException or TransportException)
        {
            // The server does not answer; the connection is cut.
        }
    }

    private static TaskCompletionSource<Connection> NewConnected() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Connects again and again. Returns the end that is final, or null when the client leaves.</summary>
    private async Task<ConnectionEnd?> KeepAsync(CancellationToken cancellationToken)
    {
        Change(new ConnectionChange(ClientState.Connecting));
        while (true)
        {
            var end = await RunOnceAsync(cancellationToken).ConfigureAwait(false);
            if (_leaves) return null;
            if (end.Then is AfterClose.StartOver) stream.DropSince();
            lock (_lock) _lastFailure = end;
            if (_policy.Next(end) is not { } pause) return end;

            LogLost(end.Reason, pause);
            Change(new ConnectionChange(ClientState.Reconnecting)
            {
                Attempt = _policy.Attempt,
                Delay = pause,
                Code = end.Code,
                Reason = end.Reason,
                Status = end.Status,
                Cause = end.Cause,
            });
            await Task.Delay(pause, options.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<ConnectionEnd> RunOnceAsync(CancellationToken cancellationToken)
    {
        var (token, none) = await _tokens.AskAsync(cancellationToken).ConfigureAwait(false);
        if (token is null) return none!;
        _choice.Begin();
        ConnectionEnd? first = null;
        while (true)
        {
            var (connection, failed) = await ConnectAsync(token, cancellationToken).ConfigureAwait(false);
            if (connection is not null)
                failed = await UseAsync(connection, cancellationToken).ConfigureAwait(false);
            else if (_choice.TryNext(failed!))
            {
                LogOtherTransport(failed!.Reason);
                first ??= failed;
                continue;
            }

            // When none is let through, the first one's reason is the best.
            _choice.Note(failed!);
            return failed!.IsBlocked ? first ?? failed : failed;
        }
    }

    /// <summary>Opens the transport whose turn it is, and a session over it.</summary>
    private async Task<(Connection? Connection, ConnectionEnd? Failed)> ConnectAsync(
        string token, CancellationToken cancellationToken)
    {
        var (transport, failed) = await OpenAsync(token, cancellationToken).ConfigureAwait(false);
        if (transport is null) return (null, failed);
        return await Connection.HandshakeAsync(
            transport,
            new Connect { Token = token, Device = options.Device, Since = stream.Since },
            options.Time,
            _logger,
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<ConnectionEnd> UseAsync(Connection connection, CancellationToken cancellationToken)
    {
        await using var owned = connection.ConfigureAwait(false);
        var isNewStore = stream.Begin(connection.Ready);
        User = connection.Ready.User;
        lock (_lock)
        {
            _connection = connection;
            _lastFailure = null;
            _connected.TrySetResult(connection);
        }

        LogConnected(connection.Ready.Session, connection.Ready.Resume);
        Change(new ConnectionChange(ClientState.Connected)
        {
            Resume = connection.Ready.Resume,
            IsNewStore = isNewStore,
        });
        var renewing = Task.CompletedTask;
        try
        {
            return await connection.RunAsync(
                frame =>
                {
                    if (frame is not TokenExpiring) take(frame);
                    else if (renewing.IsCompleted) renewing = RenewAsync(connection);
                },
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await renewing.ConfigureAwait(false);
            lock (_lock)
            {
                _connection = null;
                _connected = NewConnected();
            }
        }
    }

    /// <summary>
    /// Shows a new token. When that fails, the server says again that the old one expires, or closes: then the next
    /// connection asks for one.
    /// </summary>
    private async Task RenewAsync(Connection connection)
    {
        try
        {
            var (token, none) = await _tokens.AskAsync(connection.Life).ConfigureAwait(false);
            if (token is null)
            {
                LogNotRenewed(none!.Reason, none.Cause);
                return;
            }

            var answer = await connection.AskAsync(
                new Auth { Token = token }, options.RequestTimeout, connection.Life).ConfigureAwait(false);
            if (answer is ErrorFrame refused) LogNotRenewed(refused.Problem.Title, null);
        }
        catch (Exception failed)
        {
            LogNotRenewed(failed.Message, failed);
        }
    }

    private async Task<(ITransport? Transport, ConnectionEnd? Failed)> OpenAsync(
        string token, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(ConnectTimeout, options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var address = Endpoint.Realtime(options.Endpoint, token);
            return (await transports[_choice.Current](address, both.Token).ConfigureAwait(false), null);
        }
        catch (Exception late) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var reason = $"{options.Endpoint.Authority} did not answer within {ConnectTimeout.TotalSeconds} s";
            return (null, new ConnectionEnd(null, reason) { Cause = late, IsLate = true });
        }
        catch (TransportException failed)
        {
            return (null, ConnectionEnd.Of(null, failed));
        }
    }

    private void Stop(ConnectionEnd end)
    {
        try
        {
            LogStopped(end.Code, end.Reason, end.Cause);
        }
        finally
        {
            var reason = new LiveChatStoppedException(end.Code, end.Reason, end.Status, end.Cause);
            lock (_lock)
            {
                _lastFailure = end;
                _connected.TryFail(reason);
            }

            stream.Complete(reason);
            Change(new ConnectionChange(ClientState.Stopped)
            {
                Code = end.Code,
                Reason = end.Reason,
                Status = end.Status,
                Cause = end.Cause,
            });
        }
    }

    private void Change(ConnectionChange change)
    {
        State = change.State;
        changed(change);
    }

    [LoggerMessage(9003, LogLevel.Information, "Connected as session {Session}, {Resume}")]
    private partial void LogConnected(string session, string resume);

    [LoggerMessage(9004, LogLevel.Information, "Not connected ({Reason}), next try in {Pause}")]
    private partial void LogLost(string reason, TimeSpan pause);

    [LoggerMessage(9008, LogLevel.Information, "Another transport is tried: {Reason}")]
    private partial void LogOtherTransport(string reason);

    [LoggerMessage(9020, LogLevel.Warning, "The token was not renewed: {Reason}")]
    private partial void LogNotRenewed(string reason, Exception? cause);

    [LoggerMessage(9005, LogLevel.Warning, "Stopped with code {Code}: {Reason}")]
    private partial void LogStopped(int? code, string reason, Exception? cause);

    [LoggerMessage(9021, LogLevel.Error, "A part of the client failed")]
    private partial void LogFault(Exception exception);
}
