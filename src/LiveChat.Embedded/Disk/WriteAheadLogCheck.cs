using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace LiveChat.Embedded.Disk;

/// <summary>
/// Reads the write-ahead logs of a database before RocksDB opens it, block by block, and decides what a bad record
/// means: <b>damage</b>, which is refused and left as it is, or a <b>torn tail</b>, which nobody was answered for and
/// which is cut off. RocksDB's own recovery cannot be left to decide: with one bit of a record's type flipped,
/// 11.12 reads for ever in one mode, and its other modes drop acknowledged batches without a word.
/// <para>
/// It is damage when a batch below the <see cref="SyncedMark"/> is missing; when a later file has a batch; and, where
/// every batch is synced before the next is written, when a batch <i>begins</i> behind the bad record. Parts of the
/// bad batch itself may follow: a power cut leaves the blocks of an unsynced write in any order.
/// </para>
/// </summary>
internal sealed partial class WriteAheadLogCheck(
    string folder, SyncedMark mark, bool isEachBatchSynced, ILogger logger)
{
    private readonly byte[] _block = new byte[WriteAheadLogBlock.Bytes];

    // The batch in hand: where it began, the first bytes of it, and how many of these there are.
    private readonly byte[] _batchHeader = new byte[WriteAheadLogBlock.BatchHeaderBytes];
    private int _batchHeaderLength;
    private bool _isInBatch;
    private long _batchStart;
    private long _lastSequence;

    /// <exception cref="DataDamagedException">Something that was acknowledged is not there; nothing was changed.
    /// </exception>
    public void Run()
    {
        // RocksDB would begin a new database in the place of one that it does not find.
        if (mark.Sequence > 0 && !File.Exists(Path.Combine(folder, "CURRENT")))
            throw DataDamagedException.At(Path.Combine(folder, "CURRENT"), 0, "the file is missing");
        ManifestCheck.Run(folder);
        var files = Files(folder);
        for (var i = 0; i < files.Count; i++)
        {
            using var file = File.Open(files[i], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (FindBad(file) is not { } bad)
                continue;
            // With no batch before it and none behind nobody knows what the bad one was: the mark's own check comes.
            var next = FindBatch(file, bad);
            if (next <= mark.Sequence || (_lastSequence > 0 && _lastSequence < mark.Sequence))
                throw DataDamagedException.At(files[i], bad, "a batch that was synced is not readable");
            if (isEachBatchSynced && next is not null)
                throw DataDamagedException.At(files[i], bad, "a record is not readable, and others follow it");
            if (files.Skip(i + 1).FirstOrDefault(HasBatch) is { } later)
            {
                var name = Path.GetFileName(later);
                throw DataDamagedException.At(files[i], bad, $"a record is not readable, and {name} follows it");
            }

            Cut(file, _isInBatch ? _batchStart : bad);
            return;
        }
    }

    /// <summary>The write-ahead logs of a folder, oldest first.</summary>
    public static IReadOnlyList<string> Files(string folder) => !Directory.Exists(folder)
        ? []
        : [.. Directory.EnumerateFiles(folder, "*.log")
            .Where(static path => NumberOf(path) is not null)
            .OrderBy(NumberOf)];

    private static ulong? NumberOf(string path) => ulong.TryParse(
        Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : null;

    /// <summary>The offset of the first record that is bad or ends a file in the middle of a batch; null when all
    /// are good.</summary>
    private long? FindBad(FileStream file)
    {
        _isInBatch = false;
        long start = 0;
        while (ReadBlock(file) is > 0 and var length)
        {
            var at = 0;
            while (length - at >= WriteAheadLogBlock.HeaderBytes)
            {
                if (!WriteAheadLogBlock.TryRead(_block.AsSpan(at, length - at), out var type, out var content)
                    || !TakePart(type, content, start + at))
                {
                    return start + at;
                }

                at += WriteAheadLogBlock.HeaderBytes + content.Length;
            }

            start += length;
            if (length < WriteAheadLogBlock.Bytes && at < length)
                return start - length + at;
        }

        return _isInBatch ? start : null;
    }

    /// <summary>Takes a good record; false when it is out of place.</summary>
    private bool TakePart(byte type, ReadOnlySpan<byte> content, long offset)
    {
        if (type is < WriteAheadLogBlock.Full or > WriteAheadLogBlock.Last)
            return !_isInBatch;
        if (_isInBatch == (type is WriteAheadLogBlock.Full or WriteAheadLogBlock.First))
            return false;
        if (!_isInBatch)
            (_isInBatch, _batchStart, _batchHeaderLength) = (true, offset, 0);
        var wanted = Math.Min(_batchHeader.Length - _batchHeaderLength, content.Length);
        content[..wanted].CopyTo(_batchHeader.AsSpan(_batchHeaderLength));
        _batchHeaderLength += wanted;
        if (type is WriteAheadLogBlock.First or WriteAheadLogBlock.Middle)
            return true;
        if (_batchHeaderLength < _batchHeader.Length)
            return false;
        _isInBatch = false;
        _lastSequence = BinaryPrimitives.ReadInt64LittleEndian(_batchHeader)
            + BinaryPrimitives.ReadUInt32LittleEndian(_batchHeader.AsSpan(8)) - 1;
        return true;
    }

    private bool HasBatch(string path)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return FindBatch(file, 0) is not null;
    }

    private long? FindBatch(FileStream file, long offset)
    {
        // Records do not cross blocks, so each is searched by itself; the first only behind the offset.
        var skip = (int)(offset % WriteAheadLogBlock.Bytes);
        file.Position = offset - skip;
        while (ReadBlock(file) is > 0 and var length)
        {
            if (length > skip && WriteAheadLogBlock.FindBatch(_block.AsSpan(skip, length - skip)) is { } found)
                return found;
            skip = 0;
        }

        return null;
    }

    private int ReadBlock(FileStream file) => file.ReadAtLeast(_block, _block.Length, throwOnEndOfStream: false);

    private void Cut(FileStream file, long length)
    {
        // The last tail that was cut off is kept, for whoever has to find out what the disk did.
        foreach (var former in Directory.EnumerateFiles(folder, "*.torn"))
            File.Delete(former);
        file.Position = length;
        using (var torn = File.Create(file.Name + ".torn"))
            file.CopyTo(torn);
        LogCut(file.Name, length, file.Length - length);
        file.SetLength(length);
        file.Flush(flushToDisk: true);
    }

    [LoggerMessage(7010, LogLevel.Warning,
        "The end of {File} was torn and is cut off: {Bytes} bytes from {Offset} on, which nobody was answered for.")]
    private partial void LogCut(string file, long offset, long bytes);
}
