using System.Text.Json;

namespace LiveChat.Protocol.Frames;

/// <summary>
/// The outside of a frame: <c>{"type", "id"|"re"?, "data"?}</c> in any order, other members ignored. Reading it walks
/// the whole object once, so that the syntax of <c>data</c> is known to be right before anything is built from it.
/// </summary>
internal ref struct Envelope
{
    /// <summary>More members than this are no frame of anybody's.</summary>
    private const int MembersMax = 16;

    /// <summary>The frame's type.</summary>
    public string Type;

    /// <summary>The number of the command.</summary>
    public uint? Number;

    /// <summary>Whether there is a <c>data</c>.</summary>
    public bool HasData;

    /// <summary>Stands on the first token of <c>data</c>.</summary>
    public Utf8JsonReader Data;

    /// <summary>
    /// The number of a frame that cannot be read, as far as it can be: that of the first object, when it names one and
    /// no other before the mistake. Its sender waits for an answer to it.
    /// </summary>
    public static uint? NumberOf(
        ReadOnlySpan<byte> utf8, ReadOnlySpan<byte> numberName, JsonReaderOptions options)
    {
        uint? number = null;
        try
        {
            var reader = new Utf8JsonReader(utf8, options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isNumber = reader.ValueTextEquals(numberName);
                reader.Read();
                if (!isNumber)
                {
                    reader.Skip();
                    continue;
                }

                if (number is not null || reader.TokenType != JsonTokenType.Number) return null;
                if (!reader.TryGetUInt32(out var found) || found == 0) return null;
                number = found;
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Not JSON from here on, or half of a surrogate pair in a name.
        }

        return number;
    }

    /// <summary>
    /// Reads from the opening brace on and leaves the reader on the closing one.
    /// </summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static bool TryRead(
        scoped ref Utf8JsonReader reader,
        scoped ReadOnlySpan<byte> numberName,
        out Envelope envelope,
        out string problem)
    {
        envelope = default;
        problem = "A frame is a JSON object.";
        if (reader.TokenType != JsonTokenType.StartObject) return false;

        HashSet<string>? others = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            problem = "A member of the frame is there twice.";
            var isType = reader.ValueTextEquals("type"u8);
            var isNumber = reader.ValueTextEquals(numberName);
            var isData = reader.ValueTextEquals("data"u8);
            if (isType && envelope.Type is not null) return false;
            if (isNumber && envelope.Number is not null) return false;
            if (isData && envelope.HasData) return false;
            if (!isType && !isNumber && !isData)
            {
                others ??= new HashSet<string>(StringComparer.Ordinal);
                if (!others.Add(reader.GetString()!)) return false;

                problem = "The frame has too many members.";
                if (others.Count > MembersMax) return false;
            }

            reader.Read();
            if (isType)
            {
                problem = "type is not a string.";
                if (reader.TokenType != JsonTokenType.String) return false;
                envelope.Type = reader.ValueTextEquals("pong"u8) ? FrameType.Pong : reader.GetString()!;
            }
            else if (isNumber)
            {
                problem = "The frame's number is not within 1 … 4294967295.";
                if (reader.TokenType != JsonTokenType.Number) return false;
                if (!reader.TryGetUInt32(out var number) || number == 0) return false;
                envelope.Number = number;
            }
            else
            {
                if (isData)
                {
                    envelope.Data = reader;
                    envelope.HasData = true;
                }

                reader.Skip();
            }
        }

        problem = "The frame has no type.";
        return envelope.Type is not null;
    }
}
