using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace LiveChat.Protocol.Frames;

/// <summary>
/// The JSON form of the frames (subprotocol <c>livechat.v1.json</c>). Reading never throws, whatever the bytes are;
/// text is written as it is, UTF-8, not escaped for HTML. Free of state, hence for every thread.
/// </summary>
public static class JsonFrames
{
    private delegate T? DataReader<T>(ref Envelope envelope);

    private static readonly JsonReaderOptions ReaderOptions = new()
    {
        MaxDepth = Limits.JsonDepthMax,
        CommentHandling = JsonCommentHandling.Disallow,
        AllowTrailingCommas = false,
    };

    /// <summary>Text as it is: nothing is escaped that JSON lets stand.</summary>
    internal static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = MinimalJsonEncoder.Instance,
        SkipValidation = true,
    };

    /// <summary>
    /// Takes the next frame off a WebSocket message: frames are separated by line feeds, blank lines are nothing.
    /// </summary>
    /// <param name="rest">The message; afterwards what follows the frame.</param>
    /// <param name="frame">A part of the same memory.</param>
    /// <returns>False when nothing is left.</returns>
    public static bool TryTakeFrame(ref ReadOnlyMemory<byte> rest, out ReadOnlyMemory<byte> frame)
    {
        while (!rest.IsEmpty)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            frame = end < 0 ? rest : rest[..end];
            rest = end < 0 ? ReadOnlyMemory<byte>.Empty : rest[(end + 1)..];
            if (frame.Span.ContainsAnyExcept((byte)' ', (byte)'\t', (byte)'\r')) return true;
        }

        frame = default;
        return false;
    }

    /// <summary>Reads one frame of a client. One that cannot be read has its number nevertheless where that stands
    /// before what is wrong.</summary>
    public static FrameRead<ClientFrame> ReadClientFrame(ReadOnlySpan<byte> utf8)
    {
        uint? number = null;
        try
        {
            if (TryReadEnvelope(utf8, "id"u8, out var envelope, out var problem))
            {
                number = envelope.Number;
                var frame = FrameTable.ReadClientData(ref envelope);
                return frame is null
                    ? FrameRead<ClientFrame>.Unknown(number)
                    : FrameRead<ClientFrame>.Of(frame, number);
            }

            return FrameRead<ClientFrame>.Malformed(Envelope.NumberOf(utf8, "id"u8, ReaderOptions), problem);
        }
        catch (JsonException wrong)
        {
            return FrameRead<ClientFrame>.Malformed(
                number ?? Envelope.NumberOf(utf8, "id"u8, ReaderOptions), Describe(wrong));
        }
    }

    /// <summary>Reads one frame of a server.</summary>
    public static FrameRead<ServerFrame> ReadServerFrame(ReadOnlySpan<byte> utf8)
    {
        uint? number = null;
        try
        {
            if (TryReadEnvelope(utf8, "re"u8, out var envelope, out var problem))
            {
                number = envelope.Number;
                var frame = FrameTable.ReadServerData(ref envelope);
                return frame is null
                    ? FrameRead<ServerFrame>.Unknown(number)
                    : FrameRead<ServerFrame>.Of(frame, number);
            }

            return FrameRead<ServerFrame>.Malformed(null, problem);
        }
        catch (JsonException wrong)
        {
            return FrameRead<ServerFrame>.Malformed(number, Describe(wrong));
        }
    }

    /// <summary>
    /// Reads the body of an HTTP request: the <c>data</c> of a frame without its envelope. An empty one is <c>{}</c>.
    /// </summary>
    public static FrameRead<ClientFrame> ReadClientData(string type, ReadOnlySpan<byte> utf8) =>
        ReadData<ClientFrame>(type, utf8, FrameTable.ReadClientData);

    /// <summary>Reads the body of an HTTP answer: the <c>data</c> of a frame without its envelope.</summary>
    public static FrameRead<ServerFrame> ReadServerData(string type, ReadOnlySpan<byte> utf8) =>
        ReadData<ServerFrame>(type, utf8, FrameTable.ReadServerData);

    /// <summary>Writes the body of an HTTP answer: the <c>data</c> of a frame without its envelope.</summary>
    public static void WriteData(IBufferWriter<byte> output, ServerFrame frame)
    {
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        FrameTable.WriteData(writer, frame);
    }

    /// <summary>Writes one frame of a client, without a line feed.</summary>
    public static void Write(IBufferWriter<byte> output, ClientFrame frame)
    {
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        FrameTable.Write(writer, frame);
    }

    /// <summary>Writes one frame of a server, without a line feed.</summary>
    public static void Write(IBufferWriter<byte> output, ServerFrame frame)
    {
        using var writer = new Utf8JsonWriter(output, WriterOptions);
        FrameTable.Write(writer, frame);
    }

    private static FrameRead<T> ReadData<T>(string type, ReadOnlySpan<byte> utf8, DataReader<T> read)
        where T : class
    {
        if (Refuses(utf8) is { } problem) return FrameRead<T>.Malformed(null, problem);
        try
        {
            // The first walk is for the syntax alone, also of what comes after the data.
            var reader = new Utf8JsonReader(utf8, ReaderOptions);
            var envelope = new Envelope { Type = type, HasData = !utf8.IsEmpty };
            if (envelope.HasData)
            {
                reader.Read();
                envelope.Data = reader;
                while (reader.Read())
                {
                }
            }

            return read(ref envelope) is { } frame
                ? FrameRead<T>.Of(frame, null)
                : FrameRead<T>.Unknown(null);
        }
        catch (JsonException wrong)
        {
            return FrameRead<T>.Malformed(null, Describe(wrong));
        }
    }

    private static bool TryReadEnvelope(
        ReadOnlySpan<byte> utf8, scoped ReadOnlySpan<byte> numberName, out Envelope envelope, out string problem)
    {
        envelope = default;
        problem = Refuses(utf8) ?? "";
        if (problem.Length > 0) return false;

        var reader = new Utf8JsonReader(utf8, ReaderOptions);
        reader.Read();
        if (!Envelope.TryRead(ref reader, numberName, out envelope, out problem)) return false;

        problem = "Something follows the frame.";
        return !reader.Read();
    }

    /// <summary>Why these bytes are no text; null when they are.</summary>
    internal static string? Refuses(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8)) return "The text is not UTF-8.";
        if (utf8.StartsWith("\uFEFF"u8)) return "The text begins with a byte order mark.";
        return HasLoneSurrogate(utf8) ? "The text has half of a surrogate pair." : null;
    }

    /// <summary>
    /// Looks for <c>\uD800</c> … <c>\uDFFF</c> that do not make a pair. JSON allows them, but they are no text: a
    /// reader of another language would replace them, and two devices would hold different messages.
    /// </summary>
    private static bool HasLoneSurrogate(ReadOnlySpan<byte> utf8)
    {
        while (utf8.IndexOf((byte)'\\') is var at && at >= 0 && at + 1 < utf8.Length)
        {
            utf8 = utf8[at..];
            var unit = EscapedUnit(utf8);
            if (unit is >= 0xDC00 and <= 0xDFFF) return true;
            if (unit is < 0xD800 or > 0xDFFF)
            {
                utf8 = utf8[2..];
                continue;
            }

            if (EscapedUnit(utf8[6..]) is not (>= 0xDC00 and <= 0xDFFF)) return true;
            utf8 = utf8[12..];
        }

        return false;
    }

    /// <summary>The UTF-16 unit of a <c>\uXXXX</c> at the beginning, or -1 where there is none.</summary>
    private static int EscapedUnit(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length < 6 || utf8[0] != '\\' || utf8[1] != 'u') return -1;

        var unit = 0;
        foreach (var digit in utf8[2..6])
        {
            if (!char.IsAsciiHexDigit((char)digit)) return -1;
            unit = (unit << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return unit;
    }

    private static string Describe(JsonException wrong) =>
        wrong.Path is { } path ? $"data does not fit the type of the frame at {path}." : "The frame is not JSON.";
}
