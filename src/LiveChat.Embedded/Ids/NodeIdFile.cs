using System.Buffers.Binary;
using System.IO.Hashing;
using LiveChat.Core.Ids;
using Microsoft.Win32.SafeHandles;

namespace LiveChat.Embedded.Ids;

/// <summary>
/// The node id of the one node and the high-water mark of its ids, in the file <c>node-id</c> of the data folder:
/// two slots of 512 bytes, written in turn so that a torn write leaves the other one:
/// <code>magic(4) node(4) high-water(8, Unix ms) checksum(8, XXH3 of the former 16); numbers big-endian</code>
/// Write: a higher mark, synced, before the first id at or above the present one is issued. Read: the higher of the
/// valid slots, at the start. The file is locked while it is open, so that two processes never hold the id.
/// The generator calls in from any thread, one at a time.
/// </summary>
internal sealed class NodeIdFile : IDisposable
{
    /// <summary>How far ahead the mark is set: one small synced write in so many seconds of issuing, and after a
    /// crash ids that are at most this far ahead of the clock (less than what a generator may borrow).</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromSeconds(4);

    private const int SlotLength = 512;
    private const int ContentLength = 24;
    private const uint Magic = 0x4C43_4E31;

    private readonly SafeFileHandle _file;
    private readonly int _node;
    private long _highWaterMs;
    private int _slot;
    private bool _isDisposed;

    private NodeIdFile(SafeFileHandle file, int node, long highWaterMs, int slot, TimeProvider time)
    {
        _file = file;
        _node = node;
        _highWaterMs = highWaterMs;
        _slot = slot;
        Generator = new SnowflakeGenerator(node, highWaterMs, Extend, time);
    }

    /// <summary>Issues the ids of this node.</summary>
    public SnowflakeGenerator Generator { get; }

    /// <exception cref="DataFolderException">Another process holds it, or both slots are damaged.</exception>
    public static NodeIdFile Open(DataFolder folder, TimeProvider time)
    {
        var file = folder.OpenLocked("node-id");
        try
        {
            return Read(file, time) ?? Create(file, folder, time);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Stops the generator and notes exactly how far it came.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        var floorMs = Generator.Stop();
        if (floorMs < _highWaterMs)
        {
            // Both slots, or the older, higher mark would win.
            Write(floorMs);
            Write(floorMs);
        }

        _file.Dispose();
    }

    private static NodeIdFile Create(SafeFileHandle file, DataFolder folder, TimeProvider time)
    {
        if (RandomAccess.GetLength(file) > SlotLength)
        {
            throw new DataFolderException(
                $"The file node-id in {folder.Path} is damaged, and without it ids might be issued twice. Restore it "
                + "from a backup, or delete it when the clock is known to be right and not to have gone back.");
        }

        // One node without services: there is no other from which its ids must differ.
        var created = new NodeIdFile(file, node: 0, highWaterMs: 0, slot: 0, time);
        created.Write(0);
        created.Write(0);
        folder.Sync();
        return created;
    }

    private static NodeIdFile? Read(SafeFileHandle file, TimeProvider time)
    {
        (int Node, long HighWaterMs, int Slot)? found = null;
        Span<byte> slot = stackalloc byte[ContentLength];
        for (var i = 0; i < 2; i++)
        {
            if (RandomAccess.Read(file, slot, i * SlotLength) < ContentLength
                || BinaryPrimitives.ReadUInt32BigEndian(slot) != Magic
                || BinaryPrimitives.ReadUInt64BigEndian(slot[16..]) != XxHash3.HashToUInt64(slot[..16]))
            {
                continue;
            }

            var node = BinaryPrimitives.ReadInt32BigEndian(slot[4..]);
            var highWaterMs = BinaryPrimitives.ReadInt64BigEndian(slot[8..]);
            if (found is null || highWaterMs > found.Value.HighWaterMs)
            {
                found = (node, highWaterMs, i);
            }
        }

        // The other slot is the one to be written next.
        return found is var (foundNode, mark, at) ? new NodeIdFile(file, foundNode, mark, 1 - at, time) : null;
    }

    private long Extend(long wantedMs)
    {
        var highWaterMs = wantedMs + (long)Ahead.TotalMilliseconds;
        try
        {
            Write(highWaterMs);
        }
        catch (IOException e)
        {
            throw new IdUnavailableException("The high-water mark of the ids cannot be written.", e);
        }

        return highWaterMs;
    }

    private void Write(long highWaterMs)
    {
        Span<byte> slot = stackalloc byte[SlotLength];
        slot.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(slot, Magic);
        BinaryPrimitives.WriteInt32BigEndian(slot[4..], _node);
        BinaryPrimitives.WriteInt64BigEndian(slot[8..], highWaterMs);
        BinaryPrimitives.WriteUInt64BigEndian(slot[16..], XxHash3.HashToUInt64(slot[..16]));
        RandomAccess.Write(_file, slot, _slot * SlotLength);
        RandomAccess.FlushToDisk(_file);
        _slot = 1 - _slot;
        _highWaterMs = highWaterMs;
    }
}
