using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace LiveChat.Protocol.Frames;

/// <summary>Times are UTC with milliseconds and <c>Z</c> on the way out. On the way in they are of RFC 3339: a date, a
/// time to the second and an offset, since a time without one means another moment in each place.</summary>
internal sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    /// <summary><c>yyyy-MM-ddTHH:mm:ss.fff</c>, with which the round-trip format begins.</summary>
    private const int ToMilliseconds = 23;

    private const int RoundTripChars = 28;

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            && IsWhole(reader.GetString())
            && reader.TryGetDateTimeOffset(out var time)
                ? time.ToUniversalTime()
                : throw new JsonException("A time is an RFC 3339 string with an offset.");

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[RoundTripChars];
        var fits = value.UtcDateTime.TryFormat(text, out var written, "O", CultureInfo.InvariantCulture);
        Debug.Assert(fits && written == RoundTripChars, "The format has one length.");
        text[ToMilliseconds] = (byte)'Z';
        writer.WriteStringValue(text[..(ToMilliseconds + 1)]);
    }

    /// <summary>Whether nothing is left out that the reader of ISO 8601 lets one leave out.</summary>
    private static bool IsWhole(string? text) =>
        text is { Length: > 19 }
        && text[10] == 'T' && text[16] == ':'
        && (text[^1] == 'Z' || (text[^6] is '+' or '-' && text[^3] == ':'));
}

/// <summary>A list without null items: a null would pass the annotations and fail far from the wire.</summary>
/// <typeparam name="T">The items' type.</typeparam>
internal sealed class ItemsConverter<T> : JsonConverter<IReadOnlyList<T>>
    where T : class
{
    public override IReadOnlyList<T> Read(
        ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw new JsonException("A list is due.");

        var shape = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        var items = new List<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(JsonSerializer.Deserialize(ref reader, shape) ?? throw new JsonException("An item is null."));
        }

        return items;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<T> value, JsonSerializerOptions options)
    {
        var shape = (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
        writer.WriteStartArray();
        for (var i = 0; i < value.Count; i++) JsonSerializer.Serialize(writer, value[i], shape);
        writer.WriteEndArray();
    }
}

/// <summary>An event inside a page has the form that it has alone: <c>{"type", "data"}</c>.</summary>
internal sealed class ChatEventConverter : JsonConverter<ChatEvent>
{
    public override ChatEvent Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (!Envelope.TryRead(ref reader, "re"u8, out var envelope, out var problem)) throw new JsonException(problem);
        return FrameTable.ReadServerData(ref envelope) as ChatEvent ?? throw new JsonException("Not an event.");
    }

    public override void Write(Utf8JsonWriter writer, ChatEvent value, JsonSerializerOptions options) =>
        FrameTable.Write(writer, value);
}
