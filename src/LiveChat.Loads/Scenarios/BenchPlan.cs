namespace LiveChat.Loads.Scenarios;

/// <summary>How long a scenario runs, and who sets its pace.</summary>
/// <param name="WarmUp">How long the load runs before it is measured.</param>
/// <param name="Length">How long it is measured.</param>
/// <param name="PerSecond">Messages a second of all senders together; null for a closed loop.</param>
internal sealed record BenchPlan(TimeSpan WarmUp, TimeSpan Length, double? PerSecond);
