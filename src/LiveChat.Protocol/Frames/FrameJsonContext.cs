using System.Text.Json.Serialization;

namespace LiveChat.Protocol.Frames;

/// <summary>
/// The generated (reflection-free) shape of every frame's <c>data</c>: snake_case, nulls left out, and on the way in
/// as strict as JSON goes: no duplicate names, no null where a value is due, no numbers in quotes.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = Limits.JsonDepthMax,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    Converters =
    [
        typeof(UtcTimeConverter),
        typeof(ChatEventConverter),
        typeof(ItemsConverter<string>),
        typeof(ItemsConverter<Reaction>),
        typeof(ItemsConverter<Receipt>),
        typeof(ItemsConverter<PresenceItem>),
        typeof(ItemsConverter<Stay>),
        typeof(ItemsConverter<BehindChat>),
        typeof(ItemsConverter<ChatSummary>),
        typeof(ItemsConverter<ChatMember>),
        typeof(ItemsConverter<ChatEvent>),
        typeof(ItemsConverter<FieldProblem>),
    ])]
[JsonSerializable(typeof(Connect))]
[JsonSerializable(typeof(Auth))]
[JsonSerializable(typeof(Pong))]
[JsonSerializable(typeof(ChatCreate))]
[JsonSerializable(typeof(ChatUpdate))]
[JsonSerializable(typeof(MemberAdd))]
[JsonSerializable(typeof(MemberRemove))]
[JsonSerializable(typeof(MemberRole))]
[JsonSerializable(typeof(MessageSend))]
[JsonSerializable(typeof(MessageEdit))]
[JsonSerializable(typeof(MessageDelete))]
[JsonSerializable(typeof(ReactionSet))]
[JsonSerializable(typeof(Mark))]
[JsonSerializable(typeof(Typing))]
[JsonSerializable(typeof(HistoryGet))]
[JsonSerializable(typeof(ChatsGet))]
[JsonSerializable(typeof(SyncGet))]
[JsonSerializable(typeof(ChatGet))]
[JsonSerializable(typeof(MineSet))]
[JsonSerializable(typeof(PresenceGet))]
[JsonSerializable(typeof(PresenceWatching))]
[JsonSerializable(typeof(PresenceSet))]
[JsonSerializable(typeof(Ready))]
[JsonSerializable(typeof(AuthDone))]
[JsonSerializable(typeof(TokenExpiring))]
[JsonSerializable(typeof(Ack))]
[JsonSerializable(typeof(Accepted))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(Ping))]
[JsonSerializable(typeof(Goodbye))]
[JsonSerializable(typeof(ChatHeadFrame))]
[JsonSerializable(typeof(Receipts))]
[JsonSerializable(typeof(TypingUpdate))]
[JsonSerializable(typeof(PresenceList))]
[JsonSerializable(typeof(PresenceChanged))]
[JsonSerializable(typeof(PresenceSetting))]
[JsonSerializable(typeof(Page))]
[JsonSerializable(typeof(Chats))]
[JsonSerializable(typeof(Sync))]
[JsonSerializable(typeof(ChatDetails))]
[JsonSerializable(typeof(Mine))]
[JsonSerializable(typeof(ChatCreated))]
[JsonSerializable(typeof(ChatUpdated))]
[JsonSerializable(typeof(ChatDeleted))]
[JsonSerializable(typeof(MemberAdded))]
[JsonSerializable(typeof(MemberRemoved))]
[JsonSerializable(typeof(MemberRoleChanged))]
[JsonSerializable(typeof(MessageCreated))]
[JsonSerializable(typeof(MessageEdited))]
[JsonSerializable(typeof(MessageDeleted))]
[JsonSerializable(typeof(ReactionChanged))]
[JsonSerializable(typeof(UnknownEvent))]
internal sealed partial class FrameJsonContext : JsonSerializerContext;
