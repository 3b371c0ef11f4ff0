using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace LiveChat.Embedded.Disk;

/// <summary>
/// The format of RocksDB's write-ahead log, as far as it takes to know a good record from a bad one:
/// <code>
/// file     blocks of 32 KiB; less than 7 bytes at the end of a block are left empty
/// record   masked CRC-32C of type and content(4) length(2) type(1) content, all little-endian
/// type     1 the whole of a batch; 2, 3, 4 its first, a middle, its last part
/// batch    sequence number of its first entry(8) number of entries(4) entries
/// </code>
/// Types that this program's options never write (recycled files, compression) are bad when their checksum is.
/// </summary>
internal static class WriteAheadLogBlock
{
    public const int Bytes = 32 << 10;
    public const int HeaderBytes = 7;
    public const int BatchHeaderBytes = 12;
    public const byte Full = 1;
    public const byte First = 2;
    public const byte Middle = 3;
    public const byte Last = 4;

    private const uint ChecksumMask = 0xa282_ead8;

    /// <summary>Whether a record with a right checksum begins at the start of the bytes, and lies within them.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out byte type, out ReadOnlySpan<byte> content)
    {
        type = 0;
        content = default;
        if (bytes.Length < HeaderBytes)
            return false;
        var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        type = bytes[6];
        if (HeaderBytes + length > bytes.Length || (type == 0 && length == 0))
            return false;
        content = bytes.Slice(HeaderBytes, length);
        return Unmask(BinaryPrimitives.ReadUInt32LittleEndian(bytes)) == Checksum(bytes.Slice(6, 1 + length));
    }

    /// <summary>The sequence number of the first batch that begins anywhere in the bytes, at whatever offset: behind a
    /// length that cannot be trusted nobody knows where the next record is. Null when there is none.</summary>
    public static long? FindBatch(ReadOnlySpan<byte> bytes)
    {
        for (var at = 0; at + HeaderBytes < bytes.Length; at++)
        {
            // Nearly all offsets end at the type, before a checksum is computed.
            if (bytes[at + 6] is Full or First && TryRead(bytes[at..], out _, out var content))
            {
                // A first part may be too short to say it.
                return content.Length < sizeof(long)
                    ? long.MaxValue
                    : BinaryPrimitives.ReadInt64LittleEndian(content);
            }
        }

        return null;
    }

    private static uint Unmask(uint masked) => BitOperations.RotateLeft(masked - ChecksumMask, 15);

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (var single in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, single);
        return ~crc;
    }
}
