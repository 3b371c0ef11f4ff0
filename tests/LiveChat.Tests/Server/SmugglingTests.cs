using LiveChat.Tests.Server.Api;
using LiveChat.Tests.Server.Gateway;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>
/// Requests whose end can be seen in two places. Behind each stands a second request: who sees it has been fooled.
/// </summary>
public sealed class SmugglingTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const string Body = """{"direct":"bob"}""";
    private const string Chunked = "Transfer-Encoding: chunked\r\n";
    private const string Chunks = $"10\r\n{Body}\r\n0\r\n\r\n";
    private const string Second = "GET /v1/meta HTTP/1.1\r\nHost: second\r\n\r\n";

    [Theory]
    [InlineData("Content-Length: 16\r\n" + Chunked, Chunks)]
    [InlineData(Chunked + "Content-Length: 16\r\n", Chunks)]
    [InlineData("Content-Length: 5\r\n" + Chunked, "0\r\n\r\n")]
    [InlineData("Content-Length: 16\r\nContent-Length: 0\r\n", Body)]
    [InlineData("Content-Length: 16\r\nContent-Length: 16\r\n", Body)]
    [InlineData("Content-Length: 16, 16\r\n", Body)]
    [InlineData("Content-Length: -1\r\n", Body)]
    [InlineData("Content-Length: 0x10\r\n", Body)]
    [InlineData("Content-Length: +16\r\n", Body)]
    [InlineData("content-length: +16\r\n", Body)]
    [InlineData("Content-Length: 1\v6\r\n", Body)]
    [InlineData("Content-Length: \v16\r\n", Body)]
    [InlineData("Content-Length: 16\u00a0\r\n", Body)]
    [InlineData("Content-Length: 000000000000000000000000000000000016\r\n", Body)]
    [InlineData("Content-Length: 99999999999999999999\r\n", Body)]
    [InlineData("Transfer-Encoding: xchunked\r\n", Chunks)]
    [InlineData("Transfer-Encoding: chunked, identity\r\n", Chunks)]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n", Chunks)]
    [InlineData(Chunked + Chunked, Chunks)]
    [InlineData("Transfer-Encoding : chunked\r\n", Chunks)]
    [InlineData("Transfer-Encoding:\r\n chunked\r\n", Chunks)]
    [InlineData("Transfer-Encoding: chunked\0\r\n", Chunks)]
    [InlineData("X: a\rTransfer-Encoding: chunked\r\n", Chunks)]
    [InlineData(Chunked, $"ZZ\r\n{Body}\r\n0\r\n\r\n")]
    [InlineData(Chunked, $"-10\r\n{Body}\r\n0\r\n\r\n")]
    [InlineData(Chunked, $"+10\r\n{Body}\r\n0\r\n\r\n")]
    [InlineData(Chunked, $"FFFFFFFFFFFFFFFFF\r\n{Body}\r\n0\r\n\r\n")]
    [InlineData(Chunked, $"10;a\nb\r\n{Body}\r\n0\r\n\r\n")]
    [InlineData(Chunked, $"10\n{Body}\r\n0\r\n\r\n")]
    [InlineData(Chunked, $"10\r\n{Body}0\r\n\r\n")]
    public async Task A_request_with_two_ends_is_refused_and_the_connection_closed(string headers, string body)
    {
        var token = shared.Server.Token("smuggler");
        var statuses = await RawHttp.SendAsync(
            shared.Server.Url,
            $"POST /v1/chats HTTP/1.1\r\nHost: {shared.Server.Url.Authority}\r\nAuthorization: Bearer {token}\r\n"
            + $"Content-Type: application/json\r\n{headers}\r\n{body}{Second}");
        Assert.Equal(["400"], statuses);

        using var smuggler = new ApiClient(shared.Server, "smuggler");
        Assert.Equal(0, (await smuggler.DoneAsync("GET", "/v1/chats")).GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("Content-Length: 16\r\n" + Chunked)]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n")]
    public async Task So_is_one_to_the_endpoint_of_the_sockets(string headers) =>
        Assert.Equal(
            ["400"],
            await RawHttp.SendAsync(
                shared.Server.Url,
                $"GET /v1/realtime HTTP/1.1\r\nHost: {shared.Server.Url.Authority}\r\n{headers}\r\n{Chunks}{Second}"));

    [Theory]
    [InlineData("GET /v1/meta HTTP/1.1\r\n\r\n")]
    [InlineData("GET /v1/meta HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET http://elsewhere.example/v1/meta HTTP/1.1\r\nHost: here.example\r\n\r\n")]
    [InlineData("GET /v1/meta HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n")]
    [InlineData("GET /v1/chats/7%00/messages HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("GET /v1/meta\0 HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("nonsense\r\n\r\n")]
    public async Task A_request_for_nobody_or_for_two_is_refused(string request) =>
        Assert.Equal(["400"], await RawHttp.SendAsync(shared.Server.Url, request + Second));
}
