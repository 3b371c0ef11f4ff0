using LiveChat.Core.Log;

namespace LiveChat.Tests.Simulation;

/// <summary>For <see cref="Plant.AcknowledgedBeforeSynced"/>: a log that shows every record at once.</summary>
internal static class UnsyncedLog
{
    /// <summary>A log with the same records under the same positions and times, which waits for no sync.</summary>
    public static InMemoryMessageLog CopyOf(InMemoryMessageLog original, TimeProvider time)
    {
        var clock = new RepeatingClock(time);
        var copy = new InMemoryMessageLog(original.Partitions, clock);
        for (var partition = 0; partition < original.Partitions; partition++)
            Copy(original, copy, partition, clock);
        clock.Repeated = null;
        return copy;
    }

    private static void Copy(InMemoryMessageLog original, InMemoryMessageLog copy, int partition, RepeatingClock clock)
    {
        var after = Position.None;
        while (AtOnce(original.ReadAgainAsync(partition, after, 1 << 20, CancellationToken.None)) is
            { Count: > 0 } entries)
            foreach (var entry in entries)
            {
                clock.Repeated = DateTimeOffset.FromUnixTimeMilliseconds(entry.TimeMs);
                after = AtOnce(copy.AppendAsync(partition, entry.Bytes, CancellationToken.None)).Position;
            }
    }

    private static T AtOnce<T>(ValueTask<T> call) => call.IsCompletedSuccessfully
        ? call.GetAwaiter().GetResult()
        : throw new SimulationException("A log in memory reads what is there at once.");

    /// <summary>Says the time of the record that is being copied, then that of the simulation.</summary>
    private sealed class RepeatingClock(TimeProvider time) : TimeProvider
    {
        public DateTimeOffset? Repeated { get; set; }

        public override DateTimeOffset GetUtcNow() => Repeated ?? time.GetUtcNow();
    }
}
