using System.Runtime.CompilerServices;
using LiveChat.Core.History;
using LiveChat.Cql;
using LiveChat.Cql.Errors;

namespace LiveChat.Cluster.Store;

/// <summary>
/// The keyspace of this installation, ready for statements: what all stores on Cassandra ask through. Reads and writes
/// are at LOCAL_QUORUM. A write says its own stamp (<c>USING TIMESTAMP ?</c>, microseconds since 1970) in each of its
/// statements, so that it may be repeated. Conditions are decided at LOCAL_SERIAL and are never repeated.
/// <para>Every failure of Cassandra is <see cref="HistoryUnavailableException"/>, which callers repeat: a role that
/// lost its rights or a node that is gone ends no server. <see cref="CassandraHealth"/> says what an operator must
/// mend.</para>
/// <para>Any thread. No more than <see cref="CassandraOptions.RequestsAtOnce"/> reads and as many writes are under way;
/// others wait, up to <see cref="RoomWait"/>.</para>
/// </summary>
internal sealed class CassandraSession : IAsyncDisposable
{
    /// <summary>How long a request waits for room before it fails.</summary>
    public static readonly TimeSpan RoomWait = TimeSpan.FromSeconds(10);

    private readonly CqlSession _session;
    private readonly SemaphoreSlim _reads;
    private readonly SemaphoreSlim _writes;
    private readonly PasswordFile? _password;

    /// <param name="session">A session of the keyspace, which this object closes.</param>
    /// <param name="password">Follows the password; this object ends it. Null where there is none.</param>
    /// <param name="options">The options.</param>
    /// <param name="health">Hears of failures.</param>
    public CassandraSession(
        CqlSession session, PasswordFile? password, CassandraOptions options, CassandraHealth health)
    {
        (_session, _password, Options, Health) = (session, password, options, health);
        _reads = new SemaphoreSlim(options.RequestsAtOnce);
        _writes = new SemaphoreSlim(options.RequestsAtOnce);
    }

    public CassandraOptions Options { get; }

    public CassandraHealth Health { get; }

    /// <summary>A statement to put values into. Its text is prepared once; name tables without the keyspace.</summary>
    /// <exception cref="HistoryUnavailableException">No node prepares it now.</exception>
    public async ValueTask<BoundStatement> BindAsync(string cql, CancellationToken cancellationToken)
    {
        try
        {
            return (await _session.PrepareAsync(cql, cancellationToken)).Bind();
        }
        catch (CqlException e)
        {
            throw Failed(e);
        }
    }

    /// <summary>One page of rows, which the caller disposes.</summary>
    /// <exception cref="HistoryUnavailableException">Repeat it.</exception>
    public ValueTask<RowSet> ReadAsync(Statement statement, CancellationToken cancellationToken) =>
        RunAsync(_reads, statement, cancellationToken);

    /// <summary>All rows, page after page. A row can be read until the enumeration moves on.</summary>
    /// <exception cref="HistoryUnavailableException">Repeat it from the beginning.</exception>
    public async IAsyncEnumerable<Row> ReadAllAsync(
        Statement statement, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        do
        {
            using var page = await ReadAsync(statement, cancellationToken);
            for (var index = 0; index < page.Count; index++) yield return page[index];
            statement.PagingState = page.PagingState;
        }
        while (!statement.PagingState.IsEmpty);
    }

    /// <summary>Writes a statement, or a batch of one partition, whose cells have their stamps. The client repeats it
    /// on other replicas.</summary>
    /// <exception cref="HistoryUnavailableException">It may or may not have been written: repeat it with the same
    /// stamps.</exception>
    public async ValueTask WriteAsync(Statement statement, CancellationToken cancellationToken)
    {
        statement.IsIdempotent = true;
        using var rows = await RunAsync(_writes, statement, cancellationToken);
    }

    /// <summary>Decides a statement with IF. <see cref="RowSet.WasApplied"/> says whether the condition held; where it
    /// did not, the row has what is there instead. The caller disposes it.</summary>
    /// <exception cref="HistoryUnavailableException">It was not applied, and will not be.</exception>
    /// <exception cref="OutcomeUnknownException">Nothing is known: ask with <see cref="ReadDecidedAsync"/>.</exception>
    public ValueTask<RowSet> DecideAsync(BoundStatement statement, CancellationToken cancellationToken)
    {
        statement.SerialConsistency = Consistency.LocalSerial;
        return RunAsync(_writes, statement, cancellationToken);
    }

    /// <summary>A row that is written by conditions only, with every decision that was ever begun finished.</summary>
    /// <exception cref="HistoryUnavailableException">Repeat it.</exception>
    public ValueTask<RowSet> ReadDecidedAsync(BoundStatement statement, CancellationToken cancellationToken)
    {
        statement.Consistency = Consistency.LocalSerial;
        return RunAsync(_reads, statement, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        if (_password is not null) await _password.DisposeAsync();
        _reads.Dispose();
        _writes.Dispose();
    }

    private async ValueTask<RowSet> RunAsync(
        SemaphoreSlim room, Statement statement, CancellationToken cancellationToken)
    {
        if (!await room.WaitAsync(RoomWait, cancellationToken))
            throw new HistoryUnavailableException("Cassandra has too many requests of this server under way.");
        try
        {
            var rows = await _session.ExecuteAsync(statement, cancellationToken);
            Health.Works();
            return rows;
        }
        catch (CqlException e) when (statement is BoundStatement { Prepared.IsConditional: true } && e.IsOutcomeUnknown)
        {
            Health.Note(e);
            throw new OutcomeUnknownException(e.Message, e);
        }
        catch (CqlException e)
        {
            throw Failed(e);
        }
        finally
        {
            room.Release();
        }
    }

    private HistoryUnavailableException Failed(CqlException e)
    {
        Health.Note(e);
        return new HistoryUnavailableException(e.Message, e);
    }
}
