namespace LiveChat.Core.Log;

/// <summary>Finds a record by its time in a partition whose times never fall, by halving: about forty reads of one
/// record. Pure.</summary>
internal static class TimeSearch
{
    /// <param name="range">What the partition holds.</param>
    /// <param name="timeMs">Unix milliseconds.</param>
    /// <param name="timeOf">The time of the record behind a position.</param>
    /// <returns>The first record of that time or later; behind the end when there is none.</returns>
    public static Position FirstSince(LogRange range, long timeMs, Func<Position, long> timeOf)
    {
        // Everything through `earlier` is earlier, everything above `last` is not; each turn halves what lies between.
        var (earlier, last) = (new Position(range.Begin.Value - 1), range.End);
        while (earlier < last)
        {
            var middle = new Position(earlier.Value + ((last.Value - earlier.Value - 1) / 2));
            if (timeOf(middle) < timeMs) earlier = middle.Next;
            else last = middle;
        }

        return earlier.Next;
    }
}
