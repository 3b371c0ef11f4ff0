namespace LiveChat.Tests.Tidy;

/// <summary>
/// A rule about one text file, with a file that breaks it: a rule that cannot fail cannot be written down.
/// </summary>
/// <param name="Says">What to do, as a sentence.</param>
/// <param name="Bad">A file that must be refused.</param>
/// <param name="Breaks">Where a file breaks the rule.</param>
internal sealed record TextRule(string Says, SourceFile Bad, Func<SourceFile, IEnumerable<string>> Breaks);
