using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using LiveChat.Protocol.Frames;

namespace LiveChat.Server.OpenApi;

/// <summary>
/// The named schemas of the OpenAPI document: one for each record on the wire, under the record's name. Everything else
/// refers to them, so that a generated client has one class for each.
/// </summary>
/// <remarks>Not thread-safe; one instance makes one document.</remarks>
internal sealed class OpenApiSchemas
{
    private const string Event = nameof(ChatEvent);

    private readonly SortedDictionary<string, JsonNode> _named = new(StringComparer.Ordinal);
    private readonly JsonSchemaExporterOptions _options;

    public OpenApiSchemas() => _options = new JsonSchemaExporterOptions { TransformSchemaNode = Describe };

    /// <summary>All schemas that were named so far, by their names.</summary>
    public JsonObject ToJson() =>
        new(_named.Select(static schema => KeyValuePair.Create(schema.Key, (JsonNode?)schema.Value.DeepClone())));

    /// <summary>Names the schema of a record, and refers to it.</summary>
    public JsonObject Refer(JsonTypeInfo shape) => Name(shape.Type.Name, Fields(shape));

    /// <summary>Gives a schema a name, and refers to it.</summary>
    /// <exception cref="InvalidOperationException">Another schema has the name already.</exception>
    public JsonObject Name(string name, JsonNode schema)
    {
        if (!_named.TryAdd(name, schema) && !JsonNode.DeepEquals(_named[name], schema))
            throw new InvalidOperationException($"Two schemas are called {name}.");
        return Reference(name);
    }

    /// <summary>The schema of a record without a name; records inside of it are named.</summary>
    public JsonObject Fields(JsonTypeInfo shape) => shape.GetJsonSchemaAsNode(_options).AsObject();

    public static JsonObject Of(string type) => new() { ["type"] = type };

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    /// <summary>Says what the exporter cannot see: shapes with a converter of their own. An optional value may be null
    /// in a request, where null means what an absent field means; no answer has a null.</summary>
    private JsonNode Describe(JsonSchemaExporterContext context, JsonNode schema)
    {
        var value = Nullable.GetUnderlyingType(context.TypeInfo.Type);
        var type = value ?? context.TypeInfo.Type;
        if (type == typeof(ChatEvent)) return ReferToEvents();
        if (type == typeof(DateTimeOffset)) return Of("string", "date-time", value is not null);
        if (type == typeof(long)) return Of("integer", "int64", value is not null);
        if (type == typeof(int)) return Of("integer", "int32", value is not null);
        if (type == typeof(JsonElement)) return AnyObject(value is not null);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
            return new JsonObject { ["type"] = "array", ["items"] = Item(context, type.GetGenericArguments()[0]) };
        if (schema is not JsonObject described) return schema;

        described.Remove("default");
        if (described["properties"] is null) return described;
        described["type"] = "object";
        return context.Path.IsEmpty ? described : Name(type.Name, described);
    }

    private JsonObject Item(JsonSchemaExporterContext context, Type item) =>
        item == typeof(string) ? Of("string")
        : item == typeof(ChatEvent) ? ReferToEvents()
        : Refer(context.TypeInfo.Options.GetTypeInfo(item));

    /// <summary>The event as it stands on a page: one of all kinds, told apart by its <c>type</c>. It has no
    /// <c>discriminator</c>, because NSwag's classes then fail on a page, and <c>anyOf</c> instead of <c>oneOf</c>,
    /// because its classes then do not compile.</summary>
    private JsonObject ReferToEvents()
    {
        if (_named.ContainsKey(Event)) return Reference(Event);
        var kinds = new JsonArray();
        foreach (var (type, shape) in FrameTable.Events)
        {
            kinds.Add(Name($"{shape.Type.Name}{nameof(Event)}", new JsonObject
            {
                ["type"] = "object",
                ["required"] = new JsonArray("type", "data"),
                ["properties"] = new JsonObject
                {
                    ["type"] = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray(type) },
                    ["data"] = Refer(shape),
                },
            }));
        }

        return Name(Event, new JsonObject
        {
            ["description"] = "A client keeps the seq of an event whose type it does not know, and ignores the rest.",
            ["anyOf"] = kinds,
        });
    }

    private static JsonObject Of(string type, string format, bool mayBeNull) =>
        new() { ["type"] = Type(type, mayBeNull), ["format"] = format };

    private static JsonObject AnyObject(bool mayBeNull) =>
        new() { ["type"] = Type("object", mayBeNull), ["additionalProperties"] = true };

    private static JsonNode Type(string type, bool mayBeNull) => mayBeNull ? new JsonArray(type, "null") : type;
}
