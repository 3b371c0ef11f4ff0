using LiveChat.Core.Log;

namespace LiveChat.Server.Hosting;

/// <summary>Whether the log has lost records that history has. Other nodes go on with both meanwhile: so what history
/// has passed is read first, and what the log holds afterwards can only be more.</summary>
internal static class LogLoss
{
    /// <param name="readPassed">Reads the position that history has passed in each partition.</param>
    /// <param name="readRanges">Reads what the log holds of each partition.</param>
    /// <returns>The first partition that lost something; null when none did.</returns>
    public static async Task<(int Partition, LogRange Range, Position Passed)?> FindAsync(
        Func<Task<IReadOnlyDictionary<int, Position>>> readPassed,
        Func<Task<IReadOnlyDictionary<int, LogRange>>> readRanges)
    {
        var passed = await readPassed();
        foreach (var (partition, range) in (await readRanges()).OrderBy(static one => one.Key))
            if (range.HasLost(passed[partition])) return (partition, range, passed[partition]);
        return null;
    }
}
