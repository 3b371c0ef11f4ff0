using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using LiveChat.Cql.Connections;
using LiveChat.Cql.Diagnostics;
using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Cluster;

/// <summary>
/// Executes a statement on the nodes of its plan. What decides whether another node may be asked after a failure stands
/// in <see cref="MayGoOn"/> and nowhere else.
/// </summary>
internal sealed class RequestRunner(CqlOptions options, Func<Topology> topology)
{
    private uint _next;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<RowSet> RunAsync(
        Statement statement, ReadOnlyMemory<byte> pagingState, CancellationToken cancellationToken)
    {
        var rules = StatementRules.Of(statement, options);
        var plan = PlanFor(statement);
        if (options.SpeculativeDelay is { } delay && rules is { IsIdempotent: true, IsWrite: false })
        {
            return await new SpeculativeRead(options, delay, statement, rules, pagingState)
                .RunAsync(plan, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await RunAsync(statement, rules, plan, pagingState, cancellationToken).ConfigureAwait(false);
        }
        catch (CqlException exception) when (rules.IsOnce && IsWithoutVerdict(exception))
        {
            throw new CqlUnknownOutcomeException(exception);
        }
    }

    /// <summary>Runs an action that changes nothing on the first node that can do it.</summary>
    public async Task<T> RunAnywhereAsync<T>(Func<CqlConnection, Task<T>> action)
    {
        var plan = new QueryPlan(topology(), [], Interlocked.Increment(ref _next));
        var failures = new Dictionary<EndPoint, Exception>();
        while (failures.Count <= options.RetriesMax && plan.TryNext(out var node, out var connection))
        {
            try
            {
                return await action(connection).ConfigureAwait(false);
            }
            catch (CqlException exception) when (exception.IsRetryable)
            {
                exception.Node ??= node.EndPoint;
                failures[node.EndPoint] = exception;
            }
        }

        throw plan.NoHost(failures);
    }

    /// <summary>
    /// After this failure another node may be asked: when nothing left this process, whatever the statement is;
    /// otherwise only when the statement may be executed twice and the failure may pass.
    /// </summary>
    internal static bool MayGoOn(in StatementRules rules, CqlException exception) =>
        exception is CqlConnectionException { WasSent: false } || (rules.IsIdempotent && exception.IsRetryable);

    internal static bool IsUnsent(CqlException exception) => exception is CqlConnectionException { WasSent: false };

    /// <summary>A conditional statement's read phase can time out too, so that counts as no verdict as well.</summary>
    internal static bool IsWithoutVerdict(CqlException exception) =>
        exception.IsOutcomeUnknown || exception is CqlReadTimeoutException or CqlReadFailureException;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RowSet> RunAsync(
        Statement statement, StatementRules rules, QueryPlan plan, ReadOnlyMemory<byte> pagingState,
        CancellationToken cancellationToken)
    {
        Dictionary<EndPoint, Exception>? unsent = null;
        CqlException? last = null;
        CqlException? told = null;
        var sent = 0;
        while (sent <= options.RetriesMax && plan.TryNext(out var node, out var connection))
        {
            if (last is not null) CqlTelemetry.CountRetry(last);
            try
            {
                return await Attempt.RunAsync(node, connection, statement, rules, pagingState, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (CqlException exception)
            {
                last = exception;
                if (IsUnsent(exception))
                {
                    (unsent ??= [])[node.EndPoint] = exception;
                    continue;
                }

                sent++;
                if (told is null || !rules.IsWrite || exception.IsOutcomeUnknown || !told.IsOutcomeUnknown)
                    told = exception; // a later "not applied" takes nothing back of an earlier "perhaps"
                if (!MayGoOn(rules, exception)) break;
            }
        }

        if (told is null) throw plan.NoHost(unsent);
        ExceptionDispatchInfo.Throw(told);
        return RowSet.Empty;
    }

    private QueryPlan PlanFor(Statement statement)
    {
        var now = topology();
        if (statement is BoundStatement bound) bound.ThrowIfIncomplete();
        var replicas = statement.TryGetToken(out var token)
            ? now.ReplicasOf(statement.Keyspace ?? options.Keyspace, token)
            : [];
        return new QueryPlan(now, replicas, Interlocked.Increment(ref _next));
    }
}
