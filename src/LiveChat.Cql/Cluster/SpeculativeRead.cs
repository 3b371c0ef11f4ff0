using LiveChat.Cql.Diagnostics;
using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Cluster;

/// <summary>
/// A read that asks another node when the first takes long, or fails in a way that may pass, and takes the first good
/// answer. Bounded by the plan, by the speculations and by the retries. Returns only when every attempt has ended, so
/// that none of them still encodes a statement which the caller has given back.
/// </summary>
internal sealed class SpeculativeRead(
    CqlOptions options, TimeSpan delay, Statement statement, StatementRules rules, ReadOnlyMemory<byte> pagingState)
{
    private readonly List<Task<RowSet>> _running = [];

    public async ValueTask<RowSet> RunAsync(QueryPlan plan, CancellationToken cancellationToken)
    {
        using var losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            return await RaceAsync(plan, losers.Token).ConfigureAwait(false);
        }
        finally
        {
            await losers.CancelAsync().ConfigureAwait(false);
            foreach (var loser in _running) await ForgetAsync(loser).ConfigureAwait(false);
        }
    }

    private async Task<RowSet> RaceAsync(QueryPlan plan, CancellationToken cancellationToken)
    {
        if (!TryStart(ref plan, cancellationToken)) throw plan.NoHost(null);
        var speculations = 0;
        var failures = 0;
        while (true)
        {
            var finished = await FirstAsync(speculations < options.SpeculativeMax, cancellationToken)
                .ConfigureAwait(false);
            if (finished is null)
            {
                speculations++;
                if (TryStart(ref plan, cancellationToken)) CqlTelemetry.CountSpeculation();
                else speculations = options.SpeculativeMax;
                continue;
            }

            _running.Remove(finished);
            try
            {
                return await finished.ConfigureAwait(false);
            }
            catch (CqlException exception) when (RequestRunner.MayGoOn(rules, exception))
            {
                failures++;
                if (failures <= options.RetriesMax && TryStart(ref plan, cancellationToken))
                    CqlTelemetry.CountRetry(exception);
                else if (_running.Count == 0) throw;
            }
        }
    }

    /// <summary>The first attempt to end, or null when another may begin before one has.</summary>
    private async Task<Task<RowSet>?> FirstAsync(bool mayBeginAnother, CancellationToken cancellationToken)
    {
        var first = Task.WhenAny(_running);
        if (!mayBeginAnother) return await first.ConfigureAwait(false);
        try
        {
            return await first.WaitAsync(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private bool TryStart(ref QueryPlan plan, CancellationToken cancellationToken)
    {
        if (!plan.TryNext(out var node, out var connection)) return false;
        _running.Add(Attempt.RunAsync(node, connection, statement, rules, pagingState, cancellationToken).AsTask());
        return true;
    }

    private static async Task ForgetAsync(Task<RowSet> loser)
    {
        try
        {
            using var rows = await loser.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is CqlException or OperationCanceledException)
        {
            // nobody waits for it any more
        }
    }
}
