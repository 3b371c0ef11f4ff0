namespace LiveChat.Server.Hosting;

/// <summary>An option as it is in force.</summary>
/// <param name="Name">Its whole name, such as <c>LiveChat:Sessions:PingSeconds</c>.</param>
/// <param name="Value">Its value as one would write it; empty for none.</param>
/// <param name="Source">Where it was set: <c>command line</c>, <c>environment</c> or <c>livechat.json</c>; null for the
/// default.</param>
public sealed record ConfiguredOption(string Name, string Value, string? Source);
