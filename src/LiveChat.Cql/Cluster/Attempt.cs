using System.Runtime.CompilerServices;
using LiveChat.Cql.Connections;
using LiveChat.Cql.Diagnostics;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Cluster;

/// <summary>
/// One statement sent to one node. A node that does not know a prepared statement is told, which repeats nothing: it
/// has done nothing yet.
/// </summary>
internal static class Attempt
{
    /// <summary>Throws whatever the node or the connection says, with the node noted in the exception.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<RowSet> RunAsync(
        Node node, CqlConnection connection, Statement statement, StatementRules rules,
        ReadOnlyMemory<byte> pagingState, CancellationToken cancellationToken)
    {
        if (CqlTelemetry.IsObserved) CqlTelemetry.SetNode(node);
        try
        {
            for (var unknownMax = statement is BatchStatement batch ? batch.Count : 1; ; unknownMax--)
            {
                try
                {
                    var rows = await SendAsync(connection, statement, rules, pagingState, cancellationToken)
                        .ConfigureAwait(false);
                    return statement.Traits.IsSchema ? rows.From(connection) : rows;
                }
                catch (CqlUnpreparedException exception) when (unknownMax > 0)
                {
                    var unknown = Find(statement, exception.StatementId.Span);
                    if (unknown is null) throw;
                    await PrepareAgainAsync(connection, unknown, rules.Timeout, cancellationToken)
                        .ConfigureAwait(false);
                }
            }
        }
        catch (CqlException exception)
        {
            exception.Node ??= connection.Node;
            throw;
        }
    }

    public static async Task<PreparedMetadata> PrepareAsync(
        CqlConnection connection, string cql, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var response = await connection.SendAsync(new PrepareRequest(cql), timeout, isWrite: false, cancellationToken)
            .ConfigureAwait(false);
        return ResultReader.ReadPrepared(response);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<RowSet> SendAsync(
        CqlConnection connection, Statement statement, StatementRules rules, ReadOnlyMemory<byte> pagingState,
        CancellationToken cancellationToken)
    {
        var parameters = rules.ToParameters(statement, pagingState);
        switch (statement)
        {
            case BoundStatement bound:
                var metadata = bound.Checked();
                var answer = await connection.SendAsync(
                    new ExecuteRequest(metadata, bound, parameters), rules.Timeout, rules.IsWrite, cancellationToken)
                    .ConfigureAwait(false);
                var rows = ResultReader.ReadRows(answer, metadata.ResultColumns);
                if (rows.NewMetadata is { } changed)
                    bound.Prepared.TryReplace(
                        metadata, metadata with { ResultId = changed.NewId, ResultColumns = changed.Columns });
                return rows;
            case BatchStatement batch:
                return ResultReader.ReadRows(
                    await connection.SendAsync(
                        new BatchRequest(batch.ToParts(), parameters), rules.Timeout, rules.IsWrite, cancellationToken)
                        .ConfigureAwait(false),
                    null);
            default:
                var simple = (SimpleStatement)statement;
                return ResultReader.ReadRows(
                    await connection.SendAsync(
                        new QueryRequest(simple.Cql, parameters, simple), rules.Timeout, rules.IsWrite,
                        cancellationToken).ConfigureAwait(false),
                    null);
        }
    }

    private static PreparedStatement? Find(Statement statement, ReadOnlySpan<byte> id)
    {
        if (statement is BoundStatement bound) return bound.Prepared;
        if (statement is not BatchStatement batch) return null;
        foreach (var one in batch.Statements)
        {
            if (id.SequenceEqual(one.Prepared.Metadata.Id)) return one.Prepared;
        }

        return null;
    }

    /// <summary>Whatever goes wrong here, the statement was not executed, and the exception says so.</summary>
    private static async Task PrepareAgainAsync(
        CqlConnection connection, PreparedStatement prepared, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            var metadata = await PrepareAsync(connection, prepared.Cql, timeout, cancellationToken)
                .ConfigureAwait(false);
            PreparedMetadata known;
            do known = prepared.Metadata;
            while (!prepared.TryReplace(known, Renewed(known, metadata)));
        }
        catch (CqlException exception) when (RequestRunner.IsWithoutVerdict(exception))
        {
            throw new CqlProtocolException(
                $"The statement could not be prepared again, and was not executed: {exception.Message}",
                isOutcomeUnknown: false, exception);
        }
    }

    /// <summary>Bind markers of the same types stay the array that they were, to be recognised by it.</summary>
    private static PreparedMetadata Renewed(PreparedMetadata known, PreparedMetadata metadata)
    {
        if (!metadata.Id.AsSpan().SequenceEqual(known.Id))
            throw new CqlProtocolException("The node prepared the same text under another id.");
        if (metadata.Parameters.Length != known.Parameters.Length)
            throw new CqlProtocolException("The node prepared the same text with other bind markers.");
        for (var index = 0; index < known.Parameters.Length; index++)
        {
            if (!known.Parameters[index].IsOfTypeOf(metadata.Parameters[index])) return metadata;
        }

        return metadata with { Parameters = known.Parameters };
    }
}
