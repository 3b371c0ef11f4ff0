using LiveChat.Core.History;
using LiveChat.Core.Links;

namespace LiveChat.Cluster.Store;

/// <summary>The calls of a start, which waits while Cassandra does not answer; <see cref="CassandraHealth"/> says so.
/// </summary>
internal sealed class CassandraStart(TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Repeats a call until it is answered.</summary>
    public async Task<T> RepeatAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await call(cancellationToken);
            }
            catch (Exception e) when (e is HistoryUnavailableException or OutcomeUnknownException
                or NodeRegistryException)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }
}
