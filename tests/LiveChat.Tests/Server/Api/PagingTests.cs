using System.Text.Json;
using LiveChat.Tests.Server.Gateway;
using Xunit;

namespace LiveChat.Tests.Server.Api;

/// <summary>Pages over HTTP, put together as they come.</summary>
public sealed class PagingTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly TestServer _server = shared.Server;

    [Theory]
    [InlineData("messages", 2)]
    [InlineData("events", 1)]
    public async Task Pages_behind_a_seq_are_in_seq_order_and_follow_each_other(string what, long first)
    {
        using var ann = new ApiClient(_server, "paging");
        var (path, last) = await TalkAsync(ann);
        var (seen, after) = (new List<long>(), 0L);
        for (long? next = after; next is not null; next = Next(await PageAsync(ann, seen, $"{path}/{what}", next)))
            Assert.True(seen.Count <= 10, "The pages end.");
        Assert.Equal(Enumerable.Range((int)first, (int)(last - first + 1)).Select(static seq => (long)seq), seen);
    }

    [Fact]
    public async Task Without_a_seq_and_below_one_messages_come_newest_first()
    {
        using var ann = new ApiClient(_server, "paging");
        var (path, last) = await TalkAsync(ann);
        var latest = await ann.DoneAsync("GET", $"{path}/messages?limit=2&min_seq={last}");
        Assert.Equal([last, last - 1], Seqs(latest));
        var below = await ann.DoneAsync("GET", $"{path}/messages?limit=2&before_seq={Next(latest)}");
        Assert.Equal([last - 2, last - 3], Seqs(below));
    }

    [Fact]
    public async Task A_page_around_a_seq_is_in_seq_order_and_says_where_both_directions_go_on()
    {
        using var ann = new ApiClient(_server, "paging");
        var (path, last) = await TalkAsync(ann);
        var middle = await ann.DoneAsync("GET", $"{path}/messages?limit=2&around_seq=4&min_seq={last}");
        Assert.Equal([4, 5], Seqs(middle));
        Assert.Equal((4, 5), (
            middle.GetProperty("next_before").GetInt64(), middle.GetProperty("next_after").GetInt64()));
    }

    /// <summary>A chat with six messages, the first of them at seq 2.</summary>
    private static async Task<(string Path, long Last)> TalkAsync(ApiClient ann)
    {
        var made = await ann.DoneAsync("POST", "/v1/chats", """{"members":["bob"]}""");
        var path = $"/v1/chats/{made.GetProperty("chat").GetString()}";
        var last = 0L;
        for (var i = 0; i < 6; i++)
            last = (await ann.DoneAsync("POST", path + "/messages", """{"body":{"text":"x"}}"""))
                .GetProperty("seq").GetInt64();
        return (path, last);
    }

    private static async Task<JsonElement> PageAsync(ApiClient ann, List<long> seen, string path, long? after)
    {
        var page = await ann.DoneAsync("GET", $"{path}?limit=2&after_seq={after}&min_seq=7");
        seen.AddRange(Seqs(page));
        return page;
    }

    private static IEnumerable<long> Seqs(JsonElement page) => page.GetProperty("items").EnumerateArray()
        .Select(static item => item.GetProperty("data").GetProperty("seq").GetInt64());

    private static long? Next(JsonElement page) => page.TryGetProperty("next", out var next) ? next.GetInt64() : null;
}
