namespace LiveChat.Core.Ids;

/// <summary>
/// Whether the node's clock may be used for ids: it is compared with the clock of the store, and between two
/// comparisons with the time that has passed since. A clock that is off by more than 10 s is refused until a comparison
/// finds it right again. One loop compares, any thread asks.
/// </summary>
internal sealed class NodeClock(INodeIdStore store, TimeProvider time)
{
    public static readonly TimeSpan OffMax = TimeSpan.FromSeconds(10);

    private Comparison? _last;

    /// <summary>Compares the clocks. The time that the question took counts in favour of the node.</summary>
    /// <exception cref="NodeIdStoreException">The store is away: the last comparison stands.</exception>
    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        var beforeMs = NowMs();
        var storeMs = await store.ReadTimeMsAsync(cancellationToken);
        var tookMs = (long)time.GetElapsedTime(asked).TotalMilliseconds;

        // The store's clock was read at some moment of the call.
        var offMs = Math.Max(Math.Max(storeMs - (beforeMs + tookMs), beforeMs - storeMs), 0);
        Volatile.Write(ref _last, new Comparison(time.GetTimestamp(), NowMs(), offMs));
    }

    /// <summary>Why the clock may not be used; null when it may.</summary>
    public string? Refusal()
    {
        if (Volatile.Read(ref _last) is not { } last) return "The clock was not compared with the store's yet.";
        if (last.OffMs > (long)OffMax.TotalMilliseconds)
            return $"The clock of this node is {last.OffMs / 1000} s off that of the store: set it right.";
        var movedMs = NowMs() - last.NowMs - (long)time.GetElapsedTime(last.Timestamp).TotalMilliseconds;
        return Math.Abs(movedMs) > (long)OffMax.TotalMilliseconds
            ? $"The clock of this node jumped by {movedMs / 1000} s."
            : null;
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private sealed record Comparison(long Timestamp, long NowMs, long OffMs);
}
