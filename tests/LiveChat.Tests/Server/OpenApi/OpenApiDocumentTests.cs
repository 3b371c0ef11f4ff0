using System.Diagnostics;
using System.Text.Json;
using CsCheck;
using LiveChat.Core.Chats;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Api;
using LiveChat.Server.Backend;
using LiveChat.Server.Http;
using LiveChat.Server.OpenApi;
using LiveChat.Tests.Chats;
using LiveChat.Tests.Server.Api;
using LiveChat.Tests.Tidy;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Server.OpenApi;

/// <summary>The description of the HTTP API says what the server does.</summary>
public sealed class OpenApiDocumentTests
{
    private static readonly JsonElement Document = JsonDocument.Parse(OpenApiDocument.Json).RootElement;

    [Fact]
    public void Every_route_is_described_with_its_parameters_and_answers()
    {
        foreach (var route in ApiRoutes.All)
        {
            var operation = Document.GetProperty("paths").GetProperty(route.Path)
                .GetProperty(route.Method.ToLowerInvariant());
            foreach (var part in route.Path.Split('/').Where(part => part.StartsWith('{')))
                Assert.Contains(
                    operation.GetProperty("parameters").EnumerateArray(),
                    parameter => parameter.GetProperty("name").GetString() == part.Trim('{', '}')
                        && parameter.GetProperty("in").GetString() == "path");
            Assert.Equal(route.HasBody, operation.TryGetProperty("requestBody", out _));
            Assert.True(operation.GetProperty("responses").TryGetProperty("default", out _));
        }
    }

    [Fact]
    public void Whatever_the_rules_refuse_of_a_command_is_described()
    {
        var refusals = new HashSet<(string Frame, string Code)>();
        Gens.Stream.Sample(
            stream =>
            {
                var run = new ChatRun { Rules = new RulesV3() };
                foreach (var record in stream)
                    if (run.Next(record) is Verdict.Refused refused)
                        refusals.Add((FrameOf(record), Problems.Of(refused.Reason).Code));
            },
            iter: 2_000,
            threads: 1);
        Assert.InRange(refusals.Count, 15, 100);

        foreach (var (frame, code) in refusals)
            foreach (var route in ApiRoutes.All.Where(route => route.FrameType == frame))
                Assert.Contains(ApiErrors.Of(route).SelectMany(static ofOne => ofOne), problem => problem.Code == code);
    }

    [Fact]
    public void Each_refusal_of_the_rules_and_each_kind_of_change_is_in_the_table()
    {
        var changes = ApiRoutes.All.Where(static route => route.HasKey).ToList();
        var codes = changes.SelectMany(static route => ApiErrors.Of(route)).SelectMany(static ofOne => ofOne)
            .Select(static problem => problem.Code).ToHashSet();
        foreach (var refusal in Enum.GetValues<Refusal>()) Assert.Contains(Problems.Of(refusal).Code, codes);
        Assert.Equal(
            typeof(ChangeCommand).Assembly.GetTypes().Where(static type => type.BaseType == typeof(ChangeCommand)),
            changes.Select(static route => route.Command).Distinct().OrderBy(static type => type.MetadataToken));
    }

    private static string FrameOf(Record record) => record.BodyCase switch
    {
        Record.BodyOneofCase.Created => FrameType.ChatCreate,
        Record.BodyOneofCase.Message => FrameType.MessageSend,
        Record.BodyOneofCase.Edit => FrameType.MessageEdit,
        Record.BodyOneofCase.Delete => FrameType.MessageDelete,
        Record.BodyOneofCase.Reaction => FrameType.ReactionSet,
        Record.BodyOneofCase.MembersAdded => FrameType.MemberAdd,
        Record.BodyOneofCase.MemberRemoved => FrameType.MemberRemove,
        Record.BodyOneofCase.MemberRole => FrameType.MemberRole,
        Record.BodyOneofCase.Settings => FrameType.ChatUpdate,
        _ => throw new UnreachableException(),
    };

    [Fact]
    public void What_is_for_server_keys_says_so_and_they_act_for_a_user_everywhere_else()
    {
        foreach (var route in BackendRoutes.All)
        {
            var operation = Document.GetProperty("paths").GetProperty(route.Path)
                .GetProperty(route.Method.ToLowerInvariant());
            Assert.True(operation.GetProperty("security")[0].TryGetProperty("key", out _));
            Assert.Equal(route.Body is not null, operation.TryGetProperty("requestBody", out _));
            Assert.Equal(route.Path.Count(character => character == '{'), operation.GetProperty("parameters")
                .GetArrayLength());
        }

        foreach (var route in ApiRoutes.All)
            Assert.Contains(
                Document.GetProperty("paths").GetProperty(route.Path).GetProperty(route.Method.ToLowerInvariant())
                    .GetProperty("parameters").EnumerateArray(),
                parameter => parameter.TryGetProperty("$ref", out var named)
                    && named.GetString() == "#/components/parameters/ActAs");
        Assert.Equal(
            Credentials.ActAs,
            Document.GetProperty("components").GetProperty("parameters").GetProperty("ActAs").GetProperty("name")
                .GetString());
    }

    [Fact]
    public void Fields_of_the_path_are_not_asked_for_again_and_a_key_may_be_left_out()
    {
        var schema = SchemaOf(Document.GetProperty("paths").GetProperty("/v1/chats/{chat}/messages").GetProperty("post")
            .GetProperty("requestBody"));
        Assert.False(schema.GetProperty("properties").TryGetProperty("chat", out _));
        Assert.True(schema.GetProperty("properties").TryGetProperty("client_id", out _));
        Assert.Equal(
            ["body"], schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public void Lists_and_times_have_their_shapes()
    {
        var page = SchemaOf(Document.GetProperty("paths").GetProperty("/v1/chats").GetProperty("get")
            .GetProperty("responses").GetProperty("200"));
        var item = Named(page.GetProperty("properties").GetProperty("items").GetProperty("items"));
        Assert.Equal(
            "date-time", item.GetProperty("properties").GetProperty("head_time").GetProperty("format").GetString());
    }

    [Fact]
    public async Task Every_query_parameter_that_is_described_is_taken()
    {
        await using var server = await TestServer.StartAsync(
            TestServer.NewFolder(), "--LiveChat:Rates:UserPerSecond=10000", "--LiveChat:Rates:UserBurst=10000");
        using var ann = new ApiClient(server, "ann");
        var tried = 0;
        foreach (var (path, method, operation) in Operations())
            foreach (var parameter in operation.GetProperty("parameters").EnumerateArray().Where(IsOfQuery))
                foreach (var value in await ValuesAsync(ann, path, parameter))
                {
                    var made = await ann.DoneAsync("POST", "/v1/chats", """{"members":["bob"],"title":"t"}""");
                    var chat = made.GetProperty("chat").GetString()!;
                    var seq = await ann.SayAsync(chat, "x");
                    var target = path.Replace("{chat}", chat, StringComparison.Ordinal)
                        .Replace("{seq}", $"{seq}", StringComparison.Ordinal)
                        .Replace("{user}", "bob", StringComparison.Ordinal)
                        .Replace("{emoji}", "x", StringComparison.Ordinal);
                    var name = parameter.GetProperty("name").GetString();
                    target = $"{target}?{name}={Uri.EscapeDataString(value)}";
                    var answer = await ann.SendAsync(method, target, BodyOf(operation));
                    Assert.True((int)answer.Status < 300, $"{method} {target}: {answer.Body}");
                    tried++;
                }

        Assert.InRange(tried, 20, 100);
    }

    [Fact]
    public void Patches_tags_places_and_waits_are_described()
    {
        var chat = Document.GetProperty("paths").GetProperty("/v1/chats/{chat}");
        var patch = chat.GetProperty("patch");
        var types = patch.GetProperty("requestBody").GetProperty("content").EnumerateObject();
        Assert.Equal(["application/json", "application/merge-patch+json"], types.Select(static type => type.Name));
        Assert.Contains(
            patch.GetProperty("parameters").EnumerateArray(),
            static parameter => parameter.TryGetProperty("name", out var name) && name.GetString() == "If-Match");
        Assert.True(HeadersOf(patch, "200").TryGetProperty("ETag", out _));
        Assert.True(Named(patch.GetProperty("responses").GetProperty("default")).GetProperty("headers")
            .TryGetProperty("Retry-After", out _));
        Assert.True(HeadersOf(chat.GetProperty("get"), "200").TryGetProperty("ETag", out _));
        var send = Document.GetProperty("paths").GetProperty("/v1/chats/{chat}/messages").GetProperty("post");
        Assert.True(HeadersOf(send, "201").TryGetProperty("Location", out _));
        foreach (var (_, _, operation) in Operations())
            if (operation.TryGetProperty("requestBody", out var body))
                Assert.Equal("object", SchemaOf(body).GetProperty("type").GetString());
        Assert.True(Document.GetProperty("paths").TryGetProperty("/v1/meta", out _));

        static JsonElement HeadersOf(JsonElement operation, string status) =>
            operation.GetProperty("responses").GetProperty(status).GetProperty("headers");
    }

    [Fact]
    public void Operations_have_names_of_their_own_and_one_tag()
    {
        var operations = (
            from path in Document.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            select operation.Value).ToList();
        var names = operations.ConvertAll(static operation => operation.GetProperty("operationId").GetString()!);
        Assert.All(names, static name => Assert.Matches("^[a-z][A-Za-z]+$", name));
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.All(
            operations,
            static operation => Assert.Matches(
                "^[a-z]+$", Assert.Single(operation.GetProperty("tags").EnumerateArray()).GetString()));
    }

    [Fact]
    public void Every_body_and_answer_with_fields_is_a_named_schema_and_every_name_is_there()
    {
        var found = 0;
        Walk(Document, "");
        Assert.InRange(found, 100, 1000);

        void Walk(JsonElement node, string path)
        {
            if (node.ValueKind == JsonValueKind.Array)
                foreach (var item in node.EnumerateArray()) Walk(item, path);
            if (node.ValueKind != JsonValueKind.Object) return;
            if (node.TryGetProperty("$ref", out var reference) && reference.ValueKind == JsonValueKind.String)
            {
                Assert.NotEqual(JsonValueKind.Undefined, Named(node).ValueKind);
                found++;
            }

            foreach (var (name, value) in node.EnumerateObject().Select(static field => (field.Name, field.Value)))
            {
                if (name == "schema" && value.TryGetProperty("properties", out _)) Assert.Fail($"{path} has no name.");
                Walk(value, $"{path}/{name}");
            }
        }
    }

    [Fact]
    public void Every_kind_of_event_has_a_schema_that_its_type_selects()
    {
        var kinds = Document.GetProperty("components").GetProperty("schemas").GetProperty("ChatEvent")
            .GetProperty("anyOf").EnumerateArray().Select(Named);
        Assert.Equal(
            FrameTable.Events.Select(static kind => kind.Key),
            kinds.Select(static kind => kind.GetProperty("properties").GetProperty("type").GetProperty("enum")[0]
                .GetString()));
    }

    private static JsonElement SchemaOf(JsonElement bodyOrAnswer) =>
        Named(bodyOrAnswer.GetProperty("content").GetProperty("application/json").GetProperty("schema"));

    /// <summary>The schema that a reference names.</summary>
    private static JsonElement Named(JsonElement reference) =>
        reference.GetProperty("$ref").GetString()!.Split('/')[1..].Aggregate(
            Document, static (node, part) => node.GetProperty(part));

    private static IEnumerable<(string Path, string Method, JsonElement Operation)> Operations() =>
        from path in Document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        where operation.Value.TryGetProperty("parameters", out _)
        select (path.Name, operation.Name.ToUpperInvariant(), operation.Value);

    private static bool IsOfQuery(JsonElement parameter) =>
        parameter.TryGetProperty("in", out var place) && place.GetString() == "query";

    /// <summary>Legal values; a parameter that is not known here fails the test.</summary>
    private static async Task<string[]> ValuesAsync(ApiClient user, string path, JsonElement parameter)
    {
        var schema = parameter.GetProperty("schema");
        if (schema.TryGetProperty("enum", out var values))
            return [.. values.EnumerateArray().Select(static value => value.GetString()!)];
        if (schema.TryGetProperty("maximum", out var most))
            return [$"{schema.GetProperty("minimum").GetInt32()}", $"{most.GetInt32()}"];
        return parameter.GetProperty("name").GetString() switch
        {
            "client_id" => [ApiClient.Key()],
            "cursor" => [await CursorAsync(user, path)],
            "before_seq" or "after_seq" or "around_seq" or "min_seq" => ["1"],
            var other => throw new Xunit.Sdk.XunitException($"No value is known for {other}."),
        };
    }

    /// <summary>One as the list itself gives it.</summary>
    private static async Task<string> CursorAsync(ApiClient user, string path)
    {
        for (var i = 0; i < 2; i++) await user.DoneAsync("POST", "/v1/chats", """{"title":"t"}""");
        var sync = await user.DoneAsync("GET", "/v1/sync");
        if (path == "/v1/sync") return $"{sync.GetProperty("since").GetString()}.1";
        return (await user.DoneAsync("GET", $"{path}?limit=1")).GetProperty("next").GetString()!;
    }

    private static string? BodyOf(JsonElement operation) => operation.GetProperty("operationId").GetString() switch
    {
        "createChat" or "updateChat" => """{"title":"x"}""",
        "addMembers" => """{"users":["cem"]}""",
        "setMemberRole" => """{"role":"admin"}""",
        "sendMessage" or "editMessage" => """{"body":{"text":"y"}}""",
        _ => null,
    };

    /// <summary>A change of the API is a change of this file, and seen as one; <c>LIVECHAT_WRITE=1</c> writes it.
    /// </summary>
    [Fact]
    public void The_document_in_the_repository_is_that_of_the_server()
    {
        var path = Path.Combine(Repository.Root, "docs", "openapi.json");
        if (Environment.GetEnvironmentVariable("LIVECHAT_WRITE") == "1")
            File.WriteAllText(path, OpenApiDocument.Json + "\n");
        Assert.Equal(OpenApiDocument.Json + "\n", File.ReadAllText(path));
    }
}
