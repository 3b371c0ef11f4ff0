using LiveChat.Loads.Measuring;

namespace LiveChat.Loads.Scenarios;

/// <summary>One second of a load, or the rest of one.</summary>
/// <param name="At">Seconds since the load began.</param>
/// <param name="Phase">What the load does, in a word.</param>
/// <param name="IsMeasured">Whether this second counts.</param>
/// <param name="PerSecond">Messages a second that were with all other members, or what a scenario counts.</param>
/// <param name="Latency">The latencies of this second.</param>
/// <param name="InFlight">What is on its way.</param>
/// <param name="Waiting">What is due and waits.</param>
internal sealed record BenchSecond(
    double At,
    string Phase,
    bool IsMeasured,
    double PerSecond,
    LatencyFigures Latency,
    long InFlight,
    long Waiting);
