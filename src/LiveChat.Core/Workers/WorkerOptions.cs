using System.ComponentModel.DataAnnotations;

namespace LiveChat.Core.Workers;

/// <summary>The bounds of history-writers and delivery-workers; the defaults fit production.</summary>
internal sealed class WorkerOptions
{
    /// <summary>Most bytes of one read of the log.</summary>
    [Range(4096, 16 * 1024 * 1024)]
    public int BatchBytesMax { get; set; } = 512 * 1024;

    /// <summary>Chats that a worker keeps in memory, over all partitions, as far as history lets it forget.</summary>
    [Range(1, 100_000_000)]
    public int ChatsMax { get; set; } = 100_000;

    /// <summary>Keys that a worker keeps in memory, over all partitions, as far as history lets it forget.</summary>
    [Range(1, 100_000_000)]
    public int KeysMax { get; set; } = 1_000_000;

    /// <summary>How many records of all partitions may wait for reads of the store. Above that, each partition waits
    /// that has more than its share.</summary>
    [Range(1, 1_000_000)]
    public int WaitingMax { get; set; } = 16_384;

    /// <summary>How many bytes of records of all partitions may wait, but for the last one that came.</summary>
    [Range(1, 1 << 30)]
    public int WaitingBytesMax { get; set; } = 64 * 1024 * 1024;

    /// <summary>Reads of the store at the same time, for each worker.</summary>
    [Range(1, 1024)]
    public int ReadsAtOnce { get; set; } = 32;

    /// <summary>How often offsets are committed: what is replayed after a crash.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan CommitEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a history-writer lets messages gather between two batches, unless somebody waits for them: the
    /// rows of a chat are written once for all that came meanwhile. 0 writes each at once.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan HistoryPause { get; set; } = TimeSpan.FromMilliseconds(100);
}
