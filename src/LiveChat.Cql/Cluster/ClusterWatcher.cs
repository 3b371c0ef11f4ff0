using System.Net;
using System.Runtime.ExceptionServices;
using LiveChat.Cql.Connections;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cql.Cluster;

/// <summary>
/// Keeps one connection of its own to any node, registered for events, and from it the topology. One loop owns the
/// connection and the set of nodes; events, which come from that connection's answer loop, only set flags on nodes and
/// wake the loop. When the connection is lost the loop tries known nodes and contact points again, for ever, with
/// jitter.
/// </summary>
internal sealed partial class ClusterWatcher : IAsyncDisposable
{
    /// <summary>Events come in bursts, and shortly before what they announce is there.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(250);

    /// <summary>An event can be lost with a connection; this is how long that can matter.</summary>
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan AgreementPoll = TimeSpan.FromMilliseconds(100);

    private readonly CqlOptions _options;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Dictionary<Guid, Node> _nodes = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Topology _topology = Topology.Empty;
    private volatile CqlConnection? _connection;
    private Task _loop = Task.CompletedTask;

    private ClusterWatcher(CqlOptions options)
    {
        _options = options;
        _logger = options.LoggerFactory.CreateLogger<ClusterWatcher>();
    }

    public Topology Topology => _topology;

    /// <summary>
    /// Knows the cluster when it returns. Throws what the contact points said when none of them answers.
    /// </summary>
    public static async Task<ClusterWatcher> StartAsync(CqlOptions options, CancellationToken cancellationToken)
    {
        var watcher = new ClusterWatcher(options);
        try
        {
            await watcher.ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await watcher.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        watcher._loop = watcher.RunAsync();
        return watcher;
    }

    /// <summary>
    /// Waits until all nodes that are up have one schema; false when they have not in time. Asks the node on which the
    /// schema was changed: another one may not have heard of it, and would see everybody agree on the old schema.
    /// </summary>
    public async Task<bool> AwaitSchemaAgreementAsync(CqlConnection? changedOn, CancellationToken cancellationToken)
    {
        var begun = _options.TimeProvider.GetTimestamp();
        while (true)
        {
            if (await IsAgreedAsync(changedOn, cancellationToken).ConfigureAwait(false)) return true;
            if (_options.TimeProvider.GetElapsedTime(begun) > _options.SchemaAgreementTimeout) return false;
            await Task.Delay(AgreementPoll, _options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        try
        {
            await _loop.ConfigureAwait(false);
        }
        finally
        {
            if (_connection is { } connection) await connection.DisposeAsync().ConfigureAwait(false);
            var pools = _nodes.Values.Select(node => node.Pool).OfType<NodePool>();
            await Task.WhenAll(pools.Select(pool => pool.DisposeAsync().AsTask())).ConfigureAwait(false);
            _stopping.Dispose();
        }
    }

    private async Task<bool> IsAgreedAsync(CqlConnection? changedOn, CancellationToken cancellationToken)
    {
        var connection = changedOn is { IsOpen: true } ? changedOn : _connection;
        if (connection is not { IsOpen: true }) return false;
        try
        {
            var versions = await SystemTables.ReadSchemaVersionsAsync(
                connection, _options.RequestTimeout, cancellationToken).ConfigureAwait(false);
            var down = _topology.Nodes.Where(node => node.IsReportedDown).Select(node => node.Id).ToHashSet();
            return versions.Where(pair => !down.Contains(pair.Node)).DistinctBy(pair => pair.Version).Count() == 1;
        }
        catch (CqlException)
        {
            return false; // asked again until the time is up
        }
    }

    private async Task RunAsync()
    {
        var failures = 0;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (_connection is { Retired.IsCompleted: false } connection)
                {
                    await WaitForChangeAsync(connection).ConfigureAwait(false);
                    if (connection.IsOpen) await RefreshAsync(connection, _stopping.Token).ConfigureAwait(false);
                }
                else
                {
                    await ConnectAsync(_stopping.Token).ConfigureAwait(false);
                }

                failures = 0;
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) // whatever it is: a session that watches no more goes wrong without a word
            {
                failures++;
                LogLost(exception);
                await PauseAsync(Backoff.Next(_options, failures)).ConfigureAwait(false);
            }
        }
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, _options.TimeProvider, _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // the end
        }
    }

    private async Task WaitForChangeAsync(CqlConnection connection)
    {
        var changed = Volatile.Read(ref _changed).Task;
        try
        {
            var first = await Task.WhenAny(changed, connection.Retired)
                .WaitAsync(RefreshInterval, _options.TimeProvider, _stopping.Token).ConfigureAwait(false);
            if (first == changed) await PauseAsync(Settle).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // time for a refresh
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is { } old)
        {
            _connection = null;
            await old.DisposeAsync().ConfigureAwait(false);
        }

        var attempts = new Dictionary<EndPoint, Exception>();
        foreach (var endPoint in Candidates())
        {
            CqlConnection? connection = null;
            try
            {
                connection = await Handshake.ConnectAsync(endPoint, _options, OnEvent, cancellationToken)
                    .ConfigureAwait(false);
                var answer = await connection.SendAsync(
                    new RegisterRequest(ServerEvent.All), _options.RequestTimeout, isWrite: false, cancellationToken)
                    .ConfigureAwait(false);
                if (answer.Header.Opcode != Opcode.Ready) throw answer.ReadError();
                answer.Return();
                await RefreshAsync(connection, cancellationToken).ConfigureAwait(false);
                // What was missed is unknown: ask and see.
                foreach (var node in _nodes.Values) node.ReportUp();
                _connection = connection;
                return;
            }
            catch (CqlException exception)
            {
                attempts[endPoint] = exception;
                if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
            }
            catch
            {
                if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }

        if (attempts.Values.OfType<CqlServerException>().FirstOrDefault(one => !one.IsRetryable) is { } refused)
            ExceptionDispatchInfo.Throw(refused); // wrong credentials, no such keyspace
        throw new CqlNoHostException("No node could be reached.", attempts);
    }

    /// <summary>Known nodes from a random place on, those said to be up first, then the contact points.</summary>
    private List<EndPoint> Candidates()
    {
        var nodes = _topology.LocalNodes;
        var start = 0;
        if (nodes.Length > 0)
        {
            lock (_options.Random) start = _options.Random.Next(nodes.Length);
        }

        var rotated = nodes.Skip(start).Concat(nodes.Take(start)).OrderBy(node => node.IsReportedDown);
        return [.. rotated.Select(node => node.EndPoint).Concat(_options.ContactPoints).Distinct()];
    }

    private async Task RefreshAsync(CqlConnection connection, CancellationToken cancellationToken)
    {
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // The last wait may have ended by its time-out; it hangs on the connection's end until one of both is there.
        Interlocked.Exchange(ref _changed, changed).TrySetResult();
        var timeout = _options.RequestTimeout;
        var rows = await SystemTables.ReadNodesAsync(connection, timeout, cancellationToken).ConfigureAwait(false);
        var keyspaces = await SystemTables.ReadKeyspacesAsync(connection, timeout, cancellationToken)
            .ConfigureAwait(false);
        if (rows.Count == 0) throw new CqlProtocolException("system.local has no row.");
        var dataCenter = _options.LocalDataCenter
            ?? (_topology == Topology.Empty ? rows[0].DataCenter : _topology.DataCenter);
        var gone = Merge(rows, dataCenter);
        foreach (var node in _nodes.Values) node.ReportUpIfAlive(); // an UP can be lost
        var tokens = rows.SelectMany(row => row.Tokens.Select(token =>
            (SystemTables.ParseToken(token), _nodes[row.Id])));
        _topology = new Topology(dataCenter, [.. _nodes.Values], new TokenRing(tokens), keyspaces);
        LogTopology(_nodes.Count, dataCenter);
        foreach (var node in gone)
        {
            if (node.Pool is { } pool) await pool.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Keeps the nodes that are still what they were, makes those that are new, returns those that are gone.
    /// </summary>
    private List<Node> Merge(List<NodeRow> rows, string dataCenter)
    {
        var merged = new Dictionary<Guid, Node>();
        foreach (var row in rows)
        {
            var isSame = _nodes.TryGetValue(row.Id, out var known)
                && known.EndPoint.Equals(row.EndPoint) && known.DataCenter == row.DataCenter && known.Rack == row.Rack;
            merged[row.Id] = isSame ? known! : new Node(
                row.Id, row.EndPoint, row.DataCenter, row.Rack,
                row.DataCenter == dataCenter ? new NodePool(row.EndPoint, _options) : null);
        }

        var gone = _nodes.Values.Where(node => !merged.ContainsValue(node)).ToList();
        _nodes = merged;
        return gone;
    }

    /// <summary>Runs in the answer loop of the watcher's connection.</summary>
    private void OnEvent(ServerEvent happened)
    {
        if (happened.Type == ServerEvent.StatusChange)
        {
            var node = _topology.Nodes.FirstOrDefault(one => one.EndPoint.Equals(happened.Node));
            if (node is not null)
            {
                LogStatus(node.EndPoint, happened.Change);
                if (happened.Change == "DOWN") node.ReportDown(_options.TimeProvider.GetTimestamp());
                else node.ReportUp();
                if (!node.IsReportedDown) node.Pool?.Wake();
                return;
            }
        }
        else if (happened.Schema is { Target: not "KEYSPACE" })
        {
            return; // nothing is kept about tables
        }

        Volatile.Read(ref _changed).TrySetResult();
    }

    [LoggerMessage(EventId = 10021, Level = LogLevel.Debug,
        Message = "The cluster has {Count} nodes; local is {DataCenter}")]
    private partial void LogTopology(int count, string dataCenter);

    [LoggerMessage(EventId = 10022, Level = LogLevel.Information, Message = "{Node} is said to be {Status}")]
    private partial void LogStatus(EndPoint node, string status);

    [LoggerMessage(EventId = 10023, Level = LogLevel.Warning, Message = "The cluster cannot be watched; trying again")]
    private partial void LogLost(Exception exception);
}
