using LiveChat.Protocol;
using LiveChat.Tests.Server.Api;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>Numbers at the edges of what a field can hold, on a real store: whatever became of them, it is read again.
/// </summary>
public sealed class NumberTests
{
    private static readonly string[] Edges =
        ["-9223372036854775808", "-1", "0", "2147483648", "9007199254740991", "9223372036854775807"];

    [Fact]
    public async Task Numbers_out_of_range_have_no_effect_and_the_chat_is_whole_after_a_restart()
    {
        var data = TestServer.NewFolder();
        var first = await TestServer.StartAsync(data, "--LiveChat:Rates:UserBurst=1000");
        var (chat, head) = ("", 0L);
        using (var ann = new ApiClient(first, "ann"))
        {
            var made = await ann.DoneAsync("POST", "/v1/chats", """{"members":["bob"]}""");
            chat = made.GetProperty("chat").GetString()!;
            await ann.SayAsync(chat, "before");
            foreach (var edge in Edges) await SendAsync(ann, chat, edge);
            head = await ann.SayAsync(chat, "after");
        }

        Assert.Equal(0, await first.StopAsync());
        await using var second = await TestServer.StartAsync(data);
        using var again = new ApiClient(second, "ann");
        var events = await again.DoneAsync("GET", $"/v1/chats/{chat}/events?after_seq=0&limit=100");
        Assert.Equal(head, events.GetProperty("head_seq").GetInt64());
        Assert.Equal(head + 1, await again.SayAsync(chat, "still here"));
    }

    private static async Task SendAsync(ApiClient ann, string chat, string edge)
    {
        var path = $"/v1/chats/{chat}";
        (string Method, string Path, string? Body)[] requests =
        [
            ("POST", $"{path}/messages", $$$"""{"body":{"text":"x","reply_to":{{{edge}}}}}"""),
            ("PUT", $"{path}/markers", $$"""{"read":{{edge}}}"""),
            ("PUT", $"{path}/markers", $$"""{"delivered":{{edge}}}"""),
            ("PATCH", path, $$"""{"title":"x","if_seq":{{edge}}}"""),
            ("GET", $"{path}/messages?before_seq={edge}", null),
            ("GET", $"{path}/events?after_seq={edge}", null),
            ("GET", $"{path}/messages?around_seq={edge}", null),
        ];
        foreach (var (method, at, body) in requests)
        {
            var answer = await ann.SendAsync(method, at, body);
            Assert.NotEqual(500, (int)answer.Status);
            Assert.True(
                (int)answer.Status < 300 || answer.Code is ErrorCode.ValidationFailed or ErrorCode.Unavailable
                    or ErrorCode.PreconditionFailed or ErrorCode.BadRequest,
                $"{method} {at} {body}: {answer.Body}");
        }
    }
}
