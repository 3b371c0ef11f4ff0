using LiveChat.Core.Nodes;
using LiveChat.Cql.Errors;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Store;

/// <summary>
/// What is wrong between this server and Cassandra now. What passes by itself (a node that is away, a time-out) is
/// logged twice a minute at most. What does not (a password or a right that is refused, a table that was altered) is a
/// state of the node too, until the next success. Any thread.
/// </summary>
internal sealed partial class CassandraHealth(
    CassandraOptions options, TimeProvider time, ILogger<CassandraHealth> logger)
{
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(30);

    private string? _refused;
    private long _said;

    /// <summary>Cassandra refuses this server's requests; an operator must act.</summary>
    public RefusingState Refused => new("store_refused", () => Volatile.Read(ref _refused));

    public void Works()
    {
        if (Volatile.Read(ref _refused) is null) return;
        if (Interlocked.Exchange(ref _refused, null) is not null) LogAccepted(logger);
    }

    public void Note(CqlException e)
    {
        var advice = CassandraErrors.Advice(e, options);
        if (advice is not null && Interlocked.Exchange(ref _refused, advice) is null) LogRefused(logger, e, advice);
        if (advice is not null || !MaySay()) return;
        LogMet(logger, e.Message);
    }

    private bool MaySay()
    {
        var (said, now) = (Volatile.Read(ref _said), time.GetTimestamp());
        return (said == 0 || time.GetElapsedTime(said, now) >= SayEvery)
            && Interlocked.CompareExchange(ref _said, now, said) == said;
    }

    [LoggerMessage(11110, LogLevel.Error, "Cassandra refuses a request of this server. {Advice}")]
    private static partial void LogRefused(ILogger logger, Exception exception, string advice);

    [LoggerMessage(11111, LogLevel.Information, "Cassandra accepts this server's requests again.")]
    private static partial void LogAccepted(ILogger logger);

    [LoggerMessage(11112, LogLevel.Warning, "Cassandra did not answer a request, which is repeated: {Reason}")]
    private static partial void LogMet(ILogger logger, string reason);
}
