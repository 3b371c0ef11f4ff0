namespace LiveChat.Bench.Pairs;

/// <summary>How far history was behind the log while messages were counted.</summary>
/// <param name="First">Records at the beginning.</param>
/// <param name="Last">Records at the end.</param>
/// <param name="Most">The most that was seen, once a second.</param>
internal readonly record struct Backlog(long First, long Last, long Most)
{
    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"{First} → {Last} ({Most})");

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>Looks until the end of the work.</summary>
    public static async Task<Backlog> WatchAsync(IPeer peer, Task work, TimeProvider time, CancellationToken stop)
    {
        var first = await peer.BehindAsync(stop);
        var most = first;
        while (await Task.WhenAny(work, Task.Delay(Every, time, stop)) != work)
            most = Math.Max(most, await peer.BehindAsync(stop));
        await work;
        var last = await peer.BehindAsync(stop);
        return new Backlog(first, last, Math.Max(most, last));
    }
}
