using System.Text.Json;
using LiveChat.Tests.Server.Gateway;
using Xunit;

namespace LiveChat.Tests.Server.Api;

/// <summary>Presence for those who speak HTTP only.</summary>
public sealed class PresenceApiTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly TestServer _server = shared.Server;

    [Fact]
    public async Task Who_is_online_is_asked_for_through_a_chat_and_strangers_look_like_the_unknown()
    {
        using var ann = new ApiClient(_server, "ann");
        using var here = await _server.ConnectAsync("here");
        using var stranger = await _server.ConnectAsync("stranger");
        var path = $"/v1/chats/{await ann.DirectAsync("here")}/presence";
        await UntilOnlineAsync(ann, path, "here");

        var list = await ann.DoneAsync("POST", path, """{"users":["stranger","here","nobody","here"]}""");
        Assert.Equal(
            """
            [{"user":"stranger","online":false},{"user":"here","online":true},{"user":"nobody","online":false}]
            """,
            list.GetProperty("items").GetRawText());
    }

    [Fact]
    public async Task Who_hides_over_http_is_shown_as_the_unknown_are_and_sees_nobody()
    {
        using var ann = new ApiClient(_server, "ann");
        using var shy = new ApiClient(_server, "shy");
        using var socket = await _server.ConnectAsync("shy");
        using var other = await _server.ConnectAsync("ann");
        var path = $"/v1/chats/{await ann.DirectAsync("shy")}/presence";
        await UntilOnlineAsync(ann, path, "shy");
        await UntilOnlineAsync(shy, path, "ann");
        Assert.True(IsVisible(await shy.DoneAsync("GET", "/v1/presence")));

        Assert.False(IsVisible(await shy.DoneAsync("PUT", "/v1/presence", """{"visible":false}""")));
        Assert.False(IsVisible(await shy.DoneAsync("GET", "/v1/presence")));
        Assert.Equal("""{"user":"shy","online":false}""", await ItemAsync(ann, path, "shy"));
        Assert.Equal("""{"user":"ann","online":false}""", await ItemAsync(shy, path, "ann"));

        Assert.True(IsVisible(await shy.DoneAsync("PUT", "/v1/presence", """{"visible":true}""")));
        Assert.Equal("""{"user":"shy","online":true}""", await ItemAsync(ann, path, "shy"));
    }

    [Fact]
    public async Task More_users_than_a_chat_may_have_are_refused()
    {
        using var ann = new ApiClient(_server, "ann");
        var path = $"/v1/chats/{await ann.DirectAsync("bob")}/presence";
        var most = await ann.DoneAsync("POST", path, UsersOf(256));
        Assert.Equal(256, most.GetProperty("items").GetArrayLength());
        var response = await ann.SendAsync("POST", path, UsersOf(257));
        Assert.Equal((413, "payload_too_large"), ((int)response.Status, response.Code));
    }

    private static string UsersOf(int count) =>
        JsonSerializer.Serialize(new { users = Enumerable.Range(0, count).Select(i => $"u{i}") });

    private static bool IsVisible(JsonElement setting) => setting.GetProperty("visible").GetBoolean();

    private static async Task<string> ItemAsync(ApiClient asker, string path, string user) =>
        (await asker.DoneAsync("POST", path, $$"""{"users":["{{user}}"]}""")).GetProperty("items")[0].GetRawText();

    /// <summary>Who comes is said once a second.</summary>
    private static async Task UntilOnlineAsync(ApiClient asker, string path, string user)
    {
        var online = $$"""{"user":"{{user}}","online":true}""";
        for (var i = 0; i < 100 && await ItemAsync(asker, path, user) != online; i++)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
        Assert.Equal(online, await ItemAsync(asker, path, user));
    }
}
