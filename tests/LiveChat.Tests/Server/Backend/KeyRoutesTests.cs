using System.Text.Json;
using LiveChat.Tests.Server.Api;
using Xunit;

namespace LiveChat.Tests.Server.Backend;

/// <summary>The operator makes, lists and revokes server keys, at the internal address and nowhere else.</summary>
public sealed class KeyRoutesTests(ServerWithKey shared) : IClassFixture<ServerWithKey>
{
    [Fact]
    public async Task A_key_is_shown_once_listed_without_its_secret_and_revoked_for_good()
    {
        using var operators = shared.Operator();
        var made = await operators.SendAsync("POST", "/v1/keys", """{"name":"my-backend.2"}""");
        Assert.Equal(201, (int)made.Status);
        var (id, key) = (made.Body.GetProperty("id").GetString()!, made.Body.GetProperty("key").GetString()!);
        Assert.Matches("^lcs_[0-9a-f]{16}$", id);
        Assert.StartsWith(id + "_", key, StringComparison.Ordinal);
        using var backend = new ApiClient(shared.Server.Url, key, "ann");
        using var ann = new ApiClient(shared.Server, "ann");
        await ann.DoneAsync("GET", "/v1/chats");
        await backend.DoneAsync("GET", "/v1/chats");

        var list = await operators.DoneAsync("GET", "/v1/keys");
        Assert.DoesNotContain(key[^64..], list.GetRawText(), StringComparison.Ordinal);
        var listed = ItemOf(list, id);
        Assert.Equal("my-backend.2", listed.GetProperty("name").GetString());
        Assert.True(listed.TryGetProperty("last_used_at", out _));

        Assert.Equal(204, (int)(await operators.SendAsync("DELETE", $"/v1/keys/{id}")).Status);
        var refused = await backend.SendAsync("GET", "/v1/chats");
        Assert.Equal((401, "unauthorized"), ((int)refused.Status, refused.Code));
        list = await operators.DoneAsync("GET", "/v1/keys");
        Assert.True(ItemOf(list, id).GetProperty("revoked").GetBoolean());
        Assert.Equal("not_found", (await operators.SendAsync("DELETE", "/v1/keys/lcs_0000000000000000")).Code);
    }

    [Fact]
    public async Task Only_the_operator_gets_there_and_only_at_the_internal_address()
    {
        using var key = new ApiClient(shared.Internal, shared.Key);
        using var user = new ApiClient(shared.Internal, shared.Server.Token("operator"));
        using var nobody = new ApiClient(shared.Internal, null);
        foreach (var client in (ApiClient[])[key, user, nobody])
            foreach (var (method, body) in ((string, string?)[])[("GET", null), ("POST", """{"name":"x"}""")])
                Assert.Equal("unauthorized", (await client.SendAsync(method, "/v1/keys", body)).Code);

        using var outside = ServerWithKey.OperatorOf(shared.Server, shared.Server.Url);
        Assert.Equal("not_found", (await outside.SendAsync("GET", "/v1/keys")).Code);
        Assert.Equal("not_found", (await outside.SendAsync("POST", "/v1/keys", """{"name":"x"}""")).Code);
        Assert.Equal("unauthorized", (await outside.SendAsync("GET", "/v1/chats")).Code);
    }

    [Theory]
    [InlineData("{}", "application/json", 400)]
    [InlineData("""{"name":7}""", "application/json", 400)]
    [InlineData("""{"name":"a","name":"b"}""", "application/json", 400)]
    [InlineData("""{"name":"\ud800"}""", "application/json", 400)]
    [InlineData("""{"name":"two\nlines"}""", "application/json", 422)]
    [InlineData("""{"name":"a"}""", "text/plain", 415)]
    public async Task A_bad_name_makes_no_key(string body, string type, int status)
    {
        using var operators = shared.Operator();
        Assert.Equal(status, (int)(await operators.SendAsync("POST", "/v1/keys", body, type)).Status);
    }

    private static JsonElement ItemOf(JsonElement list, string id) => list.GetProperty("items").EnumerateArray()
        .Single(item => item.GetProperty("id").GetString() == id);
}
