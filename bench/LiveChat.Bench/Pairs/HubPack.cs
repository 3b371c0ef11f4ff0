using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using LiveChat.Loads.Chats;

namespace LiveChat.Bench.Pairs;

/// <summary>The MessagePack protocol of a hub: records of a length and an array. Of MessagePack it knows what such
/// records have: whole numbers, short strings, arrays, empty maps.</summary>
internal sealed class HubPack : IHubWire
{
    private const int CallKind = 1;
    private const int CompletionKind = 3;
    private const int ErrorResult = 1;
    private const byte Nil = 0xc0;
    private const byte EmptyMap = 0x80;
    private const byte ArrayOf = 0x90;
    private const byte ShortText = 0xa0;
    private const byte Text8 = 0xd9;

    public string Protocol => "messagepack";

    public bool IsBinary => true;

    public byte[] Call(long number, string method, int chat, params ReadOnlySpan<string> texts)
    {
        List<byte> record = [ArrayOf + 6, CallKind, EmptyMap];
        Write(record, number.ToString(CultureInfo.InvariantCulture));
        Write(record, method);
        record.Add((byte)(ArrayOf + 1 + texts.Length));
        record.Add(0xd2);
        Span<byte> value = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(value, chat);
        record.AddRange(value);
        foreach (var text in texts) Write(record, text);
        record.Add(ArrayOf);

        // No record of the load is of 16 KB.
        return record.Count < 0x80
            ? [(byte)record.Count, .. record]
            : [(byte)(0x80 | (record.Count & 0x7f)), (byte)(record.Count >> 7), .. record];
    }

    public bool TryTake(ref ReadOnlySpan<byte> message, out HubRecord record)
    {
        record = default;
        if (message.IsEmpty) return false;
        var (length, shift) = (0, 0);
        byte one;
        do
        {
            one = message[0];
            message = message[1..];
            length |= (one & 0x7f) << shift;
            shift += 7;
        }
        while (one >= 0x80);
        record = Read(message[..length]);
        message = message[length..];
        return true;
    }

    /// <summary>Kind, headers, number of the call; then of a call its method and arguments, of a completion what kind
    /// of result it is.</summary>
    private static HubRecord Read(ReadOnlySpan<byte> from)
    {
        from = from[1..];
        var kind = Number(ref from);
        if (kind is not (CallKind or CompletionKind)) return new HubRecord(HubRecordKind.Other);
        if (from[0] != EmptyMap) throw new FormatException("A record of the hub has headers.");
        from = from[1..];
        if (kind == CompletionKind)
        {
            var call = long.Parse(Text(ref from), CultureInfo.InvariantCulture);
            return new HubRecord(
                Number(ref from) == ErrorResult ? HubRecordKind.Failed : HubRecordKind.Answered, call);
        }

        if (from[0] == Nil) from = from[1..];
        else Text(ref from);
        if (!Text(ref from).SequenceEqual("message"u8)) return new HubRecord(HubRecordKind.Other);
        from = from[1..];
        var seq = Number(ref from);
        Number(ref from); // The chat.
        Text(ref from); // The sender.
        var text = Text(ref from);
        return new HubRecord(
            HubRecordKind.Delivered, seq, text is [(byte)'@', ..] ? LoadText.Read(text[1..]) : null);
    }

    private static void Write(List<byte> record, string text)
    {
        if (text.Length < 32) record.Add((byte)(ShortText + text.Length));
        else record.AddRange([Text8, (byte)text.Length]);
        record.AddRange(Encoding.ASCII.GetBytes(text));
    }

    private static long Number(ref ReadOnlySpan<byte> from)
    {
        var first = from[0];
        var rest = from[1..];
        var (value, size) = first switch
        {
            < 0x80 => ((long)first, 0),
            0xcc => (rest[0], 1),
            0xcd => (BinaryPrimitives.ReadUInt16BigEndian(rest), 2),
            0xce => (BinaryPrimitives.ReadUInt32BigEndian(rest), 4),
            0xcf or 0xd3 => (BinaryPrimitives.ReadInt64BigEndian(rest), 8),
            0xd2 => (BinaryPrimitives.ReadInt32BigEndian(rest), 4),
            _ => throw new FormatException($"{first:x2} is no number of the hub."),
        };
        from = rest[size..];
        return value;
    }

    private static ReadOnlySpan<byte> Text(ref ReadOnlySpan<byte> from)
    {
        var (start, length) = from[0] switch
        {
            >= ShortText and < ShortText + 32 and var first => (1, first - ShortText),
            Text8 => (2, (int)from[1]),
            var first => throw new FormatException($"{first:x2} is no text of the hub."),
        };
        var text = from.Slice(start, length);
        from = from[(start + length)..];
        return text;
    }
}
