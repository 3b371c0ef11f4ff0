namespace LiveChat.Core.Timing;

/// <summary>The last refusal of something that is full for moments only: it counts for ten seconds, so that whoever
/// looks once a second sees it. Any thread.</summary>
internal sealed class RecentRefusal(TimeProvider time)
{
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(10);
    private Refused? _last;

    /// <summary>What was refused within the last ten seconds; null when nothing was.</summary>
    public string? Reason =>
        Volatile.Read(ref _last) is { } last && time.GetElapsedTime(last.At) < Lasting ? last.Reason : null;

    public void Note(string reason) => Volatile.Write(ref _last, new Refused(reason, time.GetTimestamp()));

    private sealed record Refused(string Reason, long At);
}
