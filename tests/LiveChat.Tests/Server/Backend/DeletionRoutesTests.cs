using System.Net;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server.Api;
using Xunit;

namespace LiveChat.Tests.Server.Backend;

/// <summary>A backend, or the operator, deletes a chat.</summary>
public sealed class DeletionRoutesTests(ServerWithKey shared) : IClassFixture<ServerWithKey>
{
    [Fact]
    public async Task A_chat_is_deleted_by_a_server_key_or_the_operator_and_by_no_user()
    {
        using var backend = shared.Backend();
        using var operators = shared.Operator();
        foreach (var user in (string[])["gil", "hal"]) await backend.DoneAsync("PUT", $"/v1/users/{user}", "{}");
        using var acting = shared.Backend("gil");
        using var gil = new ApiClient(shared.Server, "gil");
        using var socket = await shared.Server.ConnectAsync("hal");
        var chat = await acting.DirectAsync("hal");
        var seq = await acting.SayAsync(chat, "a secret");
        Assert.Equal("forbidden", (await gil.SendAsync("DELETE", $"/v1/chats/{chat}")).Code);
        Assert.Equal("not_found", (await backend.SendAsync("GET", $"/v1/chats/{chat}/deletion")).Code);
        Assert.Equal("not_found", (await backend.SendAsync("DELETE", "/v1/chats/77")).Code);
        Assert.Equal("validation_failed", (await backend.SendAsync("DELETE", "/v1/chats/none")).Code);

        var deleted = await backend.SendAsync("DELETE", $"/v1/chats/{chat}");
        Assert.Equal(HttpStatusCode.Accepted, deleted.Status);
        Assert.Equal("running", deleted.Body.GetProperty("state").GetString());
        var at = deleted.Body.GetProperty("deleted_at").GetString();
        var again = await operators.SendAsync("DELETE", $"/v1/chats/{chat}");
        Assert.Equal(at, again.Body.GetProperty("deleted_at").GetString());
        var read = await backend.DoneAsync("GET", $"/v1/chats/{chat}/deletion");
        Assert.Equal(at, read.GetProperty("deleted_at").GetString());

        Assert.Equal(seq + 1, (await socket.NextAsync<ChatDeleted>()).Seq);
        Assert.Equal("not_found", (await gil.SendAsync("GET", $"/v1/chats/{chat}")).Code);
        var list = await gil.DoneAsync("GET", "/v1/chats");
        Assert.Equal(0, list.GetProperty("items").GetArrayLength());
        var page = await gil.DoneAsync("GET", $"/v1/chats/{chat}/events?after_seq=0");
        Assert.DoesNotContain("a secret", page.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("chat.deleted", page.GetProperty("items")[0].GetProperty("type").GetString());
    }
}
