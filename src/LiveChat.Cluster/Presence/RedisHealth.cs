using LiveChat.Core.Nodes;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cluster.Presence;

/// <summary>
/// What is wrong between this server and Redis now. What does not pass by itself (a password or a right that is
/// refused, a Redis that takes no writes, one that is too old) is a state of the node until the next success, and is
/// logged once with what to do. That Redis does not answer is said by those who ask. Any thread.
/// </summary>
internal sealed partial class RedisHealth(ILogger<RedisHealth> logger)
{
    private string? _refused;

    /// <summary>Redis refuses what this server asks; an operator must act.</summary>
    public RefusingState Refused => new("presence_refused", () => Volatile.Read(ref _refused));

    public void Works()
    {
        if (Volatile.Read(ref _refused) is null) return;
        if (Interlocked.Exchange(ref _refused, null) is not null) LogAccepted();
    }

    /// <summary>Whether an operator must act.</summary>
    public bool Note(Exception failure)
    {
        if (RedisErrors.Advice(failure) is not { } advice) return false;
        Refuse(advice);
        return true;
    }

    /// <summary>A replica refused, and the sentinels were asked anew.</summary>
    public void FoundAnew() => LogFoundAnew();

    /// <summary>Something that was looked at is not as it should be.</summary>
    public void Note(ServiceFinding finding)
    {
        if (finding.Verdict is ServiceVerdict.Refused) Refuse($"{finding}");
        else if (finding.Verdict is ServiceVerdict.Warns) LogFound($"{finding}");
    }

    private void Refuse(string advice)
    {
        if (Interlocked.Exchange(ref _refused, advice) != advice) LogRefused(advice);
    }

    [LoggerMessage(11300, LogLevel.Error, "Redis refuses this server; presence is unknown, and chat goes on. {Advice}")]
    private partial void LogRefused(string advice);

    [LoggerMessage(11301, LogLevel.Information, "Redis accepts this server again.")]
    private partial void LogAccepted();

    [LoggerMessage(11302, LogLevel.Warning, "Redis is not as it should be. {Finding}")]
    private partial void LogFound(string finding);

    [LoggerMessage(
        11303,
        LogLevel.Information,
        "A replica of Redis refused writes; the sentinels were asked for the master again.")]
    private partial void LogFoundAnew();
}
