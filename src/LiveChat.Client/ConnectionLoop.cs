using System.Net.Sockets;
using System.Net.WebSockets;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.Extensions.Logging;

namespace LiveChat.Client;

/// <summary>
/// Keeps one connection: connects, hands frames on, connects again as the <see cref="ReconnectPolicy"/> says, until
/// it is told to leave or the server does not want it back. One task runs <see cref="RunAsync"/>; any thread may
/// wait for the connection. The lock keeps the state and the connection that belongs to it.
/// </summary>
internal sealed partial class ConnectionLoop(
    LiveChatClientOptions options,
    Func<Uri, CancellationToken, ValueTask<ITransport>> connect,
    EventStream stream,
    Action<ServerFrame> take,
    Action<ConnectionChange> changed)
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(2);

    private readonly ILogger _logger = options.Logger;
    private readonly ReconnectPolicy _policy = new(options.Random);
    private readonly Lock _lock = new();
    private TaskCompletionSource<Connection> _connected = NewConnected();
    private Connection? _connection;
    private TimeSpan _clockOffset;
    private bool _leaves;

    /// <summary>Where the client stands.</summary>
    public ClientState State { get; private set; }

    /// <summary>Who the user is, once the server has said so.</summary>
    public string? User { get; private set; }

    /// <summary>How far the server's clock was ahead of ours on the last connection; zero before the first.</summary>
    public TimeSpan ClockOffset
    {
        get
        {
            lock (_lock) return _clockOffset;
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

    /// <summary>Runs until the client leaves or is stopped.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            Change(new ConnectionChange(ClientState.Connecting));
            while (true)
            {
                var end = await RunOnceAsync(cancellationToken).ConfigureAwait(false);
                if (_leaves) break;
                if (end.Code == (int)CloseCode.StateInvalidated) stream.DropSince();
                if (_policy.Next(end) is not { } pause)
                {
                    Stop(end);
                    return;
                }

                LogLost(end.Reason, pause);
                Change(new ConnectionChange(ClientState.Reconnecting)
                {
                    Attempt = _policy.Attempt,
                    Delay = pause,
                    Code = end.Code,
                    Reason = end.Reason,
                });
                await Task.Delay(pause, options.Time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The client leaves.
        }

        Change(new ConnectionChange(ClientState.Idle));
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
        catch (Exception broken) when (broken is OperationCanceledException or WebSocketException or IOException
            or ObjectDisposedException)
        {
            // The server does not answer; the connection is cut.
        }
    }

    private static TaskCompletionSource<Connection> NewConnected() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<ConnectionEnd> RunOnceAsync(CancellationToken cancellationToken)
    {
        var (transport, failed) = await OpenAsync(cancellationToken).ConfigureAwait(false);
        if (transport.Transport is null) return failed!;

        var (connection, end) = await Connection.HandshakeAsync(
            transport.Transport,
            new Connect { Token = transport.Token!, Device = options.Device, Since = stream.Since },
            options.Time,
            _logger,
            cancellationToken).ConfigureAwait(false);
        if (connection is null) return end!;

        await using var owned = connection.ConfigureAwait(false);
        var isNewStore = stream.Begin(connection.Ready);
        User = connection.Ready.User;
        lock (_lock)
        {
            _connection = connection;
            _clockOffset = connection.ClockOffset;
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
            var token = await options.TokenProvider(connection.Life).AsTask().WaitAsync(connection.Life)
                .ConfigureAwait(false);
            var answer = await connection.AskAsync(
                new Auth { Token = token }, options.RequestTimeout, connection.Life).ConfigureAwait(false);
            if (answer is ErrorFrame refused) LogNotRenewed(refused.Problem.Title);
        }
        catch (Exception failed)
        {
            LogNotRenewed(failed.Message);
        }
    }

    private async Task<((ITransport? Transport, string? Token) Opened, ConnectionEnd? Failed)> OpenAsync(
        CancellationToken cancellationToken)
    {
        string token;
        try
        {
            token = await options.TokenProvider(cancellationToken).AsTask().WaitAsync(cancellationToken)
                .ConfigureAwait(false);
        }
        catch (UnauthorizedAccessException none)
        {
            return (default, new ConnectionEnd(null, none.Message) { IsUnauthorized = true });
        }
        catch (Exception failed) when (!cancellationToken.IsCancellationRequested)
        {
            return (default, new ConnectionEnd(null, "no token: " + failed.Message));
        }

        using var deadline = new CancellationTokenSource(ConnectTimeout, options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var address = Endpoint.Realtime(options.Endpoint, token);
            return ((await connect(address, both.Token).ConfigureAwait(false), token), null);
        }
        catch (Exception failed) when (failed is WebSocketException or HttpRequestException or SocketException
            or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return (default, new ConnectionEnd(null, $"{options.Endpoint.Authority} cannot be reached"));
        }
    }

    private void Stop(ConnectionEnd end)
    {
        LogStopped(end.Code, end.Reason);
        var reason = new LiveChatStoppedException(end.Code, end.Reason);
        lock (_lock) _connected.TrySetException(reason);
        stream.Complete(reason);
        Change(new ConnectionChange(ClientState.Stopped) { Code = end.Code, Reason = end.Reason });
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

    [LoggerMessage(9020, LogLevel.Warning, "The token was not renewed: {Reason}")]
    private partial void LogNotRenewed(string reason);

    [LoggerMessage(9005, LogLevel.Warning, "Stopped with code {Code}: {Reason}")]
    private partial void LogStopped(int? code, string reason);
}
