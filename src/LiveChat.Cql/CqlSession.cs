using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using LiveChat.Cql.Cluster;
using LiveChat.Cql.Diagnostics;
using LiveChat.Cql.Errors;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cql;

/// <summary>
/// A cluster, ready to execute statements: one object for the life of a process, used by all threads. Cassandra 4.0 and
/// later. Connections, topology and prepared statements are kept up by themselves.
/// </summary>
public sealed partial class CqlSession : IAsyncDisposable
{
    /// <summary>
    /// More different texts than that means that values are written into them; they are not kept then.
    /// </summary>
    private const int PreparedMax = 10_000;

    private readonly CqlOptions _options;
    private readonly ClusterWatcher _watcher;
    private readonly RequestRunner _runner;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, PreparedStatement> _prepared = new(StringComparer.Ordinal);
    private int _isDisposed;

    private CqlSession(CqlOptions options, ClusterWatcher watcher)
    {
        _options = options;
        _watcher = watcher;
        _runner = new RequestRunner(options, () => watcher.Topology);
        _logger = options.LoggerFactory.CreateLogger<CqlSession>();
    }

    /// <summary>
    /// Connects to a cluster: finds its nodes and tries each of the local data centre once. Throws
    /// <see cref="CqlNoHostException"/> when no contact point or no node of the local data centre can be reached,
    /// <see cref="CqlAuthenticationException"/> when the credentials are wrong and
    /// <see cref="CqlInvalidQueryException"/> when the keyspace does not exist.
    /// </summary>
    /// <param name="options">Not to be changed afterwards.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<CqlSession> ConnectAsync(CqlOptions options, CancellationToken cancellationToken = default)
    {
        options.Validate();
        var watcher = await ClusterWatcher.StartAsync(options, cancellationToken).ConfigureAwait(false);
        try
        {
            ThrowIfNobodyIsLocal(watcher.Topology);
            var pools = watcher.Topology.LocalNodes.Select(node => node.Pool!.Tried);
            await Task.WhenAll(pools).WaitAsync(cancellationToken).ConfigureAwait(false);
            var plan = new QueryPlan(watcher.Topology, [], 0);
            if (!plan.TryNext(out _, out _)) throw plan.NoHost(null);
            return new CqlSession(options, watcher);
        }
        catch
        {
            await watcher.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Prepares a text, or returns what was prepared for it before (PREPARE, v5, section 4.1.5).</summary>
    public async ValueTask<PreparedStatement> PrepareAsync(string cql, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(cql);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        if (_prepared.TryGetValue(cql, out var known)) return known;
        var metadata = await _runner.RunAnywhereAsync(connection =>
            Attempt.PrepareAsync(connection, cql, _options.RequestTimeout, cancellationToken)).ConfigureAwait(false);
        var prepared = new PreparedStatement(cql, metadata);
        return _prepared.Count < PreparedMax ? _prepared.GetOrAdd(cql, prepared) : prepared;
    }

    /// <summary>
    /// Executes a statement and returns its page of rows, or an empty one (v5, sections 4.1.4 to 4.1.7). A schema
    /// statement returns when all nodes have the new schema, or after <see cref="CqlOptions.SchemaAgreementTimeout"/>.
    /// Throws a <see cref="CqlException"/> when it fails.
    /// </summary>
    /// <param name="statement">Not to be changed until this has ended.</param>
    /// <param name="cancellationToken">Gives up the wait; the server may still execute the statement.</param>
    public ValueTask<RowSet> ExecuteAsync(Statement statement, CancellationToken cancellationToken = default) =>
        ExecuteAsync(statement, statement.PagingState, cancellationToken);

    /// <summary>
    /// Executes a statement and reads its rows, page after page as they are needed (v5, section 7). A row can be read
    /// until the enumeration moves on to the next page.
    /// </summary>
    public async IAsyncEnumerable<Row> QueryAsync(
        Statement statement, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var pagingState = statement.PagingState;
        do
        {
            using var page = await ExecuteAsync(statement, pagingState, cancellationToken).ConfigureAwait(false);
            pagingState = page.PagingState;
            for (var index = 0; index < page.Count; index++) yield return page[index];
        }
        while (!pagingState.IsEmpty);
    }

    /// <summary>
    /// Waits for requests under way, up to <see cref="CqlOptions.CloseTimeout"/>, and closes all connections.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1) return;
        await _watcher.DisposeAsync().ConfigureAwait(false);
    }

    internal Topology Topology => _watcher.Topology;

    private static void ThrowIfNobodyIsLocal(Topology topology)
    {
        if (topology.LocalNodes.Length > 0) return;
        var others = string.Join(", ", topology.Nodes.Select(node => node.DataCenter).Distinct());
        throw new CqlNoHostException(
            $"No node is in the data centre \"{topology.DataCenter}\", but in: {others}.",
            new Dictionary<EndPoint, Exception>());
    }

    private ValueTask<RowSet> ExecuteAsync(
        Statement statement, ReadOnlyMemory<byte> pagingState, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        return statement.Traits.IsSchema || CqlTelemetry.IsObserved
            ? ExecuteObservedAsync(statement, pagingState, cancellationToken)
            : _runner.RunAsync(statement, pagingState, cancellationToken);
    }

    private async ValueTask<RowSet> ExecuteObservedAsync(
        Statement statement, ReadOnlyMemory<byte> pagingState, CancellationToken cancellationToken)
    {
        var begun = _options.TimeProvider.GetTimestamp();
        var activity = CqlTelemetry.Start(statement, _options);
        RowSet? rows = null;
        Exception? error = null;
        try
        {
            rows = await _runner.RunAsync(statement, pagingState, cancellationToken).ConfigureAwait(false);
            if (statement.Traits.IsSchema)
                await AwaitAgreementAsync(statement, rows, cancellationToken).ConfigureAwait(false);
            return rows;
        }
        catch (Exception exception)
        {
            error = exception;
            throw;
        }
        finally
        {
            var seconds = _options.TimeProvider.GetElapsedTime(begun).TotalSeconds;
            CqlTelemetry.Finish(activity, statement.Traits, seconds, rows, error);
        }
    }

    /// <summary>
    /// Also when the statement says that it changed nothing: IF NOT EXISTS finds what somebody else has made a moment
    /// before, which other nodes need not know yet.
    /// </summary>
    private async Task AwaitAgreementAsync(Statement statement, RowSet rows, CancellationToken cancellationToken)
    {
        if (!await _watcher.AwaitSchemaAgreementAsync(rows.ChangedOn, cancellationToken).ConfigureAwait(false))
            LogDisagreement(statement.Traits.Operation, rows.SchemaChange?.Keyspace, rows.SchemaChange?.Name);
    }

    [LoggerMessage(EventId = 10031, Level = LogLevel.Warning,
        Message = "The nodes do not agree on the schema yet after {Operation} of {Keyspace} {Name}")]
    private partial void LogDisagreement(string operation, string? keyspace, string? name);
}
