using System.Text.Json.Serialization;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Server.Backend;

/// <summary>The shapes of what backends send and get: written and read by the rules of the frames.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = Limits.JsonDepthMax,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    Converters = [typeof(UtcTimeConverter), typeof(ItemsConverter<string>)])]
[JsonSerializable(typeof(KeyDraft))]
[JsonSerializable(typeof(KeyInfo))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(ClusterStatus))]
[JsonSerializable(typeof(ErasureInfo))]
[JsonSerializable(typeof(DeletionInfo))]
[JsonSerializable(typeof(UserDraft))]
[JsonSerializable(typeof(UserInfo))]
[JsonSerializable(typeof(UserQuery))]
[JsonSerializable(typeof(UserList))]
[JsonSerializable(typeof(DeviceList))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(TokenDraft))]
[JsonSerializable(typeof(TokenGrant))]
internal sealed partial class BackendJsonContext : JsonSerializerContext;
