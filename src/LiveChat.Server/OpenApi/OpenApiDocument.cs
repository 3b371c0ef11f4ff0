using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Api;
using LiveChat.Server.Backend;
using LiveChat.Server.Http;
using LiveChat.Server.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LiveChat.Server.OpenApi;

/// <summary>
/// The description of the HTTP API, OpenAPI 3.1. It is made from the route tables and from the shapes of the frames, so
/// that it says what the server does. Operations and schemas have names of which a generator makes methods and classes.
/// </summary>
internal sealed class OpenApiDocument
{
    public const string Path = "/openapi/v1.json";

    private const string About =
        "Everything that a user does, with the user's token or with a server key that names the user in "
        + $"`{Credentials.ActAs}`, and what the application's backend does for itself, with a server key. "
        + $"`livechat serve --dev` gives tokens to anybody at `{DevelopmentTokens.Path}`.";

    private const string IfMatch = "The `ETag` of the settings that the change is for; or `*`. One tag, not a list.";

    private static readonly Lazy<string> Text = new(static () => new OpenApiDocument().Create().ToJsonString(Indented));
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly OpenApiSchemas _schemas = new();

    private OpenApiDocument()
    {
    }

    public static string Json => Text.Value;

    public static void Map(IEndpointRouteBuilder app) => app.MapMethods(Path, ApiRoute.MethodsOf("GET"), WriteAsync);

    private static Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = ApiBody.Json;
        return context.Response.WriteAsync(Json, context.RequestAborted);
    }

    private JsonObject Create()
    {
        var paths = new JsonObject();
        foreach (var route in ApiRoutes.All) Add(paths, route.Path, route.Method, Operation(route));
        foreach (var route in BackendRoutes.All) Add(paths, route.Path, route.Method, Operation(route));
        Add(paths, ApiMeta.Path, "GET", Meta());
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
                    ["ActAs"] = Parameter(Credentials.ActAs, "header", false, OpenApiSchemas.Of("string")),
                },
                ["responses"] = new JsonObject { ["Refused"] = Refusal() },
                ["schemas"] = _schemas.ToJson(),
            },
        };
    }

    private static void Add(JsonObject paths, string path, string method, JsonObject operation)
    {
        if (paths[path] is null) paths[path] = new JsonObject();
        paths[path]![method.ToLowerInvariant()] = operation;
    }

    private JsonObject Operation(ApiRoute route)
    {
        var command = _schemas.Fields(FrameTable.ShapeOf(route.Command));
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
            ["operationId"] = route.Name,
            ["tags"] = Tags(route.Path),
            ["parameters"] = parameters,
            ["responses"] = Responses(route),
        };
        if (!route.HasBody) return operation;

        // A key is made when none is named.
        if (command["required"]?.AsArray() is { } required)
            required.RemoveAll(static name => name!.GetValue<string>() == "client_id");
        operation["requestBody"] = Body(route.Name, command, route.IsPatch);
        return operation;
    }

    private JsonObject Meta() => new()
    {
        ["summary"] = "Which server this is and what it takes",
        ["operationId"] = "getMeta",
        ["tags"] = Tags(ApiMeta.Path),
        ["security"] = new JsonArray(),
        ["responses"] = new JsonObject
        {
            ["200"] = Response("Done.", ApiBody.Json, _schemas.Refer(MetaJsonContext.Default.MetaInfo)),
            ["default"] = Refused("Refused."),
        },
    };

    private JsonObject Operation(BackendRoute route)
    {
        var parameters = new JsonArray();
        foreach (var part in route.Path.Split('/').Where(static part => part.StartsWith('{')))
            parameters.Add(Parameter(part.Trim('{', '}'), "path", true, OpenApiSchemas.Of("string")));
        var done = route.Answer is { } answer
            ? Response("Done.", ApiBody.Json, _schemas.Refer(answer))
            : new JsonObject { ["description"] = "Done." };
        var operation = new JsonObject
        {
            ["summary"] = route.Summary,
            ["description"] = "For server keys alone.",
            ["operationId"] = route.Name,
            ["tags"] = Tags(route.Path),
            ["security"] = new JsonArray(Secured("key")),
            ["parameters"] = parameters,
            ["responses"] = AddRefusals(
                new JsonObject { [route.Answer is null ? "204" : route.Begins ? "202" : "200"] = done },
                ApiErrors.Of(route)),
        };
        if (route.Body is null) return operation;
        var body = _schemas.Fields(route.Body);
        Take(body, ApiBody.CustomPatch);
        operation["requestBody"] = Body(route.Name, body, route.IsPatch);
        return operation;
    }

    private JsonObject Responses(ApiRoute route)
    {
        var responses = new JsonObject();
        if (route.Answer is { } answer)
        {
            var shape = FrameTable.ShapeOf(answer);
            responses["200"] = Response("Done.", ApiBody.Json, _schemas.Refer(shape));
            if (route.Creates)
                responses["201"] = Response("Made; 200 for a repetition.", ApiBody.Json, _schemas.Refer(shape));
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

        return AddRefusals(responses, ApiErrors.Of(route));
    }

    /// <summary>Each status with its codes; a later server may have others.</summary>
    private static JsonObject AddRefusals(JsonObject responses, IEnumerable<IGrouping<int, Problem>> refusals)
    {
        foreach (var ofOne in refusals)
        {
            var codes = string.Join(' ', ofOne.Select(static problem => $"`{problem.Code}`: {problem.Title}"));
            responses[ofOne.Key.ToString(CultureInfo.InvariantCulture)] = Refused(codes);
        }

        responses["default"] = Refused("Refused for another reason.");
        return responses;
    }

    private static JsonObject Refused(string description) =>
        new() { ["$ref"] = "#/components/responses/Refused", ["description"] = description };

    /// <summary>What every refusal has.</summary>
    private JsonObject Refusal()
    {
        var refused = Response(
            "Refused.", "application/problem+json", _schemas.Refer(FrameJsonContext.Default.Problem));
        refused["headers"] = Header("Retry-After", "In how many seconds the same may be sent again.");
        return refused;
    }

    private static JsonObject Header(string name, string description) => new()
    {
        [name] = new JsonObject { ["description"] = description, ["schema"] = OpenApiSchemas.Of("string") },
    };

    /// <summary>The body has a name of its own, since the path has taken some of the command's fields.</summary>
    private JsonObject Body(string operation, JsonObject schema, bool isPatch)
    {
        var named = _schemas.Name($"{char.ToUpperInvariant(operation[0])}{operation[1..]}Body", schema);
        var content = Content(ApiBody.Json, named);
        if (isPatch) content[ApiBody.MergePatch] = new JsonObject { ["schema"] = named.DeepClone() };
        return new JsonObject { ["required"] = true, ["content"] = content };
    }

    /// <summary>An operation belongs to the kind of thing that its path names last.</summary>
    private static JsonArray Tags(string path) =>
        new(path.Split('/').Last(static part => part is not ("mine" or "lookup") && !part.StartsWith('{')));

    private static JsonObject Secured(string scheme) => new() { [scheme] = new JsonArray() };

    private static JsonObject Bearer(string description) =>
        new() { ["type"] = "http", ["scheme"] = "bearer", ["description"] = description };

    private static JsonObject Response(string description, string type, JsonNode schema) =>
        new() { ["description"] = description, ["content"] = Content(type, schema) };

    private static JsonObject Content(string type, JsonNode schema) =>
        new() { [type] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Parameter(string name, string place, bool required, JsonNode schema)
    {
        if (schema["type"] is JsonArray types) schema["type"] = types[0]!.DeepClone(); // A parameter is never null.
        if (name == "limit") (schema["minimum"], schema["maximum"]) = (1, Limits.PageItemsMax);
        if (name == "view") schema["enum"] = new JsonArray("messages", "events");
        return new JsonObject { ["name"] = name, ["in"] = place, ["required"] = required, ["schema"] = schema };
    }

    /// <summary>Takes a field out of a schema: it comes from elsewhere.</summary>
    private static JsonNode Take(JsonNode schema, string field)
    {
        var taken = schema["properties"]?[field]?.DeepClone() ?? OpenApiSchemas.Of("string");
        schema["properties"]?.AsObject().Remove(field);
        schema["required"]?.AsArray().RemoveAll(name => name!.GetValue<string>() == field);
        return taken;
    }

    private static JsonObject Of(string type, string description) =>
        new() { ["type"] = type, ["description"] = description };

    private const StringComparison Exactly = StringComparison.Ordinal;
}
