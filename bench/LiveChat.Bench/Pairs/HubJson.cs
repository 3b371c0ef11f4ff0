using System.Buffers.Text;
using System.Globalization;
using System.Text;
using LiveChat.Loads.Chats;

namespace LiveChat.Bench.Pairs;

/// <summary>The JSON protocol of a hub. Records are searched, not parsed.</summary>
internal sealed class HubJson : IHubWire
{
    public const byte End = 0x1e;

    public string Protocol => "json";

    public bool IsBinary => false;

    public byte[] Call(long number, string method, int chat, params ReadOnlySpan<string> texts)
    {
        var line = new StringBuilder().Append(
            CultureInfo.InvariantCulture,
            $$"""{"type":1,"invocationId":"{{number}}","target":"{{method}}","arguments":[{{chat}}""");
        foreach (var text in texts) line.Append(",\"").Append(text).Append('"');
        return [.. Encoding.UTF8.GetBytes(line.Append("]}").ToString()), End];
    }

    public bool TryTake(ref ReadOnlySpan<byte> message, out HubRecord record)
    {
        var end = message.IndexOf(End);
        record = end < 0 ? default : Read(message[..end]);
        message = message[(end + 1)..];
        return end >= 0;
    }

    private static HubRecord Read(ReadOnlySpan<byte> line)
    {
        if (line.StartsWith("""{"type":1,"target":"message","arguments":["""u8))
        {
            var seq = NumberBehind(line, "\"arguments\":["u8);
            return LoadText.TryTake(ref line, out var text)
                ? new HubRecord(HubRecordKind.Delivered, seq, text)
                : new HubRecord(HubRecordKind.Delivered, seq);
        }

        if (!line.StartsWith("""{"type":3"""u8)) return new HubRecord(HubRecordKind.Other);
        return line.IndexOf("\"error\":"u8) >= 0
            ? new HubRecord(HubRecordKind.Failed)
            : new HubRecord(HubRecordKind.Answered, NumberBehind(line, "\"invocationId\":\""u8));
    }

    private static long NumberBehind(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        Utf8Parser.TryParse(line[(line.IndexOf(name) + name.Length)..], out long number, out _)
            ? number
            : throw new FormatException(Encoding.UTF8.GetString(line));
}
