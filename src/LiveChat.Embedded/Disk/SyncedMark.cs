using System.Buffers.Binary;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;

namespace LiveChat.Embedded.Disk;

/// <summary>
/// Up to which of RocksDB's sequence numbers a database was certainly synced, in a file beside it:
/// <code>
/// SYNCED    sequence(8) manifest(8) bytes(8) checksum(8)       big-endian, XXH3
/// </code>
/// and of which manifest, by its number, how many bytes were when the database was opened: RocksDB takes one that ends
/// behind any of its records for whole, and knows nothing of the families that the lost ones had added. With the mark
/// a tail that was acknowledged can be told from one that was not, and a log that ends too early, at whatever byte, is
/// noticed. It is written after a sync and synced itself only when the database is opened: a power cut may leave an
/// older mark, which claims less and never too much. One that is missing or not whole claims nothing. Any thread.
/// </summary>
internal sealed class SyncedMark : IDisposable
{
    private const string FileName = "SYNCED";
    private const int Length = 32;
    private const int ChecksumAt = 24;

    private readonly Lock _lock = new();
    private readonly byte[] _bytes = new byte[Length];
    private readonly SafeFileHandle _file;
    private readonly string _path;

    private SyncedMark(string path)
    {
        _path = path;
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (RandomAccess.Read(_file, _bytes, 0) == Length && ChecksumOf(_bytes) == StoredChecksumOf(_bytes))
        {
            Sequence = BinaryPrimitives.ReadInt64BigEndian(_bytes);
            Manifest = BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(8));
            ManifestBytes = BinaryPrimitives.ReadInt64BigEndian(_bytes.AsSpan(16));
        }
    }

    /// <summary>Everything up to here was synced.</summary>
    public long Sequence { get; private set; }

    /// <summary>The number of a manifest.</summary>
    public ulong Manifest { get; private set; }

    /// <summary>That manifest was synced up to here.</summary>
    public long ManifestBytes { get; private set; }

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
            Write();
        }
    }

    /// <summary>Syncs a manifest as it is now, and notes that; with it the mark is synced, this once.</summary>
    public void NoteManifest(string path)
    {
        using var manifest = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var bytes = RandomAccess.GetLength(manifest);
        RandomAccess.FlushToDisk(manifest);
        lock (_lock)
        {
            (Manifest, ManifestBytes) = (Disk.Manifest.NumberOf(path), bytes);
            Write();
            RandomAccess.FlushToDisk(_file);
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

    private void Write()
    {
        BinaryPrimitives.WriteInt64BigEndian(_bytes, Sequence);
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.AsSpan(8), Manifest);
        BinaryPrimitives.WriteInt64BigEndian(_bytes.AsSpan(16), ManifestBytes);
        BinaryPrimitives.WriteUInt64BigEndian(_bytes.AsSpan(ChecksumAt), ChecksumOf(_bytes));
        RandomAccess.Write(_file, _bytes, 0);
    }

    private static ulong ChecksumOf(ReadOnlySpan<byte> bytes) => XxHash3.HashToUInt64(bytes[..ChecksumAt]);

    private static ulong StoredChecksumOf(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadUInt64BigEndian(bytes[ChecksumAt..]);
}
