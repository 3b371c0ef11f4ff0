using LiveChat.Core.Ingest;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server.Api;
using Xunit;

namespace LiveChat.Tests.Server.Backend;

/// <summary>A server key does for a user what the user may, and what only the application may start.</summary>
public sealed class ActingTests(ServerWithKey shared) : IClassFixture<ServerWithKey>
{
    [Fact]
    public async Task A_key_makes_a_chat_sends_and_reads_for_a_user()
    {
        using var backend = shared.Backend();
        foreach (var user in (string[])["ina", "jo"]) await backend.DoneAsync("PUT", $"/v1/users/{user}", "{}");
        using var ina = shared.Backend("ina");
        using var jo = shared.Backend("jo");
        using var socket = await shared.Server.ConnectAsync("jo");
        var chat = await ina.DirectAsync("jo");
        var seq = await ina.SayAsync(chat, "for you");
        var heard = await socket.NextAsync<MessageCreated>();
        Assert.Equal(("ina", seq), (heard.Sender, heard.Seq));
        var page = await jo.DoneAsync("GET", $"/v1/chats/{chat}/messages?min_seq={seq}");
        Assert.Equal(1, page.GetProperty("items").GetArrayLength());

        // It may no more than the user.
        using var other = shared.Backend("other");
        await backend.DoneAsync("PUT", "/v1/users/other", "{}");
        Assert.Equal("not_found", (await other.SendAsync("GET", $"/v1/chats/{chat}/messages")).Code);
    }

    [Fact]
    public async Task Nobody_acts_for_who_is_not_known_disabled_or_not_named()
    {
        using var backend = shared.Backend();
        await backend.DoneAsync("PUT", "/v1/users/gone", """{"disabled":true}""");
        foreach (var (user, code) in ((string?, string)[])[
            ("gone", "forbidden"), ("never-heard-of", "not_found"), ("a b", "bad_request"), ("", "bad_request"),
            (null, "bad_request")])
        {
            using var acting = shared.Backend(user);
            Assert.Equal(code, (await acting.SendAsync("GET", "/v1/chats")).Code);
        }
    }

    [Fact]
    public async Task Bytes_that_are_no_name_are_a_problem_too()
    {
        var answer = await RawHttp.ReadAsync(
            shared.Server.Url,
            $"GET /v1/chats HTTP/1.1\r\nHost: {shared.Server.Url.Authority}\r\nConnection: close\r\n"
            + $"Authorization: Bearer {shared.Key}\r\nLiveChat-Act-As: j\u00f6rg\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"bad_request\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_refused_behind_a_good_token_counts_as_a_request()
    {
        var (server, address) = await TestServer.StartWithInternalAsync(
            "--LiveChat:Rates:KeyPerSecond=1", "--LiveChat:Rates:KeyBurst=2",
            "--LiveChat:Rates:RequestsPerSecond=1", "--LiveChat:Rates:RequestsBurst=2");
        await using (server)
        {
            var key = await ServerWithKey.MakeKeyAsync(server, address);
            using var acting = new ApiClient(server.Url, key, "nobody-yet");
            using var user = new ApiClient(server, "curious");
            using var other = new ApiClient(server, "other");
            Assert.Equal("rate_limited", (await LastOfAsync(acting, "/v1/chats")).Code);
            Assert.Equal("rate_limited", (await LastOfAsync(user, "/v1/users/bob")).Code);
            await other.DoneAsync("GET", "/v1/chats");
        }

        static async Task<ApiResponse> LastOfAsync(ApiClient client, string path)
        {
            for (var i = 0; i < 20; i++)
                if (await client.SendAsync("GET", path) is { Code: "rate_limited" } refused) return refused;
            return await client.SendAsync("GET", path);
        }
    }

    [Fact]
    public async Task A_users_token_acts_for_nobody()
    {
        foreach (var named in (string[])["ann", "bob"])
        {
            using var acting = new ApiClient(shared.Server.Url, shared.Server.Token("ann"), named);
            Assert.Equal("forbidden", (await acting.SendAsync("GET", "/v1/chats")).Code);
        }
    }

    [Fact]
    public async Task Where_only_server_keys_start_chats_a_key_does_and_the_user_does_not()
    {
        var (server, address) = await TestServer.StartWithInternalAsync(
            $"--LiveChat:Ingest:ChatsStartedBy={ChatStarters.ServerKeys}");
        await using (server)
        {
            using var ann = new ApiClient(server, "ann");
            Assert.Equal("forbidden", (await ann.SendAsync("POST", "/v1/chats", """{"direct":"bob"}""")).Code);
            using var backend = new ApiClient(server.Url, await ServerWithKey.MakeKeyAsync(server, address), "ann");
            var chat = await backend.DirectAsync("bob");
            await ann.SayAsync(chat, "now we talk");
        }
    }
}
