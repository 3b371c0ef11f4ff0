using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using LiveChat.Core.Log;

namespace LiveChat.Embedded.Log;

/// <summary>
/// The bytes of the embedded log. All numbers are big-endian, so that RocksDB's order of bytes is ours.
/// <code>
/// column family "p0000" … one per partition:
///   position(8)                → checksum(8) time(8) record
/// column family "default":
///   "partitions"               → count(4)
///   "folder"                   → the id of the data folder that the log belongs to
///   'b' partition(4)           → begin(8) end(8) time(8)     where trimming left the partition
///   'c' partition(4) group     → position(8)                 what the group has committed
/// </code>
/// The checksum is XXH3 over time and record, seeded with the position: it is checked at every read from the store,
/// beside RocksDB's own block checksums, and also catches a whole record in the wrong place.
/// </summary>
internal static class LogCodec
{
    public const int HeaderLength = 16;
    public const int BoundsLength = 24;

    public static ReadOnlySpan<byte> PartitionsKey => "partitions"u8;

    public static ReadOnlySpan<byte> FolderKey => "folder"u8;

    public static string FamilyOf(int partition) => $"p{partition:D4}";

    public static byte[] PositionKey(Position position)
    {
        var key = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(key, position.Value);
        return key;
    }

    public static Position ReadPosition(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadInt64BigEndian(bytes));

    public static byte[] BoundsKey(int partition) => PartitionKey('b', partition, "");

    public static byte[] CommitKey(string group, int partition) => PartitionKey('c', partition, group);

    /// <summary>Fills the header of a value whose record stands behind it already.</summary>
    public static void Seal(Span<byte> value, Position position, long timeMs)
    {
        BinaryPrimitives.WriteInt64BigEndian(value[8..], timeMs);
        BinaryPrimitives.WriteUInt64BigEndian(value, XxHash3.HashToUInt64(value[8..], position.Value));
    }

    /// <summary>Reads a value back; false when it is not what was written at this position.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> value, Position position, out LogEntry entry)
    {
        entry = default;
        if (value.Length < HeaderLength
            || BinaryPrimitives.ReadUInt64BigEndian(value) != XxHash3.HashToUInt64(value[8..], position.Value))
        {
            return false;
        }

        var timeMs = BinaryPrimitives.ReadInt64BigEndian(value[8..]);
        entry = new LogEntry(position, timeMs, value[HeaderLength..].ToArray());
        return true;
    }

    public static byte[] Bounds(LogRange range, long timeMs)
    {
        var bytes = new byte[BoundsLength];
        BinaryPrimitives.WriteInt64BigEndian(bytes, range.Begin.Value);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), range.End.Value);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(16), timeMs);
        return bytes;
    }

    public static (LogRange Range, long TimeMs) ReadBounds(ReadOnlySpan<byte> bytes) => (
        new LogRange(ReadPosition(bytes), ReadPosition(bytes[8..])),
        BinaryPrimitives.ReadInt64BigEndian(bytes[16..]));

    private static byte[] PartitionKey(char kind, int partition, string group)
    {
        var key = new byte[5 + Encoding.UTF8.GetByteCount(group)];
        key[0] = (byte)kind;
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(1), partition);
        Encoding.UTF8.GetBytes(group, key.AsSpan(5));
        return key;
    }
}
