using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Brokers.Cells;

/// <summary>The cells of history as another client reads them: Debian's python3-cassandra.</summary>
internal static class StoredCells
{
    private const string Python = "/usr/bin/python3";
    private const int DifferencesShown = 20;

    /// <summary>Checks that the cells of a keyspace are exactly those that a replay of the log gives.</summary>
    /// <param name="brokers">Where the log is.</param>
    /// <param name="topic">The log.</param>
    /// <param name="node">A node of Cassandra, <c>host:port</c>. All nodes must answer.</param>
    /// <param name="keyspace">The keyspace.</param>
    public static async Task AreThoseOfTheLogAsync(string brokers, string topic, string node, string keyspace)
    {
        await Requirement.ProgramAsync("cassandra", Python, "-c", "import cassandra");
        var log = ReplayedCells.Read(brokers, topic);
        var replayed = log.Lines.ToHashSet(StringComparer.Ordinal);
        Assert.NotEmpty(replayed);
        var (host, port) = (node[..node.LastIndexOf(':')], node[(node.LastIndexOf(':') + 1)..]);
        var script = Path.Combine(AppContext.BaseDirectory, "cells.py");
        var lines = (await Shell.RunAsync(Python, script, host, port, keyspace)).Split('\n');
        Assert.Equal("end", lines[^1]);
        Assert.DoesNotContain(lines, static line => line.StartsWith('!'));
        var stored = lines[..^1].Select(log.AsReplayed).ToHashSet(StringComparer.Ordinal);
        Crashing.Holds(
            [
                .. replayed.Except(stored).Take(DifferencesShown).Select(static line => $"not stored: {line}"),
                .. stored.Except(replayed).Take(DifferencesShown).Select(static line => $"not of the log: {line}"),
            ],
            $"the cells of {keyspace}");
    }
}
