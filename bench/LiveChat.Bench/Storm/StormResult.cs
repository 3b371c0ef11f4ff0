namespace LiveChat.Bench.Storm;

/// <summary>How a storm went.</summary>
/// <param name="Sessions">Sessions that were cut.</param>
/// <param name="Half">From the cut until half of them were back.</param>
/// <param name="Last">From the cut until the last one was back.</param>
/// <param name="Whole">From the cut until the last one had everything that was said meanwhile.</param>
/// <param name="Refused">Connections that were told to come back later.</param>
/// <param name="Lost">Messages that did not come.</param>
/// <param name="Repeated">Messages that came twice or out of order.</param>
internal sealed record StormResult(
    int Sessions, TimeSpan Half, TimeSpan Last, TimeSpan Whole, long Refused, long Lost, long Repeated);
