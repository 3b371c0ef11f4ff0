namespace LiveChat.Loads.Storms;

/// <summary>How a storm went.</summary>
/// <param name="Back">From the cut until each session was back, the first one first.</param>
/// <param name="Whole">From the cut until the last one had everything that was said meanwhile.</param>
/// <param name="Refused">Connections that were told to come back later.</param>
/// <param name="Lost">Messages that did not come.</param>
/// <param name="Repeated">Messages that came twice or out of order.</param>
internal sealed record StormResult(
    IReadOnlyList<TimeSpan> Back, TimeSpan Whole, long Refused, long Lost, long Repeated)
{
    /// <summary>Sessions that were cut.</summary>
    public int Sessions => Back.Count;

    /// <summary>From the cut until half of them were back.</summary>
    public TimeSpan Half => Back[Back.Count / 2];

    /// <summary>From the cut until the last one was back.</summary>
    public TimeSpan Last => Back[^1];
}
