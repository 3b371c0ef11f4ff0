using System.Buffers.Binary;
using System.IO.Hashing;
using Google.Protobuf;

namespace LiveChat.Core.Log;

/// <summary>How the bytes of a log entry were understood. The default is no success.</summary>
internal enum EnvelopeStatus
{
    /// <summary>The bytes are not what was appended: set aside, with an alert, and skipped.</summary>
    ChecksumFailed = 0,

    /// <summary>A format or a kind that this version does not know: the partition stops.</summary>
    Unknown = 1,

    Ok = 2,

    /// <summary>It says only that time has passed: every group passes over it.</summary>
    Tick = 3,
}

/// <summary>What <see cref="RecordEnvelope.Decode"/> found.</summary>
/// <param name="Status">Whether the rest is there.</param>
/// <param name="Rules">The number of the rules that the record was written for.</param>
/// <param name="Record">The record; null unless <paramref name="Status"/> is ok.</param>
internal readonly record struct DecodedRecord(EnvelopeStatus Status, ushort Rules, Record? Record);

/// <summary>
/// The bytes of a record in the log:
/// <code>
/// offset 0   format    1 byte    1
///        1   kind      1 byte    the field number of the record's body: 10 (created) … 18 (settings), 22 (chat
///                           deleted); 19: a tick
///        2   rules     2 bytes   little-endian
///        4   record    protobuf
///   end - 8  checksum  8 bytes   XxHash3 of everything before it, little-endian
/// </code>
/// The checksum covers the format byte too, and stays where it is in every later format, so that damage is never
/// taken for a newer version. A tick has no record, and rules number 0. Pure; any thread.
/// </summary>
internal static class RecordEnvelope
{
    public const byte Format = 1;

    private const byte TickKind = 19;
    private const int HeaderBytes = 4;
    private const int ChecksumBytes = 8;

    /// <summary>How many bytes the envelope adds to the encoded record.</summary>
    public const int OverheadBytes = HeaderBytes + ChecksumBytes;

    /// <summary>A tick: what an owner appends to a partition that is idle, see <c>Ticker</c>.</summary>
    public static ReadOnlyMemory<byte> Tick { get; } = EncodeTick();

    public static byte[] Encode(Record record, ushort rules)
    {
        if (record.BodyCase == Record.BodyOneofCase.None)
            throw new ArgumentException("A record has a body.", nameof(record));

        var size = record.CalculateSize();
        var bytes = new byte[size + OverheadBytes];
        bytes[0] = Format;
        bytes[1] = KindOf(record, rules);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), rules);
        record.WriteTo(bytes.AsSpan(HeaderBytes, size));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(HeaderBytes + size), Checksum(bytes));
        return bytes;
    }

    /// <exception cref="InvalidProtocolBufferException">The checksum holds but the record cannot be read: what was
    /// appended is wrong, so the partition stops.</exception>
    public static DecodedRecord Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < OverheadBytes
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes[^ChecksumBytes..]) != Checksum(bytes))
            return default;

        var rules = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        if (bytes[0] == Format && bytes[1] == TickKind)
            return new DecodedRecord(EnvelopeStatus.Tick, rules, null);
        if (bytes[0] != Format || !IsKnown(bytes[1]))
            return new DecodedRecord(EnvelopeStatus.Unknown, rules, null);

        var record = Record.Parser.ParseFrom(bytes[HeaderBytes..^ChecksumBytes]);
        return KindOf(record, rules) == bytes[1]
            ? new DecodedRecord(EnvelopeStatus.Ok, rules, record)
            : new DecodedRecord(EnvelopeStatus.Unknown, rules, null);
    }

    /// <summary>Adds the chat that the record in these bytes deletes, if it does. Reads no other record.</summary>
    /// <exception cref="InvalidProtocolBufferException">See <see cref="Decode"/>.</exception>
    public static void AddDeleted(ReadOnlySpan<byte> bytes, HashSet<ulong> deleted)
    {
        if (bytes.Length > OverheadBytes
            && bytes[1] == (byte)Record.BodyOneofCase.ChatDeleted
            && Decode(bytes).Record is { } record)
            deleted.Add(record.Chat);
    }

    private static byte[] EncodeTick()
    {
        var bytes = new byte[OverheadBytes];
        (bytes[0], bytes[1]) = (Format, TickKind);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(HeaderBytes), Checksum(bytes));
        return bytes;
    }

#if LIVECHAT_NEXT_RULES
    private static byte KindOf(Record record, ushort rules) =>
        rules >= NextKind.Rules && NextKind.Has(record) ? NextKind.Number : (byte)record.BodyCase;

    private static bool IsKnown(byte kind) =>
        kind is (>= (byte)Record.BodyOneofCase.Created and <= (byte)Record.BodyOneofCase.Settings)
            or (byte)Record.BodyOneofCase.ChatDeleted or NextKind.Number;
#else
    private static byte KindOf(Record record, ushort rules) => (byte)record.BodyCase;

    private static bool IsKnown(byte kind) =>
        kind is (>= (byte)Record.BodyOneofCase.Created and <= (byte)Record.BodyOneofCase.Settings)
            or (byte)Record.BodyOneofCase.ChatDeleted;
#endif

    private static ulong Checksum(ReadOnlySpan<byte> bytes) =>
        XxHash3.HashToUInt64(bytes[..^ChecksumBytes]);
}
