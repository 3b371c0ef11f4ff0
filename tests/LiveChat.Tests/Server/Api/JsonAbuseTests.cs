using System.Globalization;
using System.Text;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server.Gateway;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Server.Api;

/// <summary>JSON that is none, or says two things, or more than a client can hold: refused over HTTP and the socket
/// alike, and the chat goes on.</summary>
public sealed class JsonAbuseTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const string Bad = ErrorCode.BadRequest;
    private const string Invalid = ErrorCode.ValidationFailed;
    private const string TooLarge = ErrorCode.PayloadTooLarge;

    /// <summary>The fields of <c>message.send</c> behind chat and key.</summary>
    public static TheoryData<string, string, string> Fields() => new()
    {
        { "depth", WithCustom(new string('[', 10_000) + new string(']', 10_000)), Bad },
        { "keys", WithCustom($"{{{string.Join(',', Enumerable.Range(0, 4_000).Select(KeyOf))}}}"), TooLarge },
        { "body twice", """ "body":{"text":"a"},"body":{"text":"b"} """, Bad },
        { "text twice", """ "body":{"text":"a","text":"b"} """, Bad },
        { "text twice, once escaped", """ "body":{"text":"a","te\u0078t":"b"} """, Bad },
        { "custom key twice", """ "body":{"text":"a","custom":{"k":1,"k":2}} """, Bad },
        { "NaN", """ "body":{"text":"a","reply_to":NaN} """, Bad },
        { "beyond a double", """ "body":{"text":"a","custom":{"k":1e400}} """, Invalid },
        { "nearer to 0 than a double", """ "body":{"text":"a","custom":{"k":1e-400}} """, Invalid },
        { "a zero character", """ "body":{"text":"a\u0000"} """, Invalid },
        { "a control character", """ "body":{"text":"\u001b[2J"} """, Invalid },
        { "a noncharacter", """ "body":{"text":"\uffff"} """, Invalid },
        { "a zero character in custom data", """ "body":{"text":"a","custom":{"k":"\u0000"}} """, Invalid },
        { "a zero character in a name", """ "body":{"text":"a","custom":{"\u0000":1}} """, Invalid },
        { "infinity", """ "body":{"text":"a","custom":{"k":-Infinity}} """, Bad },
        { "leading zero", """ "body":{"text":"a","reply_to":01} """, Bad },
        { "plus", """ "body":{"text":"a","reply_to":+1} """, Bad },
        { "fraction", """ "body":{"text":"a","reply_to":1.5} """, Bad },
        { "exponent", """ "body":{"text":"a","reply_to":1e30} """, Bad },
        { "2^63", """ "body":{"text":"a","reply_to":9223372036854775808} """, Bad },
        { "2^53", """ "body":{"text":"a","reply_to":9007199254740992} """, Invalid },
        { "zero", """ "body":{"text":"a","reply_to":0} """, Invalid },
        { "negative", """ "body":{"text":"a","reply_to":-1} """, Invalid },
        { "a string for a number", """ "body":{"text":"a","reply_to":"1"} """, Bad },
        { "a number for a string", """ "body":{"text":1} """, Bad },
        { "an operator", """ "body":{"text":{"$gt":""}} """, Bad },
        { "null for a string", """ "body":{"text":null} """, Bad },
        { "a list for an object", """ "body":[] """, Bad },
        { "half a character", """ "body":{"text":"\ud800"} """, Bad },
        { "the other half", """ "body":{"text":"\udc00x"} """, Bad },
        { "half a character in custom data", """ "body":{"text":"a","custom":{"k":"\ud83d"}} """, Bad },
        { "half a character in a name", """ "body":{"text":"a","custom":{"\ud83d":1}} """, Bad },
        { "half a character in the outermost name", """ "\ud83d":1,"body":{"text":"a"} """, Bad },
        { "trailing comma", """ "body":{"text":"a",} """, Bad },
        { "comment", """ "body":{"text":"a"/*x*/} """, Bad },
        { "line break in a string", "\"body\":{\"text\":\"a\nb\"}", Bad },
        { "something behind", """ "body":{"text":"a"}}{"x":1 """, Bad },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task It_is_refused_over_http_and_over_the_socket(string name, string fields, string code)
    {
        using var ann = new ApiClient(shared.Server, "json");
        var chat = await ann.DirectAsync("bob");
        var key = $"\"client_id\":\"{ApiClient.Key()}\"";
        var answer = await ann.SendAsync("POST", $"/v1/chats/{chat}/messages", $"{{{key},{fields}}}");
        Assert.Equal(code, answer.Code);

        using var socket = await shared.Server.ConnectAsync("json");
        var frame = $$$"""{"type":"message.send","id":9,"data":{"chat":"{{{chat}}}",{{{key}}},{{{fields}}}}}""";
        await socket.SendAsync(Encoding.UTF8.GetBytes(frame));
        var refused = await socket.NextAsync<ErrorFrame>(static heard => heard.Re == 9);
        Assert.Equal(code, refused.Problem.Code);
        Assert.IsType<ChatList>(await socket.AskAsync(new ChatsGet()));

        var events = await ann.DoneAsync("GET", $"/v1/chats/{chat}/events?after_seq=0");
        Assert.True(events.GetProperty("items").GetArrayLength() == 1, $"{name} left something in the chat.");
    }

    [Fact]
    public async Task A_byte_order_mark_is_no_frame()
    {
        using var socket = await shared.Server.ConnectAsync("json");
        await socket.SendAsync(Encoding.UTF8.GetBytes("\uFEFF{\"type\":\"chats\",\"id\":1}"));
        Assert.IsType<ChatList>(await socket.AskAsync(new ChatsGet()));

        using var ann = new ApiClient(shared.Server, "json");
        var refused = await ann.SendAsync("POST", "/v1/chats", "\uFEFF{\"direct\":\"marked\"}");
        Assert.Equal((400, Bad), ((int)refused.Status, refused.Code));
    }

    private static string WithCustom(string value) => "\"body\":{\"text\":\"x\",\"custom\":{\"a\":" + value + "}}";

    private static string KeyOf(int number) => string.Create(CultureInfo.InvariantCulture, $"\"k{number}\":1");
}
