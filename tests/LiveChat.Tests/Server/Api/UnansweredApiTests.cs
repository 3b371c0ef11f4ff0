using System.Net;
using Xunit;

namespace LiveChat.Tests.Server.Api;

/// <summary>Direct chats before their first answer, and hidden ones, over HTTP.</summary>
public sealed class UnansweredApiTests
{
    [Fact]
    public async Task A_chat_is_hidden_by_a_merge_patch_and_a_started_one_waits_for_its_answer()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder(), TestServer.Unanswered + "2");
        using var ann = new ApiClient(server, "ann");
        using var bob = new ApiClient(server, "bob");
        var chat = await ann.DirectAsync("bob");
        var path = $"/v1/chats/{chat}";
        for (var i = 0; i < 2; i++) await ann.SayAsync(chat, "hello?");
        var third = await ann.SendAsync("POST", path + "/messages", """{"body":{"text":"hello?"}}""");
        Assert.Equal((HttpStatusCode.Conflict, "not_answered"), (third.Status, third.Code));
        Assert.Equal("bob", (await bob.DoneAsync("GET", path)).GetProperty("awaits").GetString());
        var mine = await bob.DoneAsync("PATCH", path + "/mine", """{"hidden":true}""");
        Assert.True(mine.GetProperty("hidden").GetBoolean());
        Assert.True((await bob.DoneAsync("GET", path)).GetProperty("hidden").GetBoolean());
        var shown = await bob.SendAsync(
            "PATCH", path + "/mine", """{"hidden":null}""", "application/merge-patch+json");
        Assert.False(shown.Body.TryGetProperty("hidden", out _));
        await bob.SayAsync(chat, "yes?");
        await ann.SayAsync(chat, "at last");
        Assert.False((await ann.DoneAsync("GET", path)).TryGetProperty("awaits", out _));
    }
}
