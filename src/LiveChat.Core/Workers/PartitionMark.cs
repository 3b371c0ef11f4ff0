using LiveChat.Core.Log;

namespace LiveChat.Core.Workers;

/// <summary>
/// How far a delivery-worker is in a partition, from its assignment to its revocation. It outlives its loop, so that a
/// gateway can still say where it was. The loop writes, any thread reads.
/// </summary>
/// <param name="partition">The partition.</param>
/// <param name="loop">The number of the assignment; the worker never uses one again.</param>
/// <param name="begin">b: what is at or below was handed over by former owners, everything above by this one.</param>
/// <param name="time">The log's time of what was handed over.</param>
internal sealed class PartitionMark(int partition, ulong loop, Position begin, HandedTime time)
{
    private long _read = begin.Value;
    private long _handed = begin.Value;
    private volatile bool _hasStopped;

    public int Partition => partition;

    public ulong Loop => loop;

    public Position Begin => begin;

    /// <summary>The last record that was read; everything above is addressed to who is there from now on.</summary>
    public Position Read => new(Volatile.Read(ref _read));

    /// <summary>Up to here nothing is left to hand over.</summary>
    public Position Handed => new(Volatile.Read(ref _handed));

    /// <summary>The log's time up to which everything has been handed over, Unix milliseconds; 0 before it is known.
    /// Read it before <see cref="Handed"/>, which is never behind it.</summary>
    public long HandedTimeMs => time.Value;

    /// <summary>Whether the loop hands over nothing any more.</summary>
    public bool HasStopped => _hasStopped;

    public void NoteRead(Position position) => Volatile.Write(ref _read, Math.Max(position.Value, begin.Value));

    public void NoteHanded(Position position) => Volatile.Write(ref _handed, Math.Max(position.Value, begin.Value));

    public void Stop() => _hasStopped = true;
}
