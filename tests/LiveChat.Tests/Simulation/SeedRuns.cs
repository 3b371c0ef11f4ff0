using System.Collections.Concurrent;
using System.Globalization;
using Xunit;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// Runs of a simulator with one seed after the other. A variable of the environment asks for one seed alone, another
/// one for a number of them.
/// </summary>
/// <param name="One">The variable that names a seed.</param>
/// <param name="Count">The variable that says how many, from 1 on.</param>
/// <param name="Default">How many otherwise.</param>
internal sealed record SeedRuns(string One, string Count, int Default)
{
    /// <summary>So many seeds that fail end it: the lowest is told in full, the others by their first line.</summary>
    private const int FailuresMax = 10;

    /// <summary>Runs them, and fails when one of them found something.</summary>
    /// <param name="run">A run: what was violated, nothing when all held.</param>
    public void RunAll(Func<int, IReadOnlyList<string>> run)
    {
        var failures = new ConcurrentBag<(int Seed, IReadOnlyList<string> Violations)>();
        Parallel.ForEach(Seeds(), new ParallelOptions { MaxDegreeOfParallelism = 2 }, (seed, loop) =>
        {
            if (run(seed) is not [_, ..] violations) return;
            failures.Add((seed, violations));
            if (failures.Count >= FailuresMax) loop.Stop();
        });
        if (failures.OrderBy(static one => one.Seed).ToArray() is not [var first, .. var others]) return;
        var told = string.Join('\n', first.Violations);
        var rest = others.Select(static one => $"Seed {one.Seed}: {one.Violations[0].Split('\n')[0]}");
        Assert.Fail(string.Join('\n', [told, "", $"To replay: {One}={first.Seed}", .. rest]));
    }

    private IEnumerable<int> Seeds() => Read(One) is { } seed ? [seed] : Enumerable.Range(1, Read(Count) ?? Default);

    private static int? Read(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value
            ? int.Parse(value, CultureInfo.InvariantCulture)
            : null;
}
