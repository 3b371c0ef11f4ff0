namespace LiveChat.Cli.Bench;

/// <summary>What became of a threshold.</summary>
/// <param name="Threshold">The threshold.</param>
/// <param name="Limit">Its limit.</param>
/// <param name="Value">What was measured.</param>
/// <param name="IsMet">Whether the value keeps to the limit.</param>
internal sealed record Verdict(Threshold Threshold, double Limit, double Value, bool IsMet);
