using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Google.Protobuf;
using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Contents;

/// <summary>Lines as JSON: names in snake case, what is 0, false or null left out, 64-bit ids as strings, records of
/// the log as protobuf says it in JSON. Equal lines have equal bytes.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    IgnoreReadOnlyProperties = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    Converters =
    [
        typeof(ChatIdJson), typeof(UserIdJson), typeof(ClientIdJson), typeof(MessageIdJson), typeof(PositionJson),
        typeof(HashJson), typeof(EventJson), typeof(BodyJson),
    ])]
[JsonSerializable(typeof(ContentLine))]
internal sealed partial class ContentJson : JsonSerializerContext;

/// <summary>A value that JSON has as a string.</summary>
internal abstract class StringJson<T> : JsonConverter<T>
{
    public sealed override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.String && TryParse(reader.GetString()!, out var value)
            ? value
            : throw new JsonException();

    public sealed override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteStringValue(TextOf(value));

    protected abstract bool TryParse(string text, out T value);

    protected abstract string TextOf(T value);
}

/// <summary>The id of a chat.</summary>
internal sealed class ChatIdJson : StringJson<ChatId>
{
    protected override bool TryParse(string text, out ChatId value) => ChatId.TryParse(text, out value);

    protected override string TextOf(ChatId value) => value.ToString();
}

/// <summary>The id of a user.</summary>
internal sealed class UserIdJson : StringJson<UserId>
{
    /// <summary>The server's own id is none that a user may have.</summary>
    protected override bool TryParse(string text, out UserId value)
    {
        value = UserId.OfRecord(text);
        return true;
    }

    protected override string TextOf(UserId value) => value.Value;
}

/// <summary>A client id.</summary>
internal sealed class ClientIdJson : StringJson<ClientId>
{
    protected override bool TryParse(string text, out ClientId value) => ClientId.TryParse(text, out value);

    protected override string TextOf(ClientId value) => value.ToString();
}

/// <summary>The id of a message.</summary>
internal sealed class MessageIdJson : StringJson<MessageId>
{
    protected override bool TryParse(string text, out MessageId value) => MessageId.TryParse(text, out value);

    protected override string TextOf(MessageId value) => value.ToString();
}

/// <summary>A position of the log.</summary>
internal sealed class PositionJson : StringJson<Position>
{
    protected override bool TryParse(string text, out Position value)
    {
        var isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        value = new Position(number);
        return isNumber;
    }

    protected override string TextOf(Position value) => value.Value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A hash of 64 bits.</summary>
internal sealed class HashJson : StringJson<ulong>
{
    protected override bool TryParse(string text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out value);

    protected override string TextOf(ulong value) => value.ToString("x16", CultureInfo.InvariantCulture);
}

/// <summary>A member of a roster in JSON.</summary>
internal sealed record MemberShape(UserId User, Role Role, long FromSeq);

/// <summary>A head in JSON, with its members as a list.</summary>
internal sealed record HeadShape(
    ChatId Chat, long Seq, Position Position, long TimeMs, long Stamp, long N, bool Direct, bool Pull, string? Title,
    string? Custom, long SettingsSeq, UserId? Awaits, MemberShape[] Members)
{
    public static HeadShape Of(ChatState head)
    {
        var members = new MemberShape[head.Roster.Count];
        for (var i = 0; i < members.Length; i++)
        {
            var (user, role, fromSeq) = head.Roster.Members[i];
            members[i] = new MemberShape(user, role, fromSeq);
        }

        return new HeadShape(
            head.Chat, head.Seq, head.Position, head.TimeMs, head.Stamp, head.N, head.Direct, head.Pull,
            NullIfEmpty(head.Title), NullIfEmpty(head.Custom), head.SettingsSeq, head.Awaits, members);
    }

    /// <exception cref="ContentException">A member stands in it twice.</exception>
    public ChatState ToState()
    {
        try
        {
            return new ChatState
            {
                Chat = Chat,
                Seq = Seq,
                Position = Position,
                TimeMs = TimeMs,
                Stamp = Stamp,
                N = N,
                Direct = Direct,
                Pull = Pull,
                Title = Title ?? "",
                Custom = Custom ?? "",
                SettingsSeq = SettingsSeq,
                Awaits = Awaits,
                Roster = Roster.Create(Members.Select(static one => new Member(one.User, one.Role, one.FromSeq))),
            };
        }
        catch (ArgumentException wrong)
        {
            throw new ContentException($"The chat {Chat} cannot be read: {wrong.Message}", wrong);
        }
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
}

/// <summary>What protobuf encodes, in protobuf's JSON.</summary>
internal abstract class ProtobufJson<T>(MessageDescriptorOf<T> message) : JsonConverter<T>
    where T : class, IMessage, new()
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default);
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default);

    public sealed override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var json = JsonDocument.ParseValue(ref reader);
        try
        {
            return (T)Parser.Parse(json.RootElement.GetRawText(), message());
        }
        catch (Exception wrong) when (wrong is InvalidProtocolBufferException or FormatException or OverflowException)
        {
            throw new JsonException(wrong.Message, wrong);
        }
    }

    public sealed override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteRawValue(Formatter.Format(value), skipInputValidation: true);
}

/// <summary>The descriptor of a message of protobuf.</summary>
internal delegate Google.Protobuf.Reflection.MessageDescriptor MessageDescriptorOf<T>();

/// <summary>An event.</summary>
internal sealed class EventJson() : ProtobufJson<StoredEvent>(static () => StoredEvent.Descriptor);

/// <summary>The body of a message.</summary>
internal sealed class BodyJson() : ProtobufJson<Body>(static () => Body.Descriptor);
