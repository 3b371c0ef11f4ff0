using System.Net;
using LiveChat.Cql.Errors;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cql.Connections;

/// <summary>
/// The connections to one node. Each has a loop of its own that makes it, waits until it is lost, and makes it again
/// after a pause with jitter, for as long as the node belongs to the cluster. One that is worn out is picked until its
/// successor is made, or cannot be, and closed when what is under way on it has ended. Any thread picks.
/// </summary>
internal sealed partial class NodePool : IAsyncDisposable
{
    private readonly EndPoint _node;
    private readonly CqlOptions _options;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CqlConnection?[] _connections;
    private readonly Task[] _loops;
    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public NodePool(EndPoint node, CqlOptions options)
    {
        _node = node;
        _options = options;
        _logger = options.LoggerFactory.CreateLogger<NodePool>();
        _connections = new CqlConnection?[options.ConnectionsPerNode];
        _loops = new Task[options.ConnectionsPerNode];
        for (var index = 0; index < _loops.Length; index++) _loops[index] = RunAsync(index);
    }

    /// <summary>Ends when the first attempt to connect has ended, well or not.</summary>
    public Task Tried => _tried.Task;

    public Exception? LastError { get; private set; }

    /// <summary>When an open connection has last received something, as a time stamp; null without one.</summary>
    public long? LastReceived
    {
        get
        {
            long? last = null;
            for (var index = 0; index < _connections.Length; index++)
            {
                if (Volatile.Read(ref _connections[index]) is not { IsOpen: true } connection) continue;
                last = Math.Max(last ?? long.MinValue, connection.LastReceived);
            }

            return last;
        }
    }

    /// <summary>The open connection with the fewest requests under way, or null.</summary>
    public CqlConnection? Pick()
    {
        if (_connections.Length == 1)
        {
            var only = Volatile.Read(ref _connections[0]);
            return only is { IsOpen: true } ? only : null;
        }

        CqlConnection? best = null;
        var least = int.MaxValue;
        for (var index = 0; index < _connections.Length; index++)
        {
            if (Volatile.Read(ref _connections[index]) is not { IsOpen: true } connection) continue;
            var inFlight = connection.InFlight;
            if (inFlight >= least) continue;
            least = inFlight;
            best = connection;
        }

        return best;
    }

    /// <summary>The node is said to be up: a pause before the next attempt ends now.</summary>
    public void Wake() =>
        Interlocked.Exchange(ref _wake, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))
            .TrySetResult();

    /// <summary>Waits for requests under way, then closes all connections. Whoever calls it picks no more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_loops).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task RunAsync(int index)
    {
        await Task.Yield();
        var failures = 0;
        var closing = Task.CompletedTask;
        CqlConnection? successor = null;
        while (!_stopping.IsCancellationRequested)
        {
            var begun = _options.TimeProvider.GetTimestamp();
            var connection = successor ?? await TryConnectAsync(failures).ConfigureAwait(false);
            successor = null;
            if (connection is not null)
            {
                Volatile.Write(ref _connections[index], connection);
                _tried.TrySetResult();
                LogConnected(_node, connection.Version);
                await ServeAsync(connection).ConfigureAwait(false);
                if (connection.IsOpen) successor = await TryConnectAsync(failures).ConfigureAwait(false);
                Volatile.Write(ref _connections[index], successor);
                await closing.ConfigureAwait(false);
                closing = CloseAsync(connection);
                if (successor is not null) continue;
                if (_options.TimeProvider.GetElapsedTime(begun) > _options.ReconnectDelayMax) failures = 0;
            }

            _tried.TrySetResult();
            failures++;
            await PauseAsync(Backoff.Next(_options, failures)).ConfigureAwait(false);
        }

        await closing.ConfigureAwait(false);
        if (successor is not null) await CloseAsync(successor).ConfigureAwait(false);
    }

    private async Task<CqlConnection?> TryConnectAsync(int failures)
    {
        try
        {
            var connection = await Handshake.ConnectAsync(_node, _options, null, _stopping.Token).ConfigureAwait(false);
            LastError = null;
            return connection;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (CqlException exception)
        {
            LastError = exception;
            if (failures == 0) LogUnreachable(exception, _node);
            return null;
        }
    }

    private async Task ServeAsync(CqlConnection connection)
    {
        try
        {
            await connection.Retired.WaitAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // the pool ends
        }
    }

    private async Task CloseAsync(CqlConnection connection)
    {
        await connection.DrainAsync(_stopping.Token).ConfigureAwait(false);
        await connection.CloseAsync(_options.CloseTimeout).ConfigureAwait(false);
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        if (_stopping.IsCancellationRequested) return;
        try
        {
            await Volatile.Read(ref _wake).Task
                .WaitAsync(pause, _options.TimeProvider, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // time for the next attempt, or for the end
        }
    }

    [LoggerMessage(EventId = 10011, Level = LogLevel.Information, Message = "Connected to {Node} with {Version}")]
    private partial void LogConnected(EndPoint node, Protocol.ProtocolVersion version);

    [LoggerMessage(EventId = 10012, Level = LogLevel.Warning,
        Message = "{Node} cannot be reached; it will be tried again")]
    private partial void LogUnreachable(Exception exception, EndPoint node);
}
