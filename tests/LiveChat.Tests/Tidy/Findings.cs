using Xunit;

namespace LiveChat.Tests.Tidy;

/// <summary>Fails with every finding, a line each: whoever broke a rule mends all places at once.</summary>
internal static class Findings
{
    public static void None(IEnumerable<string> findings)
    {
        var all = findings.ToArray();
        if (all.Length > 0) Assert.Fail($"{all.Length} found:\n" + string.Join('\n', all));
    }
}
