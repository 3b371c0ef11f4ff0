using System.Text.Json;
using LiveChat.Tests.Server.Api;
using Xunit;

namespace LiveChat.Tests.Server.Backend;

/// <summary>A backend keeps its users, and takes back what they may do.</summary>
public sealed class UserRoutesTests(ServerWithKey shared) : IClassFixture<ServerWithKey>
{
    private readonly TestServer _server = shared.Server;

    [Fact]
    public async Task A_user_is_made_replaced_changed_and_found()
    {
        using var backend = shared.Backend();
        Assert.Equal("not_found", (await backend.SendAsync("GET", "/v1/users/ada")).Code);
        Assert.Equal("not_found", (await backend.SendAsync("PATCH", "/v1/users/ada", """{"name":"Ada"}""")).Code);
        var made = await backend.DoneAsync("PUT", "/v1/users/ada", """{"name":"Ada ☕","custom":{"team":[1]}}""");
        Assert.Equal("Ada ☕", made.GetProperty("name").GetString());
        Assert.False(made.GetProperty("disabled").GetBoolean());

        var patched = await backend.SendAsync(
            "PATCH", "/v1/users/ada", """{"custom":null}""", "application/merge-patch+json");
        Assert.Equal("Ada ☕", patched.Body.GetProperty("name").GetString());
        Assert.False(patched.Body.TryGetProperty("custom", out _));
        await backend.DoneAsync("PATCH", "/v1/users/ada", """{"disabled":true}""");
        var replaced = await backend.DoneAsync("PUT", "/v1/users/ada", """{"custom":{"a":"ü"}}""");
        Assert.False(replaced.TryGetProperty("name", out _));
        Assert.True(replaced.GetProperty("disabled").GetBoolean());
        var read = await backend.DoneAsync("GET", "/v1/users/ada");
        Assert.Equal(replaced.GetRawText(), read.GetRawText());
        Assert.Equal("""{"a":"ü"}""", read.GetProperty("custom").GetRawText());
        Assert.Equal(made.GetProperty("created_at").GetString(), read.GetProperty("created_at").GetString());
    }

    [Fact]
    public async Task The_custom_data_of_a_user_are_merged_by_a_patch()
    {
        using var backend = shared.Backend();
        await backend.DoneAsync("PUT", "/v1/users/mia", """{"custom":{"a":1,"b":{"c":[1],"d":2}}}""");
        var merged = await backend.DoneAsync("PATCH", "/v1/users/mia", """{"custom":{"a":null,"b":{"c":[9]}}}""");
        Assert.Equal("""{"b":{"c":[9],"d":2}}""", merged.GetProperty("custom").GetRawText());
        const string Change = """{"custom":{"x":1}}""";
        var tagged = await backend.SendAsync("PATCH", "/v1/users/mia", Change, ifMatch: "\"1\"");
        Assert.Equal("precondition_failed", tagged.Code);
        foreach (var (body, code) in ((string, string)[])[
            ("""{"custom":[]}""", "validation_failed"), ("""{"custom":7}""", "validation_failed"),
            ($$$"""{"custom":{"x":"{{{new string('x', 4_080)}}}"}}""", "payload_too_large")])
            Assert.Equal(code, (await backend.SendAsync("PATCH", "/v1/users/mia", body)).Code);
        Assert.Equal(merged.GetRawText(), (await backend.DoneAsync("GET", "/v1/users/mia")).GetRawText());
        await backend.DoneAsync("PUT", "/v1/users/mia", """{"custom_patch":{"x":1}}""");
        Assert.False((await backend.DoneAsync("GET", "/v1/users/mia")).TryGetProperty("custom", out _));
    }

    [Fact]
    public async Task Revoking_somebody_unknown_is_kept_and_makes_nobody()
    {
        using var backend = shared.Backend();
        using var early = new ApiClient(_server, "unborn");
        foreach (var path in (string[])["sessions", "devices/phone"])
        {
            Assert.Equal(204, (int)(await backend.SendAsync("DELETE", $"/v1/users/unborn/{path}")).Status);
            Assert.Equal("not_found", (await backend.SendAsync("GET", "/v1/users/unborn")).Code);
        }

        Assert.Equal("unauthorized", (await early.SendAsync("GET", "/v1/chats")).Code);
        Assert.Equal("not_found", (await backend.SendAsync("GET", "/v1/users/unborn")).Code);
    }

    [Fact]
    public async Task Many_users_are_looked_up_at_once_and_not_too_many()
    {
        using var backend = shared.Backend();
        foreach (var user in (string[])["lu-1", "lu-2"]) await backend.DoneAsync("PUT", $"/v1/users/{user}", "{}");
        var found = await backend.DoneAsync("POST", "/v1/users/lookup", """{"users":["lu-2","none","lu-1","lu-2"]}""");
        Assert.Equal(
            ["lu-2", "lu-1"],
            found.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("user").GetString()));

        var many = JsonSerializer.Serialize(Enumerable.Range(0, 257).Select(i => $"u{i}"));
        var refused = await backend.SendAsync("POST", "/v1/users/lookup", $$"""{"users":{{many}}}""");
        Assert.Equal("payload_too_large", refused.Code);
    }

    [Fact]
    public async Task A_user_of_the_first_token_is_known_and_members_see_names()
    {
        using var backend = shared.Backend();
        using var nia = new ApiClient(_server, "nia");
        await backend.DoneAsync("PUT", "/v1/users/omar", """{"name":"Omar"}""");
        var chat = await nia.DirectAsync("omar");
        Assert.Equal("nia", (await backend.DoneAsync("GET", "/v1/users/nia")).GetProperty("user").GetString());
        var members = (await nia.DoneAsync("GET", $"/v1/chats/{chat}")).GetProperty("members").EnumerateArray();
        Assert.Equal(
            [("nia", null), ("omar", "Omar")],
            members.Select(member => (
                member.GetProperty("user").GetString(),
                member.TryGetProperty("name", out var name) ? name.GetString() : null)));
    }

    [Fact]
    public async Task Revoking_and_disabling_close_every_socket_and_refuse_what_was_issued_before()
    {
        using var backend = shared.Backend();
        var token = await TokenAsync(backend, """{"user":"rob"}""");
        using var old = new ApiClient(_server.Url, token);
        await old.DoneAsync("GET", "/v1/chats");
        using var one = await OpenAsync(token);
        using var two = await OpenAsync(token);
        using var other = await _server.ConnectAsync("other");
        var sessions = (await backend.DoneAsync("GET", "/v1/users/rob/sessions")).GetProperty("items");
        Assert.Equal(
            [one.Ready.Session, two.Ready.Session],
            sessions.EnumerateArray().Select(item => item.GetProperty("session").GetString()));

        Assert.Equal(204, (int)(await backend.SendAsync("DELETE", "/v1/users/rob/sessions")).Status);
        foreach (var socket in (TestSocket[])[one, two]) Assert.Equal(4507, (await socket.ClosedAsync()).Code);
        Assert.Equal("unauthorized", (await old.SendAsync("GET", "/v1/chats")).Code);

        // A token that is asked for at once is a good one.
        token = await TokenAsync(backend, """{"user":"rob"}""");
        using var again = await OpenAsync(token);
        await backend.DoneAsync("PATCH", "/v1/users/rob", """{"disabled":true}""");
        Assert.Equal(4504, (await again.ClosedAsync()).Code);
        using var disabled = new ApiClient(_server.Url, token);
        Assert.Equal("forbidden", (await disabled.SendAsync("GET", "/v1/chats")).Code);
        Assert.Equal("forbidden", (await backend.SendAsync("POST", "/v1/tokens", """{"user":"rob"}""")).Code);
        Assert.Equal("bad_request", (await backend.SendAsync("PATCH", "/v1/users/rob", """{"disabled":null}""")).Code);
        Assert.Equal("forbidden", (await disabled.SendAsync("GET", "/v1/chats")).Code);
        await backend.DoneAsync("PATCH", "/v1/users/rob", """{"disabled":false}""");
        await disabled.DoneAsync("GET", "/v1/chats");
        await other.AskAsync(new LiveChat.Protocol.Frames.ChatsGet());
    }

    [Fact]
    public async Task A_device_or_one_session_is_revoked_alone()
    {
        using var backend = shared.Backend();
        var (phone, laptop) = (
            await TokenAsync(backend, """{"user":"sue","device":"phone"}"""),
            await TokenAsync(backend, """{"user":"sue","device":"d1","seconds":60}"""));
        var wrong = await _server.OpenAsync();
        await wrong.SendAsync(new LiveChat.Protocol.Frames.Connect { Id = 1, Token = phone, Device = "d1" });
        Assert.Equal(4502, (await wrong.ClosedAsync()).Code);
        using var socket = await OpenAsync(laptop);
        using var http = new ApiClient(_server.Url, phone);
        await http.DoneAsync("GET", "/v1/chats");

        await backend.DoneAsync("DELETE", "/v1/users/sue/devices/phone");
        Assert.Equal("unauthorized", (await http.SendAsync("GET", "/v1/chats")).Code);
        var devices = (await backend.DoneAsync("GET", "/v1/users/sue/devices")).GetProperty("items");
        Assert.Equal(
            [("d1", true, false), ("phone", false, true)],
            devices.EnumerateArray().Select(item => (
                item.GetProperty("device").GetString()!,
                item.TryGetProperty("connected_at", out _),
                item.TryGetProperty("revoked_before", out _))));

        Assert.Equal(
            "not_found", (await backend.SendAsync("DELETE", $"/v1/users/rob/sessions/{socket.Ready.Session}")).Code);
        await backend.DoneAsync("DELETE", $"/v1/users/sue/sessions/{socket.Ready.Session}");
        Assert.Equal(4507, (await socket.ClosedAsync()).Code);
    }

    [Theory]
    [InlineData("GET", "/v1/users/ann", null)]
    [InlineData("PUT", "/v1/users/ann", """{"name":"me"}""")]
    [InlineData("PATCH", "/v1/users/ann", """{"disabled":true}""")]
    [InlineData("POST", "/v1/users/lookup", """{"users":["ann"]}""")]
    [InlineData("GET", "/v1/users/ann/devices", null)]
    [InlineData("DELETE", "/v1/users/ann/devices/d1", null)]
    [InlineData("GET", "/v1/users/ann/sessions", null)]
    [InlineData("DELETE", "/v1/users/ann/sessions", null)]
    [InlineData("DELETE", "/v1/users/ann/sessions/s_1", null)]
    [InlineData("POST", "/v1/tokens", """{"user":"ann"}""")]
    public async Task Users_and_strangers_may_none_of_it(string method, string path, string? body)
    {
        using var user = new ApiClient(_server, "plain");
        using var nobody = new ApiClient(_server, null);
        using var broken = new ApiClient(_server.Url, shared.Key[..^1] + (shared.Key[^1] == '0' ? '1' : '0'));
        Assert.Equal("forbidden", (await user.SendAsync(method, path, body)).Code);
        Assert.Equal("unauthorized", (await nobody.SendAsync(method, path, body)).Code);
        Assert.Equal("unauthorized", (await broken.SendAsync(method, path, body)).Code);
    }

    [Theory]
    [InlineData("PUT", "/v1/users/a%20b", "{}", "validation_failed")]
    [InlineData("PUT", "/v1/users/ann", "[]", "bad_request")]
    [InlineData("PUT", "/v1/users/ann", """{"name":7}""", "bad_request")]
    [InlineData("PUT", "/v1/users/ann", """{"name":"a","name":"b"}""", "bad_request")]
    [InlineData("PUT", "/v1/users/ann", """{"custom":"text"}""", "validation_failed")]
    [InlineData("PUT", "/v1/users/ann", """{"custom":{"x":"\ud800"}}""", "bad_request")]
    [InlineData("POST", "/v1/users/lookup", """{"users":[null]}""", "bad_request")]
    [InlineData("POST", "/v1/users/lookup", """{"users":["a b"]}""", "validation_failed")]
    [InlineData("DELETE", "/v1/users/ann/devices/a%20b", null, "validation_failed")]
    [InlineData("POST", "/v1/tokens", """{"user":"a b"}""", "validation_failed")]
    [InlineData("POST", "/v1/tokens", """{"user":"ann","device":""}""", "validation_failed")]
    [InlineData("POST", "/v1/tokens", """{"user":".."}""", "validation_failed")]
    [InlineData("POST", "/v1/tokens", """{"user":"ann","device":"."}""", "validation_failed")]
    [InlineData("POST", "/v1/tokens", """{"user":"ann","seconds":86401}""", "validation_failed")]
    [InlineData("POST", "/v1/tokens", """{"user":"ann","seconds":0}""", "validation_failed")]
    public async Task Bad_input_is_a_problem_and_changes_nothing(string method, string path, string? body, string code)
    {
        using var backend = shared.Backend();
        Assert.Equal(code, (await backend.SendAsync(method, path, body)).Code);
    }

    [Fact]
    public async Task Too_long_names_and_data_are_refused()
    {
        using var backend = shared.Backend();
        foreach (var body in (string[])[
            $$"""{"name":"{{new string('ü', 129)}}"}""", $$$"""{"custom":{"x":"{{{new string('x', 4_096)}}}"}}"""])
            Assert.InRange((int)(await backend.SendAsync("PUT", "/v1/users/long", body)).Status, 413, 422);
        Assert.Equal("not_found", (await backend.SendAsync("GET", "/v1/users/long")).Code);
    }

    [Fact]
    public async Task A_server_with_foreign_keys_issues_no_tokens_and_says_who_does()
    {
        var (server, address) = await TestServer.StartWithInternalAsync(
            "--LiveChat:Tokens:KeysUrl=https://keys.example/jwks");
        await using (server)
        {
            using var backend = new ApiClient(server.Url, await ServerWithKey.MakeKeyAsync(server, address));
            var refused = await backend.SendAsync("POST", "/v1/tokens", """{"user":"ann"}""");
            Assert.Equal("forbidden", refused.Code);
            Assert.Contains("KeysUrl", refused.Body.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    /// <summary>Whoever stole a token that was taken back keeps its user from nothing.</summary>
    [Fact]
    public async Task A_flood_with_a_revoked_token_leaves_the_user_all_requests()
    {
        var (server, address) = await TestServer.StartWithInternalAsync(
            "--LiveChat:Rates:RequestsPerSecond=1", "--LiveChat:Rates:RequestsBurst=3");
        await using (server)
        {
            using var backend = new ApiClient(server.Url, await ServerWithKey.MakeKeyAsync(server, address));
            using var stolen = new ApiClient(
                server.Url, await TokenAsync(backend, """{"user":"ann","device":"phone"}"""));
            using var ann = new ApiClient(
                server.Url, await TokenAsync(backend, """{"user":"ann","device":"laptop"}"""));
            await stolen.DoneAsync("GET", "/v1/chats");
            await backend.DoneAsync("DELETE", "/v1/users/ann/devices/phone");
            for (var i = 0; i < 20; i++)
                Assert.Equal("unauthorized", (await stolen.SendAsync("GET", "/v1/chats")).Code);
            for (var i = 0; i < 2; i++) await ann.DoneAsync("GET", "/v1/chats");
        }
    }

    [Fact]
    public async Task A_key_that_asks_too_much_is_told_how_long_to_wait()
    {
        var (server, address) = await TestServer.StartWithInternalAsync(
            "--LiveChat:Rates:KeyPerSecond=1", "--LiveChat:Rates:KeyBurst=2");
        await using (server)
        {
            using var backend = new ApiClient(server.Url, await ServerWithKey.MakeKeyAsync(server, address));
            for (var i = 0; i < 2; i++) await backend.DoneAsync("PUT", "/v1/users/ann", "{}");
            var refused = await backend.SendAsync("GET", "/v1/users/ann");
            Assert.Equal((429, "rate_limited"), ((int)refused.Status, refused.Code));
        }
    }

    private static async Task<string> TokenAsync(ApiClient backend, string body) =>
        (await backend.DoneAsync("POST", "/v1/tokens", body)).GetProperty("token").GetString()!;

    private async Task<TestSocket> OpenAsync(string token)
    {
        var socket = await _server.OpenAsync();
        await socket.ConnectAsync(token);
        return socket;
    }
}
