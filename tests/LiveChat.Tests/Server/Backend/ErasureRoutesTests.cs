using System.Net;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server.Api;
using Xunit;

namespace LiveChat.Tests.Server.Backend;

/// <summary>A backend, or the operator, has a user erased.</summary>
public sealed class ErasureRoutesTests(ServerWithKey shared) : IClassFixture<ServerWithKey>
{
    [Fact]
    public async Task A_user_is_erased_once_and_never_comes_back()
    {
        using var backend = shared.Backend();
        using var operators = shared.Operator();
        foreach (var user in (string[])["eve", "fay"]) await backend.DoneAsync("PUT", $"/v1/users/{user}", "{}");
        using var acting = shared.Backend("eve");
        using var eve = new ApiClient(shared.Server, "eve");
        using var fay = shared.Backend("fay");
        using var socket = await shared.Server.ConnectAsync("fay");
        var chat = await acting.DirectAsync("fay");
        var seq = await acting.SayAsync(chat, "a secret");
        Assert.Equal("forbidden", (await eve.SendAsync("DELETE", "/v1/users/eve")).Code);
        Assert.Equal("not_found", (await backend.SendAsync("GET", "/v1/users/eve/erasure")).Code);

        var begun = await backend.SendAsync("DELETE", "/v1/users/eve");
        Assert.Equal((HttpStatusCode.Accepted, "running"), (begun.Status, begun.Body.GetProperty("state").GetString()));
        var since = begun.Body.GetProperty("started_at").GetString();
        var again = await operators.SendAsync("DELETE", "/v1/users/eve");
        Assert.Equal(since, again.Body.GetProperty("started_at").GetString());

        Assert.Equal("eve", (await socket.NextAsync<MemberRemoved>()).User);
        Assert.Equal(seq, (await socket.NextAsync<MessageDeleted>()).Target);
        var page = await fay.DoneAsync("GET", $"/v1/chats/{chat}/messages?min_seq={seq}");
        Assert.DoesNotContain("a secret", page.GetRawText(), StringComparison.Ordinal);
        var read = await backend.DoneAsync("GET", "/v1/users/eve/erasure");
        Assert.Equal(since, read.GetProperty("started_at").GetString());
        foreach (var method in (string[])["PUT", "PATCH"])
            Assert.Equal("conflict", (await backend.SendAsync(method, "/v1/users/eve", """{"disabled":false}""")).Code);
        Assert.Equal("forbidden", (await eve.SendAsync("GET", "/v1/chats")).Code);
        Assert.Equal("forbidden", (await acting.SendAsync("GET", "/v1/chats")).Code);
    }
}
