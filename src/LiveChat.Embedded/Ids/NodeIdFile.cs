using System.Buffers.Binary;
using LiveChat.Core.Ids;

namespace LiveChat.Embedded.Ids;

/// <summary>
/// The node id of the one node and the high-water mark of its ids, in the file <c>node-id</c> of the data folder:
/// <code>magic(4) node(4) high-water(8, Unix ms), in the slots of a SlotFile; numbers big-endian</code>
/// Write: a higher mark, synced, before the first id at or above the present one is issued. Read: the higher of the
/// valid slots, at the start. The file is locked while it is open, so that two processes never hold the id.
/// The generator calls in from any thread, one at a time.
/// </summary>
internal sealed class NodeIdFile : IDisposable
{
    /// <summary>How far ahead the mark is set: one small synced write in so many seconds of issuing, and after a
    /// crash ids that are at most this far ahead of the clock (less than what a generator may borrow).</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromSeconds(4);

    private const string FileName = "node-id";
    private const int ValueLength = 16;
    private const uint Magic = 0x4C43_4E31;

    private readonly SlotFile _file;
    private readonly int _node;
    private long _highWaterMs;
    private bool _isDisposed;

    private NodeIdFile(SlotFile file, int node, long highWaterMs, TimeProvider time)
    {
        _file = file;
        _node = node;
        _highWaterMs = highWaterMs;
        Generator = new SnowflakeGenerator(node, highWaterMs, Extend, time);
    }

    /// <summary>Issues the ids of this node.</summary>
    public SnowflakeGenerator Generator { get; }

    /// <exception cref="DataFolderException">Another process holds it, or both slots are damaged.</exception>
    public static NodeIdFile Open(DataFolder folder, TimeProvider time)
    {
        var file = new SlotFile(folder.OpenLocked(FileName), ValueLength);
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

    /// <summary>The id of the node.</summary>
    public int Node => _node;

    /// <summary>No id of this time or a later one was issued, Unix milliseconds.</summary>
    public long HighWaterMs => Volatile.Read(ref _highWaterMs);

    /// <summary>Makes the file in a folder that has none: its ids begin at that mark.</summary>
    public static void Make(DataFolder folder, int node, long highWaterMs)
    {
        using var file = new SlotFile(folder.OpenLocked(FileName), ValueLength);
        for (var slot = 0; slot < 2; slot++) file.Write(Value(node, highWaterMs));
        folder.Sync();
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

    private static NodeIdFile Create(SlotFile file, DataFolder folder, TimeProvider time)
    {
        if (file.IsWritten)
        {
            throw new DataFolderException(
                $"The file node-id in {folder.Path} is damaged, and without it ids might be issued twice. Restore it "
                + "from a backup, or delete it when the clock is known to be right and not to have gone back.");
        }

        // One node without services: there is no other from which its ids must differ.
        var created = new NodeIdFile(file, node: 0, highWaterMs: 0, time);
        created.Write(0);
        created.Write(0);
        folder.Sync();
        return created;
    }

    private static NodeIdFile? Read(SlotFile file, TimeProvider time) =>
        file.Read(static value => BinaryPrimitives.ReadUInt32BigEndian(value.Span) == Magic ? MarkOf(value.Span) : null)
            is { } found
            ? new NodeIdFile(file, BinaryPrimitives.ReadInt32BigEndian(found.AsSpan(4)), MarkOf(found), time)
            : null;

    private static long MarkOf(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt64BigEndian(value[8..]);

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
        _file.Write(Value(_node, highWaterMs));
        Volatile.Write(ref _highWaterMs, highWaterMs);
    }

    private static byte[] Value(int node, long highWaterMs)
    {
        var value = new byte[ValueLength];
        BinaryPrimitives.WriteUInt32BigEndian(value, Magic);
        BinaryPrimitives.WriteInt32BigEndian(value.AsSpan(4), node);
        BinaryPrimitives.WriteInt64BigEndian(value.AsSpan(8), highWaterMs);
        return value;
    }
}
