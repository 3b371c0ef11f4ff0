namespace LiveChat.EndToEnd.Faults;

/// <summary>What a fault cost.</summary>
/// <param name="Acknowledged">Messages that were acknowledged before, during and behind it.</param>
/// <param name="Violations">What did not hold, in sentences.</param>
/// <param name="LongestPause">The longest time in which some user got no acknowledgement.</param>
/// <param name="UntilWell">From the end of the fault until no server was in a state in which it refuses something.
/// </param>
/// <param name="Load">The load average of the machine behind it: times are longer on one that does other work.</param>
internal sealed record FaultResult(
    int Acknowledged, IReadOnlyList<string> Violations, TimeSpan LongestPause, TimeSpan UntilWell, double Load);
