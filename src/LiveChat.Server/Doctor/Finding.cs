namespace LiveChat.Server.Doctor;

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What was looked at: a few words that do not change.</param>
/// <param name="Level">How it is.</param>
/// <param name="Found">What was found: a sentence.</param>
/// <param name="Advice">What to do; null when there is nothing to do.</param>
public sealed record Finding(string Name, FindingLevel Level, string Found, string? Advice = null);
