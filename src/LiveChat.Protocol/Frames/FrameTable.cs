using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LiveChat.Protocol.Frames;

/// <summary>
/// Which record stands behind which <c>type</c>: the one table that reading and writing go by.
/// </summary>
internal static class FrameTable
{
    private static readonly FrozenDictionary<string, JsonTypeInfo> ClientShapes = new Dictionary<string, JsonTypeInfo>
    {
        [FrameType.Connect] = FrameJsonContext.Default.Connect,
        [FrameType.Auth] = FrameJsonContext.Default.Auth,
        [FrameType.Pong] = FrameJsonContext.Default.Pong,
        [FrameType.ChatCreate] = FrameJsonContext.Default.ChatCreate,
        [FrameType.ChatUpdate] = FrameJsonContext.Default.ChatUpdate,
        [FrameType.MemberAdd] = FrameJsonContext.Default.MemberAdd,
        [FrameType.MemberRemove] = FrameJsonContext.Default.MemberRemove,
        [FrameType.MemberRole] = FrameJsonContext.Default.MemberRole,
        [FrameType.MessageSend] = FrameJsonContext.Default.MessageSend,
        [FrameType.MessageEdit] = FrameJsonContext.Default.MessageEdit,
        [FrameType.MessageDelete] = FrameJsonContext.Default.MessageDelete,
        [FrameType.ReactionSet] = FrameJsonContext.Default.ReactionSet,
        [FrameType.Mark] = FrameJsonContext.Default.Mark,
        [FrameType.Typing] = FrameJsonContext.Default.Typing,
        [FrameType.History] = FrameJsonContext.Default.HistoryGet,
        [FrameType.Chats] = FrameJsonContext.Default.ChatsGet,
        [FrameType.Sync] = FrameJsonContext.Default.SyncGet,
        [FrameType.ChatGet] = FrameJsonContext.Default.ChatGet,
        [FrameType.ChatMine] = FrameJsonContext.Default.MineSet,
        [FrameType.PresenceGet] = FrameJsonContext.Default.PresenceGet,
        [FrameType.PresenceWatch] = FrameJsonContext.Default.PresenceWatching,
        [FrameType.PresenceSet] = FrameJsonContext.Default.PresenceSet,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, JsonTypeInfo> ServerShapes = new Dictionary<string, JsonTypeInfo>
    {
        [FrameType.Ready] = FrameJsonContext.Default.Ready,
        [FrameType.Auth] = FrameJsonContext.Default.AuthDone,
        [FrameType.TokenExpiring] = FrameJsonContext.Default.TokenExpiring,
        [FrameType.Ack] = FrameJsonContext.Default.Ack,
        [FrameType.Accepted] = FrameJsonContext.Default.Accepted,
        [FrameType.Ping] = FrameJsonContext.Default.Ping,
        [FrameType.Goodbye] = FrameJsonContext.Default.Goodbye,
        [FrameType.ChatHead] = FrameJsonContext.Default.ChatHeadFrame,
        [FrameType.Receipts] = FrameJsonContext.Default.Receipts,
        [FrameType.Typing] = FrameJsonContext.Default.TypingUpdate,
        [FrameType.Presence] = FrameJsonContext.Default.PresenceList,
        [FrameType.PresenceChanged] = FrameJsonContext.Default.PresenceChanged,
        [FrameType.PresenceSet] = FrameJsonContext.Default.PresenceSetting,
        [FrameType.Page] = FrameJsonContext.Default.Page,
        [FrameType.Chats] = FrameJsonContext.Default.Chats,
        [FrameType.Sync] = FrameJsonContext.Default.Sync,
        [FrameType.Chat] = FrameJsonContext.Default.ChatDetails,
        [FrameType.ChatMine] = FrameJsonContext.Default.Mine,
        [FrameType.ChatCreated] = FrameJsonContext.Default.ChatCreated,
        [FrameType.ChatUpdated] = FrameJsonContext.Default.ChatUpdated,
        [FrameType.ChatDeleted] = FrameJsonContext.Default.ChatDeleted,
        [FrameType.MemberAdded] = FrameJsonContext.Default.MemberAdded,
        [FrameType.MemberRemoved] = FrameJsonContext.Default.MemberRemoved,
        [FrameType.MemberRoleChanged] = FrameJsonContext.Default.MemberRoleChanged,
        [FrameType.MessageCreated] = FrameJsonContext.Default.MessageCreated,
        [FrameType.MessageEdited] = FrameJsonContext.Default.MessageEdited,
        [FrameType.MessageDeleted] = FrameJsonContext.Default.MessageDeleted,
        [FrameType.ReactionChanged] = FrameJsonContext.Default.ReactionChanged,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<Type, KeyValuePair<JsonEncodedText, JsonTypeInfo>> Names =
        ClientShapes.Concat(ServerShapes).ToFrozenDictionary(
            static entry => entry.Value.Type,
            static entry => KeyValuePair.Create(JsonEncodedText.Encode(entry.Key), entry.Value));

    private static readonly Pong BarePong = new();
    private static readonly JsonEncodedText TypeName = JsonEncodedText.Encode("type");
    private static readonly JsonEncodedText IdName = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText ReName = JsonEncodedText.Encode("re");
    private static readonly JsonEncodedText DataName = JsonEncodedText.Encode("data");
    private static readonly JsonEncodedText ErrorName = JsonEncodedText.Encode(FrameType.Error);

    /// <summary>The type and the shape of every kind of event, in the order of the types.</summary>
    public static IEnumerable<KeyValuePair<string, JsonTypeInfo>> Events =>
        ServerShapes.Where(static entry => entry.Value.Type.IsAssignableTo(typeof(ChatEvent)))
            .OrderBy(static entry => entry.Key, StringComparer.Ordinal);

    /// <summary>The JSON shapes of all frames of clients.</summary>
    public static IReadOnlyList<JsonTypeInfo> ClientFrames => ClientShapes.Values;

    /// <summary>The JSON shape of a frame's data, for documents that describe it.</summary>
    public static JsonTypeInfo ShapeOf(Type frame) => Names[frame].Value;

    /// <summary>The frame of a client, or null for an unknown type.</summary>
    /// <exception cref="JsonException">The data does not fit the type.</exception>
    public static ClientFrame? ReadClientData(ref Envelope envelope)
    {
        if (!ClientShapes.TryGetValue(envelope.Type, out var shape)) return null;

        if (envelope.HasData && shape == FrameJsonContext.Default.MessageSend
            && UsualFrames.ReadMessage(envelope.Data, envelope.Number) is { } message)
            return message;

        // Nearly all that idle sessions say is a pong without anything: nothing is built from it.
        var isBarePong = !envelope.HasData && shape == FrameJsonContext.Default.Pong;
        var frame = isBarePong ? BarePong : (ClientFrame)ReadData(ref envelope, shape);
        return envelope.Number is null ? frame : frame with { Id = envelope.Number };
    }

    /// <summary>The frame of a server, or null for an unknown type that is no event either.</summary>
    /// <exception cref="JsonException">The data does not fit the type.</exception>
    public static ServerFrame? ReadServerData(ref Envelope envelope)
    {
        ServerFrame frame;
        if (envelope.Type == FrameType.Error)
        {
            frame = new ErrorFrame { Problem = (Problem)ReadData(ref envelope, FrameJsonContext.Default.Problem) };
        }
        else if (ServerShapes.TryGetValue(envelope.Type, out var shape))
        {
            frame = (ServerFrame)ReadData(ref envelope, shape);
        }
        else
        {
            var unknown = ReadUnknownEvent(ref envelope);
            if (unknown is null) return null;
            frame = unknown;
        }

        return envelope.Number is null ? frame : frame with { Re = envelope.Number };
    }

    /// <summary>Writes the whole frame.</summary>
    public static void Write(Utf8JsonWriter writer, ClientFrame frame)
    {
        var (name, shape) = Names[frame.GetType()];
        WriteEnvelope(writer, name, IdName, frame.Id);
        if (frame is not Pong)
        {
            writer.WritePropertyName(DataName);
            JsonSerializer.Serialize(writer, frame, shape);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes the whole frame.</summary>
    public static void Write(Utf8JsonWriter writer, ServerFrame frame)
    {
        var (name, shape) = Shape(frame);
        WriteEnvelope(writer, name, ReName, frame.Re);
        if (frame is not Accepted)
        {
            writer.WritePropertyName(DataName);
            WriteData(writer, frame, shape);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes the data of a frame alone.</summary>
    public static void WriteData(Utf8JsonWriter writer, ServerFrame frame)
    {
        var (_, shape) = Shape(frame);
        WriteData(writer, frame, shape);
    }

    private static KeyValuePair<JsonEncodedText, JsonTypeInfo> Shape(ServerFrame frame) => frame switch
    {
        ErrorFrame => KeyValuePair.Create<JsonEncodedText, JsonTypeInfo>(ErrorName, FrameJsonContext.Default.Problem),
        UnknownEvent unknown => KeyValuePair.Create<JsonEncodedText, JsonTypeInfo>(
            JsonEncodedText.Encode(unknown.Type), FrameJsonContext.Default.UnknownEvent),
        _ => Names[frame.GetType()],
    };

    /// <summary>An event of a later version has the members that every event has; anything else is none.</summary>
    private static UnknownEvent? ReadUnknownEvent(ref Envelope envelope)
    {
        try
        {
            return (UnknownEvent)ReadData(ref envelope, FrameJsonContext.Default.UnknownEvent) with
            {
                Type = envelope.Type,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static object ReadData(ref Envelope envelope, JsonTypeInfo shape)
    {
        var data = envelope.HasData ? envelope.Data : new Utf8JsonReader("{}"u8);
        return JsonSerializer.Deserialize(ref data, shape) ?? throw new JsonException("data is null.");
    }

    private static void WriteEnvelope(
        Utf8JsonWriter writer, JsonEncodedText type, JsonEncodedText numberName, uint? number)
    {
        writer.WriteStartObject();
        writer.WriteString(TypeName, type);
        if (number is { } value) writer.WriteNumber(numberName, value);
    }

    private static void WriteData(Utf8JsonWriter writer, ServerFrame frame, JsonTypeInfo shape)
    {
        if (UsualFrames.TryWriteData(writer, frame)) return;
        JsonSerializer.Serialize(writer, frame is ErrorFrame error ? error.Problem : frame, shape);
    }
}
