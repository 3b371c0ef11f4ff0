using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Backend;
using LiveChat.Server.Tokens;
using Microsoft.AspNetCore.Http;

namespace LiveChat.Server.Api;

/// <summary>
/// The description of the HTTP API, OpenAPI 3.1, made from the routes and from the shapes of the frames: it cannot say
/// anything else than the server does.
/// </summary>
internal static class OpenApiDocument
{
    public const string Path = "/openapi/v1.json";

    private const string About =
        "Everything that a user does, with the user's token or with a server key that names the user in "
        + $"`{ApiAuthentication.ActAs}`, and what the application's backend does for itself, with a server key. "
        + $"`livechat serve --dev` gives tokens to anybody at `{DevelopmentTokens.Path}`.";

    private const string IfMatch = "The `ETag` of the settings that the change is for; or `*`. One tag, not a list.";

    private static readonly JsonSchemaExporterOptions SchemaOptions = new() { TransformSchemaNode = Describe };
    private static readonly Lazy<string> Text = new(static () => Create().ToJsonString(Indented));
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Json => Text.Value;

    public static Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = ApiBody.Json;
        return context.Response.WriteAsync(Json, context.RequestAborted);
    }

    private static JsonObject Create()
    {
        var paths = new JsonObject();
        foreach (var routes in ApiRoutes.All.GroupBy(static route => route.Path))
        {
            var item = new JsonObject();
            foreach (var route in routes) item[route.Method.ToLowerInvariant()] = Operation(route);
            paths[routes.Key] = item;
        }

        foreach (var routes in BackendRoutes.All.GroupBy(static route => route.Path))
        {
            var item = new JsonObject();
            foreach (var route in routes) item[route.Method.ToLowerInvariant()] = Operation(route);
            paths[routes.Key] = item;
        }

        paths[ApiMeta.Path] = new JsonObject { ["get"] = Meta() };
        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject { ["title"] = "LiveChat", ["version"] = "v1", ["description"] = About },
            ["security"] = new JsonArray(Secured("token"), Secured("key")),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject
                {
                    ["token"] = Bearer("A user's token."),
                    ["key"] = Bearer("A server key of the application's backend, made by `livechat key create`."),
                },
                ["parameters"] = new JsonObject
                {
                    ["ActAs"] = Parameter(ApiAuthentication.ActAs, "header", false, Of("string")),
                },
                ["schemas"] = new JsonObject { ["Problem"] = SchemaOf(typeof(ErrorFrame)) },
            },
        };
    }

    private static JsonObject Operation(ApiRoute route)
    {
        var command = SchemaOf(route.Command);
        var fields = command["properties"]?.AsObject() ?? [];
        var parameters = new JsonArray();
        foreach (var name in ApiRoute.Fields.Keys.Where(name => route.Path.Contains($"{{{name}}}", Exactly)))
            parameters.Add(Parameter(name, "path", true, Take(command, ApiRoute.Fields[name])));
        if (route.Constant is { } constant) Take(command, constant.Name);
        Take(command, ApiBody.CustomPatch); // Over HTTP that is what custom says in a merge patch.
        foreach (var (name, _) in route.QueryParameters)
            parameters.Add(Parameter(
                name, "query", false, route.HasBody ? fields[name]!.DeepClone() : Take(command, name)));
        if (route.HasTag) parameters.Add(Parameter("If-Match", "header", false, Of("string", IfMatch)));
        parameters.Add(new JsonObject { ["$ref"] = "#/components/parameters/ActAs" });

        var operation = new JsonObject
        {
            ["summary"] = route.Summary,
            ["description"] = $"The command `{route.FrameType}` of the socket.",
            ["operationId"] = OperationId(route.Method, route.Path),
            ["parameters"] = parameters,
            ["responses"] = Responses(route),
        };
        if (!route.HasBody) return operation;

        // A key is made when none is named.
        if (command["required"]?.AsArray() is { } required)
            required.RemoveAll(static name => name!.GetValue<string>() == "client_id");
        operation["requestBody"] = Body(command, route.IsPatch);
        return operation;
    }

    private static JsonObject Meta() => new()
    {
        ["summary"] = "Which server this is and what it takes",
        ["operationId"] = OperationId("GET", ApiMeta.Path),
        ["security"] = new JsonArray(),
        ["responses"] = new JsonObject
        {
            ["200"] = Response("Done.", ApiBody.Json, SchemaOf(BackendJsonContext.Default.MetaInfo)),
            ["default"] = Refused(),
        },
    };

    private static JsonObject Operation(BackendRoute route)
    {
        var parameters = new JsonArray();
        foreach (var part in route.Path.Split('/').Where(static part => part.StartsWith('{')))
            parameters.Add(Parameter(part.Trim('{', '}'), "path", true, Of("string")));
        var done = route.Answer is { } answer
            ? Response("Done.", ApiBody.Json, SchemaOf(answer))
            : new JsonObject { ["description"] = "Done." };
        var operation = new JsonObject
        {
            ["summary"] = route.Summary,
            ["description"] = "For server keys alone.",
            ["operationId"] = OperationId(route.Method, route.Path),
            ["security"] = new JsonArray(Secured("key")),
            ["parameters"] = parameters,
            ["responses"] = new JsonObject
            {
                [route.Answer is null ? "204" : "200"] = done,
                ["default"] = Refused(),
            },
        };
        if (route.Body is null) return operation;
        var body = SchemaOf(route.Body);
        Take(body, ApiBody.CustomPatch);
        operation["requestBody"] = Body(body, route.IsPatch);
        return operation;
    }

    private static JsonObject Responses(ApiRoute route)
    {
        var responses = new JsonObject();
        if (route.Answer is { } answer)
        {
            responses["200"] = Response("Done.", ApiBody.Json, SchemaOf(answer));
            if (route.Creates)
                responses["201"] = Response("Made; 200 for a repetition.", ApiBody.Json, SchemaOf(answer));
            foreach (var (_, done) in responses)
            {
                if (route.Creates) done!["headers"] = Header("Location", "Where it is.");
                if (route.HasTag || answer == typeof(ChatDetails))
                    done!["headers"] = Header("ETag", "The settings' tag, for If-Match.");
            }
        }
        else
        {
            responses["204"] = new JsonObject { ["description"] = "Noted." };
        }

        responses["default"] = Refused();
        return responses;
    }

    private static JsonObject Refused()
    {
        var refused = Response(
            "Refused, or not known.",
            "application/problem+json",
            new JsonObject { ["$ref"] = "#/components/schemas/Problem" });
        refused["headers"] = Header("Retry-After", "In how many seconds the same may be sent again.");
        return refused;
    }

    private static JsonObject Header(string name, string description) => new()
    {
        [name] = new JsonObject { ["description"] = description, ["schema"] = Of("string") },
    };

    private static JsonObject Body(JsonObject schema, bool isPatch)
    {
        var content = Content(ApiBody.Json, schema);
        if (isPatch) content[ApiBody.MergePatch] = new JsonObject { ["schema"] = schema.DeepClone() };
        return new JsonObject { ["required"] = true, ["content"] = content };
    }

    private static string OperationId(string method, string path) =>
        $"{method}{path}".Replace("/v1", "", Exactly);

    private static JsonObject Secured(string scheme) => new() { [scheme] = new JsonArray() };

    private static JsonObject Bearer(string description) =>
        new() { ["type"] = "http", ["scheme"] = "bearer", ["description"] = description };

    private static JsonObject Response(string description, string type, JsonNode schema) =>
        new() { ["description"] = description, ["content"] = Content(type, schema) };

    private static JsonObject Content(string type, JsonNode schema) =>
        new() { [type] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Parameter(string name, string place, bool required, JsonNode schema)
    {
        NotNull(schema);
        if (name == "limit") (schema["minimum"], schema["maximum"]) = (1, Limits.PageItemsMax);
        if (name == "view") schema["enum"] = new JsonArray("messages", "events");
        return new JsonObject { ["name"] = name, ["in"] = place, ["required"] = required, ["schema"] = schema };
    }

    /// <summary>The exporter lets anything be null that is a class, or may be absent.</summary>
    private static void NotNull(JsonNode schema)
    {
        if (schema is JsonObject && schema["type"] is JsonArray types)
            schema["type"] = types.Select(static type => type!.GetValue<string>()).First(static type => type != "null");
    }

    /// <summary>Takes a field out of a schema: it comes from elsewhere.</summary>
    private static JsonNode Take(JsonNode schema, string field)
    {
        var taken = schema["properties"]?[field]?.DeepClone() ?? Of("string");
        schema["properties"]?.AsObject().Remove(field);
        schema["required"]?.AsArray().RemoveAll(name => name!.GetValue<string>() == field);
        return taken;
    }

    private static JsonObject SchemaOf(Type frame) =>
        SchemaOf(frame == typeof(ErrorFrame) ? FrameJsonContext.Default.Problem : FrameTable.ShapeOf(frame));

    private static JsonObject SchemaOf(JsonTypeInfo shape) => shape.GetJsonSchemaAsNode(SchemaOptions).AsObject();

    /// <summary>What the exporter cannot see: shapes that have a converter of their own, and that nothing which is
    /// there by itself is null.</summary>
    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode schema)
    {
        var type = context.TypeInfo.Type;
        if (context.Path.IsEmpty) NotNull(schema);
        if (type == typeof(DateTimeOffset) || type == typeof(DateTimeOffset?))
            return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        if (type == typeof(JsonElement) || type == typeof(JsonElement?)) return Of("object");
        if (type == typeof(ChatEvent)) return EventSchema();
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IReadOnlyList<>)) return schema;
        var item = type.GetGenericArguments()[0];
        var items = item == typeof(string) ? Of("string")
            : item == typeof(ChatEvent) ? EventSchema()
            : context.TypeInfo.Options.GetTypeInfo(item).GetJsonSchemaAsNode(SchemaOptions);
        return new JsonObject { ["type"] = "array", ["items"] = items };
    }

    private static JsonObject EventSchema() => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray("type", "data"),
        ["properties"] = new JsonObject { ["type"] = Of("string"), ["data"] = Of("object") },
    };

    private static JsonObject Of(string type) => new() { ["type"] = type };

    private static JsonObject Of(string type, string description) =>
        new() { ["type"] = type, ["description"] = description };

    private const StringComparison Exactly = StringComparison.Ordinal;
}
