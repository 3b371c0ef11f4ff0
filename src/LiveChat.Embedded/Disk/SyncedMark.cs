using System.Buffers.Binary;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;

namespace LiveChat.Embedded.Disk;

/// <summary>
/// Up to which of RocksDB's sequence numbers a database was certainly synced, in a file beside it:
/// <code>
/// SYNCED    sequence(8) checksum(8)       big-endian, XXH3
/// </code>
/// With it a tail that was acknowledged can be told from one that was not, and a log that ends too early, at
/// whatever byte, is noticed. It is written after a sync and not synced itself: a power cut may leave an older mark,
/// which claims less and never too much. One that is missing or not whole claims nothing. Any thread.
/// </summary>
internal sealed class SyncedMark : IDisposable
{
    private const string FileName = "SYNCED";
    private const int Length = 16;

    private readonly Lock _lock = new();
    private readonly byte[] _bytes = new byte[Length];
    private readonly SafeFileHandle _file;
    private readonly string _path;

    private SyncedMark(string path)
    {
        _path = path;
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (RandomAccess.Read(_file, _bytes, 0) == Length && ChecksumOf(_bytes) == StoredChecksumOf(_bytes))
            Sequence = BinaryPrimitives.ReadInt64BigEndian(_bytes);
    }

    /// <summary>Everything up to here was synced.</summary>
    public long Sequence { get; private set; }

    public static SyncedMark Open(string folder)
    {
        Directory.CreateDirectory(folder);
        return new SyncedMark(Path.Combine(folder, FileName));
    }

    /// <summary>Notes that a sync has ended, which began when the database was at this sequence number.</summary>
    public void Raise(long sequence)
    {
        lock (_lock)
        {
            if (sequence <= Sequence)
                return;
            Sequence = sequence;
            BinaryPrimitives.WriteInt64BigEndian(_bytes, sequence);
            BinaryPrimitives.WriteUInt64BigEndian(_bytes.AsSpan(8), ChecksumOf(_bytes));
            RandomAccess.Write(_file, _bytes, 0);
        }
    }

    /// <summary>That an opened database has what was synced.</summary>
    /// <exception cref="DataDamagedException">It ends too early.</exception>
    public void Check(long sequence)
    {
        if (sequence < Sequence)
            throw new DataDamagedException(
                $"{Path.GetDirectoryName(_path)} is damaged: it ends at number {sequence} and was synced up to "
                + $"{Sequence}, so the end of it is lost. Restore the data folder from a backup (docs/ops/damage.md).");
    }

    public void Dispose() => _file.Dispose();

    private static ulong ChecksumOf(ReadOnlySpan<byte> bytes) => XxHash3.HashToUInt64(bytes[..8]);

    private static ulong StoredChecksumOf(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
}
