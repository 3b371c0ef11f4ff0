using LiveChat.Protocol;
using LiveChat.Server.Http;
using LiveChat.Tests.Server.Gateway;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace LiveChat.Tests.Server.Http;

/// <summary>Pages of other origins, and what they may bring with them.</summary>
public sealed class OriginTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const StringComparison Exactly = StringComparison.Ordinal;
    private const string Listed = "https://app.example.com";

    [Theory]
    [InlineData("*")]
    [InlineData("https://*")]
    [InlineData("https://*.example.com")]
    [InlineData("app.example.com")]
    [InlineData("app.example.com:8443")]
    [InlineData("https://app.example.com/")]
    [InlineData("https://app.example.com:443")]
    [InlineData("http://app.example.com:80")]
    [InlineData("https://App.example.com")]
    [InlineData("https://app.example.com, https://other.example.com")]
    [InlineData("null")]
    public async Task What_can_match_no_page_stops_the_server_before_it_starts(string origin)
    {
        await using var server = await TestServer.StartAsync(
            TestServer.NewFolder(), "--LiveChat:Origins:0=https://good.example", $"--LiveChat:Origins:1={origin}");
        Assert.Equal(2, await server.Exit);
        Assert.Contains($"Origins has {origin}, which matches no page", server.Errors.ToString(), Exactly);
    }

    [Theory]
    [InlineData("https://app.example.com")]
    [InlineData("http://localhost:5173")]
    [InlineData("http://127.0.0.1:80443")]
    [InlineData("http://[::1]:3000")]
    [InlineData("capacitor://localhost")]
    [InlineData("chrome-extension://abcdefghijklmnop")]
    public void What_a_browser_sends_may_be_listed(string origin) => Assert.Null(OriginPolicy.Problem(origin));

    [Theory]
    [InlineData("https://app.example.com.evil.io")]
    [InlineData("https://evil-app.example.com")]
    [InlineData("https://evilapp.example.com")]
    [InlineData("https://sub.app.example.com")]
    [InlineData("https://example.com")]
    [InlineData("https://app.example.com.")]
    [InlineData("https://app.example.com:443")]
    [InlineData("https://app.example.com:8443")]
    [InlineData("http://app.example.com")]
    [InlineData("wss://app.example.com")]
    [InlineData("HTTPS://app.example.com")]
    [InlineData("https://APP.example.com")]
    [InlineData("https://app.example.com/")]
    [InlineData("https://app.example.com/x")]
    [InlineData("https://app.example.com?x")]
    [InlineData("https://app.example.com@evil.io")]
    [InlineData("https://user@app.example.com")]
    [InlineData("https://app.example.com https://evil.io")]
    [InlineData("https://evil.io, https://app.example.com")]
    [InlineData(" https://app.example.com")]
    [InlineData("app.example.com")]
    [InlineData("https://\u0430pp.example.com")]
    [InlineData("https://xn--pp-7kc.example.com")]
    [InlineData("https://app.example\u3002com")]
    [InlineData("null")]
    [InlineData("NULL")]
    [InlineData("*")]
    [InlineData("")]
    public void An_origin_that_looks_like_a_listed_one_is_none(string origin)
    {
        var request = new DefaultHttpContext().Request;
        (request.Scheme, request.Host) = ("https", new HostString("chat.example.com"));
        request.Headers.Origin = origin;
        Assert.False(new OriginPolicy([Listed]).Allows(request));
        Assert.False(new OriginPolicy([]).Allows(request));
    }

    [Fact]
    public void A_listed_origin_is_taken_once_and_the_own_one_where_none_is_listed()
    {
        var request = new DefaultHttpContext().Request;
        (request.Scheme, request.Host) = ("https", new HostString("chat.example.com"));
        request.Headers.Origin = Listed;
        Assert.True(new OriginPolicy([Listed]).Allows(request));
        request.Headers.Origin = new[] { Listed, Listed };
        Assert.False(new OriginPolicy([Listed]).Allows(request));
        request.Headers.Origin = "https://chat.example.com";
        Assert.True(new OriginPolicy([]).Allows(request));
        Assert.False(new OriginPolicy([Listed]).Allows(request));
    }

    [Theory]
    [InlineData("https://evil.example")]
    [InlineData("null")]
    public async Task A_page_of_another_origin_is_refused_before_the_upgrade_whatever_cookie_it_has(string origin)
    {
        var token = shared.Server.Token("ann");
        using var socket = await RawSocket.OpenAsync(
            shared.Server.Url,
            request => request.Replace(
                "Upgrade: websocket\r\n",
                $"Upgrade: websocket\r\nOrigin: {origin}\r\nCookie: token={token}; access_token={token}\r\n",
                Exactly));
        Assert.StartsWith("HTTP/1.1 403 ", socket.Answer, Exactly);
    }

    [Fact]
    public async Task A_cookie_counts_for_nothing_with_or_without_an_origin()
    {
        var token = shared.Server.Token("ann");
        var cookie = $"Cookie: token={token}; access_token={token}; Authorization=Bearer {token}\r\n";
        using var socket = await RawSocket.OpenAsync(
            shared.Server.Url,
            request => request.Replace("Upgrade: websocket\r\n", $"Upgrade: websocket\r\n{cookie}", Exactly));
        await socket.SendAsync(ClientFrames.Message("{\"type\":\"chats\",\"id\":1}"));
        Assert.Equal((int)CloseCode.BadFrame, (await socket.ClosedAsync()).Code);

        var statuses = await RawHttp.SendAsync(
            shared.Server.Url,
            $"GET /v1/chats HTTP/1.1\r\nHost: {shared.Server.Url.Authority}\r\nConnection: close\r\n{cookie}\r\n");
        Assert.Equal(["401"], statuses);
    }
}
