using System.Text.Json;
using LiveChat.Server.Api;
using LiveChat.Server.Backend;
using LiveChat.Tests.Tidy;
using Xunit;

namespace LiveChat.Tests.Server.Api;

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
            ApiAuthentication.ActAs,
            Document.GetProperty("components").GetProperty("parameters").GetProperty("ActAs").GetProperty("name")
                .GetString());
    }

    [Fact]
    public void Fields_of_the_path_are_not_asked_for_again_and_a_key_may_be_left_out()
    {
        var schema = Document.GetProperty("paths").GetProperty("/v1/chats/{chat}/messages").GetProperty("post")
            .GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        Assert.False(schema.GetProperty("properties").TryGetProperty("chat", out _));
        Assert.True(schema.GetProperty("properties").TryGetProperty("client_id", out _));
        Assert.Equal(
            ["body"], schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public void Lists_and_times_have_their_shapes()
    {
        var page = Document.GetProperty("paths").GetProperty("/v1/chats").GetProperty("get").GetProperty("responses")
            .GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema");
        var item = page.GetProperty("properties").GetProperty("items").GetProperty("items");
        Assert.Equal(
            "date-time", item.GetProperty("properties").GetProperty("head_time").GetProperty("format").GetString());
    }

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
