using System.Buffers;
using System.Globalization;

namespace LiveChat.Embedded.Disk;

/// <summary>
/// What the file that names all files of a database (its MANIFEST, in the format of a write-ahead log) says of the
/// write-ahead logs. It is read before RocksDB does, which reads for ever when one bit of a record's type is flipped.
/// Every change of it is synced before it counts, so a bad record is damage; only a record that the file ends in is
/// what a crash leaves, and RocksDB's to drop.
/// </summary>
internal sealed class Manifest
{
    private const string Prefix = "MANIFEST-";

    private readonly Dictionary<ulong, ulong> _familyLogs = new() { [0] = 0 };
    private readonly Dictionary<ulong, long> _syncedLogs = [];
    private readonly ArrayBufferWriter<byte> _edit = new();
    private ulong _oldestLog;
    private bool _isInEdit;
    private bool _hasEdit;

    private Manifest()
    {
    }

    /// <summary>The number of the first write-ahead log that is needed; older ones may be there or not.</summary>
    public ulong FirstLog => Math.Max(_oldestLog, _familyLogs.Values.Min());

    /// <summary>Up to which sequence number the tables go, all together. What was written before
    /// <see cref="FirstLog"/> was begun is at or below it.</summary>
    public long LastSequence { get; private set; }

    /// <summary>How many bytes are synced of the write-ahead logs that are no more written to. RocksDB says it with
    /// the first sync after it began another, and before any table has what is in them.</summary>
    public IReadOnlyDictionary<ulong, long> SyncedLogs => _syncedLogs;

    /// <summary>The manifest that CURRENT names; null when the folder has no database yet.</summary>
    /// <exception cref="DataDamagedException">There is no such file.</exception>
    public static string? PathIn(string folder)
    {
        var current = Path.Combine(folder, "CURRENT");
        if (!File.Exists(current))
            return null;
        var path = Path.Combine(folder, Path.GetFileName(File.ReadAllText(current).Trim()));
        if (NumberOf(path) == 0)
            throw DataDamagedException.At(current, 0, "it names no manifest");
        return File.Exists(path) ? path : throw DataDamagedException.At(path, 0, "the file is missing");
    }

    /// <summary>The number in the name of a manifest; 0 when it is not the name of one.</summary>
    public static ulong NumberOf(string path)
    {
        var name = Path.GetFileName(path);
        return name.StartsWith(Prefix, StringComparison.Ordinal) && ulong.TryParse(
            name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;
    }

    /// <summary>Null when the folder has no database yet.</summary>
    /// <exception cref="DataDamagedException">It cannot be read, or is shorter than it was; nothing was changed.
    /// </exception>
    public static Manifest? Read(string folder, SyncedMark mark)
    {
        if (PathIn(folder) is not { } path)
            return null;
        using var file = File.OpenRead(path);
        if (mark.Manifest == NumberOf(path) && file.Length < mark.ManifestBytes)
            throw DataDamagedException.At(
                path, file.Length, $"it ends there and was synced up to byte {mark.ManifestBytes}");
        var manifest = new Manifest();
        var block = new byte[WriteAheadLogBlock.Bytes];
        for (long start = 0; file.ReadAtLeast(block, block.Length, throwOnEndOfStream: false) is > 0 and var length;)
        {
            if (manifest.ReadBlock(block.AsSpan(0, length), isLast: file.Position == file.Length) is { } bad)
                throw DataDamagedException.At(path, start + bad, "a record is not readable");
            start += length;
        }

        // CURRENT names it once its first edits are synced.
        return manifest._hasEdit ? manifest : throw DataDamagedException.At(path, 0, "it says nothing");
    }

    /// <summary>The offset of the first bad record; null when all are good.</summary>
    private int? ReadBlock(ReadOnlySpan<byte> block, bool isLast)
    {
        for (var at = 0; block.Length - at >= WriteAheadLogBlock.HeaderBytes;)
        {
            var rest = block[at..];
            if (WriteAheadLogBlock.TryRead(rest, out var type, out var content))
            {
                if (!TryTake(type, content)) return at;
                at += WriteAheadLogBlock.HeaderBytes + content.Length;
                continue;
            }

            var isUnfinished = isLast && type <= WriteAheadLogBlock.Last
                && (!rest.ContainsAnyExcept((byte)0)
                    || WriteAheadLogBlock.HeaderBytes + (rest[4] | (rest[5] << 8)) > rest.Length);
            return isUnfinished ? null : at;
        }

        return null;
    }

    /// <summary>Takes a good record, which is an edit or a part of one; false when it is none.</summary>
    private bool TryTake(byte type, ReadOnlySpan<byte> content)
    {
        var isStart = type is WriteAheadLogBlock.Full or WriteAheadLogBlock.First;
        if (type is < WriteAheadLogBlock.Full or > WriteAheadLogBlock.Last || isStart == _isInEdit) return false;
        if (isStart) _edit.ResetWrittenCount();
        _edit.Write(content);
        _isInEdit = type is WriteAheadLogBlock.First or WriteAheadLogBlock.Middle;
        if (_isInEdit) return true;
        try
        {
            Apply(ManifestEdit.Parse(_edit.WrittenSpan));
        }
        catch (Exception e) when (e is InvalidDataException or OverflowException or ArgumentOutOfRangeException)
        {
            return false;
        }

        return true;
    }

    private void Apply(ManifestEdit edit)
    {
        _hasEdit = true;
        LastSequence = Math.Max(LastSequence, edit.LastSequence);
        _oldestLog = Math.Max(_oldestLog, edit.OldestLog ?? 0);
        if (edit.IsFamilyDropped)
            _familyLogs.Remove(edit.Family);
        else if (edit.FamilyLog is { } log)
            _familyLogs[edit.Family] = log;
        foreach (var (number, bytes) in edit.SyncedLogs)
            _syncedLogs[number] = bytes;
        foreach (var number in _syncedLogs.Keys)
            if (number < edit.ForgottenLogs)
                _syncedLogs.Remove(number);
    }
}
