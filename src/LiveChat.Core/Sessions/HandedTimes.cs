namespace LiveChat.Core.Sessions;

/// <summary>
/// Makes the position to resume from of the times up to which each partition was handed over. Pure.
/// </summary>
internal static class HandedTimes
{
    /// <summary>A partition that is no more than this behind the first one does not count as behind: an idle one says
    /// its time every few seconds only.</summary>
    public const long BehindMs = 30_000;

    /// <param name="start">The present start of the store.</param>
    /// <param name="partitions">How many there are.</param>
    /// <param name="timeOf">The log time of each, Unix milliseconds, which never falls; 0 for one that has not begun.
    /// </param>
    /// <param name="mostMs">No client may be told of a later time.</param>
    public static Since Of(ulong start, int partitions, Func<int, long> timeOf, long mostMs)
    {
        var (lowest, first) = (mostMs, 0L);
        for (var partition = 0; partition < partitions; partition++)
        {
            var time = Math.Min(timeOf(partition), mostMs);
            (lowest, first) = (Math.Min(lowest, time), Math.Max(first, time));
        }

        if (lowest <= Since.MarginMs) return Since.Nothing;
        if (lowest >= first - BehindMs) return new Since(start, lowest - Since.MarginMs);

        var (stragglers, rest) = (new List<Straggler>(), first);
        for (var partition = 0; partition < partitions; partition++)
        {
            var time = timeOf(partition); // It may have risen meanwhile, which says no less.
            if (time >= first - BehindMs) rest = Math.Min(rest, time);
            else if (stragglers.Count == Since.StragglersMax) return new Since(start, lowest - Since.MarginMs);
            else stragglers.Add(new Straggler((ushort)partition, time - Since.MarginMs));
        }

        return new Since(start, rest - Since.MarginMs) { Stragglers = stragglers };
    }
}
