using System.ComponentModel.DataAnnotations;

namespace LiveChat.Embedded.Log;

/// <summary>What may be set of the embedded log.</summary>
internal sealed class RocksDbLogOptions
{
    /// <summary>Each partition is a column family, with memtables and files of its own.</summary>
    public const int PartitionsMax = 256;

    /// <summary>Partitions of a new log; an existing log keeps its number and refuses another.</summary>
    [Range(1, PartitionsMax)]
    public int Partitions { get; set; } = 16;

    /// <summary>While the disk has less free than this, appends are refused; reads and trimming go on.</summary>
    [Range(0, long.MaxValue)]
    public long ReserveBytes { get; set; } = 512L << 20;

    /// <summary>How much of the log's end is kept in memory, over all partitions, so that consumers that keep up
    /// never touch the disk.</summary>
    [Range(1 << 20, long.MaxValue)]
    public long TailBytes { get; set; } = 64L << 20;

    /// <summary>Most appends that wait for the committer; the next one is refused.</summary>
    [Range(1, 1 << 20)]
    public int QueueLengthMax { get; set; } = 65_536;

    /// <summary>Most bytes that wait for the committer; the next append is refused.</summary>
    [Range(1 << 20, 1 << 30)]
    public long QueueBytesMax { get; set; } = 64L << 20;
}
