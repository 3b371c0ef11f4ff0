using System.Text.Json.Serialization;
using LiveChat.Protocol.Frames;

namespace LiveChat.Server.Api;

/// <summary>The shape of what the server says of itself.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    Converters = [typeof(ItemsConverter<string>)])]
[JsonSerializable(typeof(MetaInfo))]
internal sealed partial class MetaJsonContext : JsonSerializerContext;
