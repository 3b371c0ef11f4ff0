using LiveChat.Tests.Server.Api;
using LiveChat.Tests.Server.Gateway;
using Xunit;

namespace LiveChat.Tests.Server.Http;

/// <summary>A change on a condition never happens without it, however the condition is written.</summary>
public sealed class ApiConditionTests(SharedServer shared) : IClassFixture<SharedServer>
{
    [Theory]
    [InlineData("\"1\"", 200)]
    [InlineData("\"1\", \"1\"", 200)]
    [InlineData(" \"1\" ", 200)]
    [InlineData("*", 200)]
    [InlineData("\"2\"", 412)]
    [InlineData("\"0\"", 412)]
    [InlineData("\"-1\"", 412)]
    [InlineData("\"01\"", 412)]
    [InlineData("\"1 \"", 412)]
    [InlineData("\"18446744073709551617\"", 412)]
    [InlineData("W/\"1\"", 412)]
    [InlineData("\"x\"", 412)]
    [InlineData("\"\"", 412)]
    [InlineData("\"1\", \"5\"", 400)]
    [InlineData("\"1\", *", 400)]
    [InlineData("*, \"5\"", 400)]
    [InlineData("1", 400)]
    [InlineData("\"1", 400)]
    [InlineData("\"1\" \"5\"", 400)]
    [InlineData(",", 400)]
    [InlineData("", 400)]
    public async Task One_tag_or_any_is_a_condition_and_nothing_else_passes(string condition, int status)
    {
        using var ann = new ApiClient(shared.Server, "condition");
        var path = await GroupAsync(ann);
        var request = $"If-Match: {condition}\r\n";
        Assert.Equal([$"{status}"], await SendAsync(path, request, """{"title":"new"}"""));
        var title = (await ann.DoneAsync("GET", path)).GetProperty("title").GetString();
        Assert.Equal(status == 200 ? "new" : "old", title);
    }

    [Theory]
    [InlineData("If-Match: \"1\"\r\nIf-Match: \"5\"\r\n", 400)]
    [InlineData("If-Match: \"5\"\r\nIf-Match: \"1\"\r\n", 400)]
    [InlineData("If-Match: \"5\"\r\nIf-Match: \"5\"\r\n", 412)]
    [InlineData("If-Match: \"1\"\r\nIf-Match: \"1\"\r\n", 200)]
    [InlineData("If-Match: *\r\nIf-Match: *\r\n", 200)]
    [InlineData("If-Match: \"5\"\r\nIf-Match: *\r\n", 400)]
    public async Task Two_lines_are_one_list(string lines, int status)
    {
        using var ann = new ApiClient(shared.Server, "condition");
        Assert.Equal([$"{status}"], await SendAsync(await GroupAsync(ann), lines, """{"title":"new"}"""));
    }

    [Theory]
    [InlineData("If-Match: \"1\"\r\n", """{"title":"new","if_seq":1}""", 200)]
    [InlineData("If-Match: \"5\"\r\n", """{"title":"new","if_seq":5}""", 412)]
    [InlineData("If-Match: \"1\"\r\n", """{"title":"new","if_seq":5}""", 400)]
    [InlineData("If-Match: \"5\"\r\n", """{"title":"new","if_seq":1}""", 400)]
    [InlineData("If-Match: \"1\"\r\n", """{"title":"new","if_seq":"1"}""", 400)]
    [InlineData("If-Match: \"1\"\r\n", """{"title":"new","if_seq":null}""", 200)]
    [InlineData("If-Match: *\r\n", """{"title":"new","if_seq":5}""", 412)]
    [InlineData("", """{"title":"new","if_seq":5}""", 412)]
    [InlineData("", """{"title":"new","if_seq":null,"client_id":null}""", 200)]
    public async Task What_header_and_body_say_must_be_the_same(string lines, string body, int status)
    {
        using var ann = new ApiClient(shared.Server, "condition");
        Assert.Equal([$"{status}"], await SendAsync(await GroupAsync(ann), lines, body));
    }

    [Theory]
    [InlineData("PATCH", "/messages/{0}", """{"body":{"text":"new"}}""")]
    [InlineData("DELETE", "/messages/{0}", null)]
    [InlineData("PUT", "/messages/{0}/reactions/x", null)]
    [InlineData("POST", "/messages", """{"body":{"text":"new"}}""")]
    public async Task What_has_no_tag_is_not_changed_for_one(string method, string rest, string? body)
    {
        using var ann = new ApiClient(shared.Server, "condition2");
        var path = await GroupAsync(ann);
        var seq = await ann.SayAsync(path["/v1/chats/".Length..], "old");
        var target = path + rest.Replace("{0}", $"{seq}", StringComparison.Ordinal);
        Assert.Equal("precondition_failed", (await ann.SendAsync(method, target, body, ifMatch: $"\"{seq}\"")).Code);
        Assert.Equal(seq, (await ann.DoneAsync("GET", path)).GetProperty("head_seq").GetInt64());
        Assert.True((int)(await ann.SendAsync(method, target, body, ifMatch: "*")).Status < 300);
    }

    private static async Task<string> GroupAsync(ApiClient user) =>
        $"/v1/chats/{(await user.DoneAsync("POST", "/v1/chats", """{"title":"old"}""")).GetProperty("chat")}";

    private Task<IReadOnlyList<string>> SendAsync(string path, string headers, string body) => RawHttp.SendAsync(
        shared.Server.Url,
        $"PATCH {path} HTTP/1.1\r\nHost: {shared.Server.Url.Authority}\r\nConnection: close\r\n"
        + $"Authorization: Bearer {shared.Server.Token("condition")}\r\nContent-Type: application/json\r\n"
        + $"Content-Length: {body.Length}\r\n{headers}\r\n{body}");
}
