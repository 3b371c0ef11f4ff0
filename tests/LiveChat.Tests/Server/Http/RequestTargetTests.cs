using System.Text.Json;
using LiveChat.Server.Http;
using LiveChat.Tests.Server.Api;
using LiveChat.Tests.Server.Backend;
using Xunit;

namespace LiveChat.Tests.Server.Http;

/// <summary>A request is for what its path says, not for what is left when others have tidied it.</summary>
public sealed class RequestTargetTests(ServerWithKey shared) : IClassFixture<ServerWithKey>
{
    private readonly TestServer _server = shared.Server;

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("%2E%2E")]
    [InlineData("%2e%2E")]
    [InlineData(".%2e")]
    [InlineData("%2E")]
    public async Task Clearing_a_reaction_that_looks_like_a_folder_clears_no_message(string emoji)
    {
        using var ann = new ApiClient(_server, "target");
        var chat = await ann.DirectAsync("bob");
        var seq = await ann.SayAsync(chat, "stays");
        var path = $"/v1/chats/{chat}/messages/{seq}";
        foreach (var target in (string[])[
            $"{path}/reactions/{emoji}", $"{path}/reactions/{emoji}?x=1", $"{path}/x/{emoji}/",
            $"http://{_server.Url.Authority}{path}/reactions/{emoji}",
            $"http://{_server.Url.Authority}{path}\\reactions\\{emoji}", $"{path}/reactions\\{emoji}"])
        {
            var answer = await RawHttp.ReadAsync(_server.Url, Request("DELETE", target, _server.Token("target")));
            Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
            Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
        }

        var page = await ann.DoneAsync("GET", $"/v1/chats/{chat}/messages?limit=1");
        Assert.Equal("stays", page.GetProperty("items")[0].GetProperty("data").GetProperty("body").GetProperty("text")
            .GetString());
    }

    [Fact]
    public async Task Revoking_a_session_that_looks_like_a_folder_revokes_nobody()
    {
        using var bob = new ApiClient(_server, "untouched");
        using var socket = await _server.ConnectAsync("untouched");
        foreach (var rest in (string[])["sessions/.", "sessions/%2E", "devices/../sessions", "devices/%2e%2e/sessions"])
            Assert.Equal(
                ["400"],
                await RawHttp.SendAsync(
                    _server.Url, Request("DELETE", $"/v1/users/untouched/{rest}", shared.Key)));
        await bob.DoneAsync("GET", "/v1/chats");
        await socket.AskAsync(new LiveChat.Protocol.Frames.ChatsGet());
    }

    [Theory]
    [InlineData("", 200)]
    [InlineData("/", 404)]
    [InlineData("\\", 400)]
    public async Task A_target_that_is_a_whole_address_is_read_the_same(string end, int status)
    {
        using var ann = new ApiClient(_server, "whole");
        var target = $"http://{_server.Url.Authority}/v1/chats/{await ann.DirectAsync("bob")}{end}";
        Assert.Equal(
            [$"{status}"], await RawHttp.SendAsync(_server.Url, Request("GET", target, _server.Token("whole"))));
    }

    [Fact]
    public async Task So_it_is_at_the_internal_address() =>
        Assert.Equal(["400"], await RawHttp.SendAsync(shared.Internal, Request("GET", "/v1/../livez", "")));

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("%252F", "%2F")]
    [InlineData("%25", "%")]
    [InlineData("a+b", "a+b")]
    [InlineData("%F0%9F%91%8D", "👍")]
    [InlineData("...", "...")]
    public async Task What_is_escaped_in_the_path_is_decoded_once(string sent, string emoji)
    {
        using var ann = new ApiClient(_server, "escaper");
        var chat = await ann.DirectAsync($"e{sent.Length}");
        var path = $"/v1/chats/{chat}/messages/{await ann.SayAsync(chat, "x")}/reactions/{sent}";
        var token = _server.Token("escaper");
        Assert.Equal(["200"], await RawHttp.SendAsync(_server.Url, Request("PUT", path, token)));
        Assert.Equal(emoji, (await ReactionsAsync(ann, chat)).Single().GetProperty("emoji").GetString());
        Assert.Equal(["200"], await RawHttp.SendAsync(_server.Url, Request("DELETE", path, token)));
        Assert.Empty(await ReactionsAsync(ann, chat));
    }

    [Theory]
    [InlineData("%FF")]
    [InlineData("%C3")]
    [InlineData("%ED%A0%80")]
    [InlineData("%")]
    [InlineData("%4")]
    [InlineData("%zz")]
    public async Task What_is_no_text_is_refused(string sent)
    {
        using var ann = new ApiClient(_server, "escaper");
        var chat = await ann.DirectAsync("broken");
        var path = $"/v1/chats/{chat}/messages/{await ann.SayAsync(chat, "x")}/reactions/{sent}";
        Assert.Equal(["400"], await RawHttp.SendAsync(_server.Url, Request("PUT", path, _server.Token("escaper"))));
        Assert.Empty(await ReactionsAsync(ann, chat));
    }

    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("%C3%BC", "ü")]
    [InlineData("%00", "\0")]
    [InlineData("%%41", null)]
    [InlineData("ü", null)]
    public void A_part_is_read_as_it_was_written(string segment, string? text) =>
        Assert.Equal(text, RequestTarget.TextOf(segment));

    private static async Task<IReadOnlyList<JsonElement>> ReactionsAsync(ApiClient user, string chat)
    {
        var head = (await user.DoneAsync("GET", $"/v1/chats/{chat}")).GetProperty("head_seq").GetInt64();
        var page = await user.DoneAsync("GET", $"/v1/chats/{chat}/messages?limit=1&min_seq={head}");
        return page.GetProperty("items")[0].GetProperty("data").TryGetProperty("reactions", out var reactions)
            ? [.. reactions.EnumerateArray()]
            : [];
    }

    private string Request(string method, string target, string token) =>
        $"{method} {target} HTTP/1.1\r\nHost: {_server.Url.Authority}\r\nAuthorization: Bearer {token}\r\n"
        + "Connection: close\r\n\r\n";
}
