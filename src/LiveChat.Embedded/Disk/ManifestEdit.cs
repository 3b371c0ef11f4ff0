using System.Buffers.Binary;

namespace LiveChat.Embedded.Disk;

/// <summary>
/// One change of a database's files, as its MANIFEST has it, as far as it takes to know which write-ahead logs must
/// be there:
/// <code>
/// edit      (tag value)…                  all numbers are varints, texts are length(varint) bytes
/// new file  level number size smallest(text) largest(text) first_sequence last_sequence (tag text)… 1
/// </code>
/// RocksDB writes the length of a tag's value in front of it when older versions may skip the tag (8192 and up).
/// </summary>
internal ref struct ManifestEdit
{
    private const ulong SkippableTag = 1 << 13;
    private const ulong EndOfFields = 1;

    private ReadOnlySpan<byte> _rest;

    private ManifestEdit(ReadOnlySpan<byte> bytes)
    {
        _rest = bytes;
    }

    /// <summary>Which column family it is about.</summary>
    public ulong Family { get; private set; }

    public bool IsFamilyDropped { get; private set; }

    /// <summary>The oldest write-ahead log from which the family lacks anything.</summary>
    public ulong? FamilyLog { get; private set; }

    /// <summary>The oldest write-ahead log from which any family lacks anything; older ones are deleted.</summary>
    public ulong? OldestLog { get; private set; }

    /// <summary>The highest sequence number that it says of anything in a table.</summary>
    public long LastSequence { get; private set; }

    /// <summary>Write-ahead logs that are written to no more, and how many bytes of them are synced.</summary>
    public List<(ulong Number, long Bytes)> SyncedLogs { get; } = [];

    /// <summary>Which write-ahead logs are no more counted among the synced ones: those below.</summary>
    public ulong ForgottenLogs { get; private set; }

    /// <exception cref="InvalidDataException">It is not one, or has something that this version never writes.
    /// </exception>
    public static ManifestEdit Parse(ReadOnlySpan<byte> bytes)
    {
        var edit = new ManifestEdit(bytes);
        while (!edit._rest.IsEmpty)
            edit.ReadField(edit.Number());
        return edit;
    }

    private void ReadField(ulong tag)
    {
        switch (tag)
        {
            case 1 or 201: // Names: of the order of keys, of a new family.
                Text();
                break;
            case 2:
                FamilyLog = Number();
                break;
            case 3 or 9 or 203 or 300: // The next file, a log of old versions, the next family, a group of edits.
                Number();
                break;
            case 4:
                Note(Number());
                break;
            case 5: // Where a compaction stands.
                Number();
                Text();
                break;
            case 6: // A file that goes.
                Number();
                Number();
                break;
            case 10:
                OldestLog = Number();
                break;
            case 103:
                ReadNewFile();
                break;
            case 200:
                Family = Number();
                break;
            case 202:
                IsFamilyDropped = true;
                break;
            case 8199:
                SyncedLogs.Add(ReadSyncedLog(new ManifestEdit(Text())));
                break;
            case 8200:
                ForgottenLogs = new ManifestEdit(Text()).Number();
                break;
            case >= SkippableTag:
                Text();
                break;
            default:
                throw new InvalidDataException($"tag {tag} is not known");
        }
    }

    private void ReadNewFile()
    {
        const ulong oldestLog = 3; // Here instead of in the edit, for the sake of old versions.
        Number();
        Number();
        Number();
        Text();
        Text();
        Number();
        Note(Number());
        for (var field = Number(); field != EndOfFields; field = Number())
        {
            var value = Text();
            if (field == oldestLog)
                OldestLog = BinaryPrimitives.ReadUInt64LittleEndian(value);
        }
    }

    private static (ulong Number, long Bytes) ReadSyncedLog(ManifestEdit addition)
    {
        const ulong syncedBytes = 2;
        var log = addition.Number();
        var bytes = 0L;
        for (var field = addition.Number(); field != EndOfFields; field = addition.Number())
        {
            if (field != syncedBytes)
                throw new InvalidDataException($"field {field} of a write-ahead log is not known");
            bytes = checked((long)addition.Number());
        }

        return (log, bytes);
    }

    private void Note(ulong sequence) => LastSequence = Math.Max(LastSequence, checked((long)sequence));

    private ulong Number()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64 && !_rest.IsEmpty; shift += 7)
        {
            var part = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }

        throw new InvalidDataException("a number does not end");
    }

    private ReadOnlySpan<byte> Text()
    {
        var length = Number();
        if (length > (ulong)_rest.Length)
            throw new InvalidDataException("a text is longer than what there is");
        var text = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return text;
    }
}
