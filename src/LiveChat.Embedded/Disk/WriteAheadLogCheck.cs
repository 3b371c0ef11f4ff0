using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace LiveChat.Embedded.Disk;

/// <summary>
/// Reads the write-ahead logs of a database before RocksDB opens it, block by block, and decides what a bad place
/// means: <b>damage</b>, which is refused and left as it is, or a <b>torn tail</b>, which nobody was answered for and
/// which is cut off. RocksDB's own recovery cannot be left to decide: with one bit of a record's type flipped,
/// 11.12 reads for ever in one mode, its other modes drop acknowledged batches without a word, and none of them
/// misses a file that was never noted as synced.
/// <para>
/// A place is bad when a record is not readable, when a file ends within a batch, and when a batch does not follow
/// the one before it, also across files: each has the sequence number behind the last of the former, and the first
/// of all goes on where the tables end. It is damage when the manifest or the <see cref="SyncedMark"/> says that
/// what is lost was synced, or something behind it; and, where every batch is synced before the next is written, when
/// a batch <i>begins</i> behind it. Parts of the bad batch itself may follow: a power cut leaves the blocks of
/// unsynced writes in any order.
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

    // Of the last batch; null before the first.
    private long? _lastSequence;

    /// <exception cref="DataDamagedException">Something that was acknowledged is not there; nothing was changed.
    /// </exception>
    public void Run()
    {
        if (Manifest.Read(folder, mark) is not { } manifest)
        {
            ThrowIfNotNew();
            return;
        }

        var files = Files(folder).Where(path => NumberOf(path) >= manifest.FirstLog).ToList();
        CheckSynced(manifest);
        for (var i = 0; i < files.Count; i++)
        {
            using var file = File.Open(files[i], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            if (FindBad(file, manifest) is not { } bad)
                continue;
            var next = FindBatch(file, bad.Offset) ?? files.Skip(i + 1).Select(FindBatch).FirstOrDefault(HasValue);
            var isSynced = next <= mark.Sequence || (_lastSequence ?? manifest.LastSequence) < mark.Sequence
                || files.Skip(i).Any(path => manifest.SyncedLogs.TryGetValue(NumberOf(path)!.Value, out var bytes)
                    && (path != files[i] || bad.Offset < bytes));
            if (isSynced)
                throw DataDamagedException.At(files[i], bad.Offset, $"{bad.What}, and it was synced");
            if (isEachBatchSynced && next is not null)
                throw DataDamagedException.At(files[i], bad.Offset, $"{bad.What}, and others follow it");
            Cut(file, _isInBatch ? _batchStart : bad.Offset, files[(i + 1)..]);
            return;
        }

        // RocksDB is where its tables end when these are ahead.
        if (files.Count > 0 && Math.Max(_lastSequence ?? 0, manifest.LastSequence) < mark.Sequence)
            throw DataDamagedException.At(
                files[^1], new FileInfo(files[^1]).Length, "what followed was synced and is missing");
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

    private static bool HasValue(long? sequence) => sequence is not null;

    /// <summary>RocksDB would begin a new database in the place of one that it does not find.</summary>
    private void ThrowIfNotNew()
    {
        if (mark.Sequence > 0 || Files(folder).Count > 0 || Directory.EnumerateFiles(folder, "*.sst").Any())
            throw DataDamagedException.At(Path.Combine(folder, "CURRENT"), 0, "the file is missing");
    }

    private void CheckSynced(Manifest manifest)
    {
        var lengths = Files(folder).ToDictionary(path => NumberOf(path)!.Value, path => new FileInfo(path).Length);
        foreach (var (number, bytes) in manifest.SyncedLogs.OrderBy(static log => log.Key))
        {
            if (number < manifest.FirstLog)
                continue;
            var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{number:000000}.log"));
            if (!lengths.TryGetValue(number, out var length))
                throw DataDamagedException.At(path, 0, "the file is missing");
            if (length < bytes)
                throw DataDamagedException.At(path, length, $"it ends there and was synced up to byte {bytes}");
        }
    }

    /// <summary>The first bad place of a file; null when all of it is good.</summary>
    private (long Offset, string What)? FindBad(FileStream file, Manifest manifest)
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
                    return (start + at, "a record is not readable");
                }

                at += WriteAheadLogBlock.HeaderBytes + content.Length;
                if (EndOfBatch(type, manifest) is { } gap)
                    return (_batchStart, gap);
            }

            start += length;
            if (length < WriteAheadLogBlock.Bytes && at < length)
                return (start - length + at, "a record is not readable");
        }

        return _isInBatch ? (start, "a record is cut off") : null;
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
        return type is WriteAheadLogBlock.First or WriteAheadLogBlock.Middle
            || _batchHeaderLength == _batchHeader.Length;
    }

    /// <summary>Ends a batch whose last part was taken; what is wrong when it does not follow the one before it.
    /// </summary>
    private string? EndOfBatch(byte type, Manifest manifest)
    {
        if (type is not (WriteAheadLogBlock.Full or WriteAheadLogBlock.Last))
            return null;
        _isInBatch = false;
        var first = BinaryPrimitives.ReadInt64LittleEndian(_batchHeader);
        var count = BinaryPrimitives.ReadUInt32LittleEndian(_batchHeader.AsSpan(8));

        // RocksDB begins a log with an empty one after a recovery.
        if (count == 0)
            return null;
        if (_lastSequence is { } last ? first != last + 1 : first > manifest.LastSequence + 1)
            return $"the batches before number {first} are missing from number "
                + $"{(_lastSequence ?? manifest.LastSequence) + 1} on";
        _lastSequence = first + count - 1;
        return null;
    }

    private long? FindBatch(string path)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return FindBatch(file, 0);
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

    /// <summary>Cuts a file, and empties those behind it.</summary>
    private void Cut(FileStream file, long length, IReadOnlyList<string> later)
    {
        // The last tail that was cut off is kept, for whoever has to find out what the disk did.
        foreach (var former in Directory.EnumerateFiles(folder, "*.torn"))
            File.Delete(former);

        // The last file first: a crash in between leaves no gap.
        foreach (var path in later.Reverse())
        {
            using var emptied = File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            Cut(emptied, 0);
        }

        Cut(file, length);
    }

    private void Cut(FileStream file, long length)
    {
        if (file.Length == length)
            return;
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
