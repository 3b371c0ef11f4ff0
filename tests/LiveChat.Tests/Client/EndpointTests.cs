using System.Text;
using LiveChat.Client;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>Where a client connects.</summary>
public sealed class EndpointTests
{
    [Theory]
    [InlineData("http://host:8080", "ws://host:8080/v1/realtime?route=2bd806c97f0e00af")]
    [InlineData("https://host/", "wss://host/v1/realtime?route=2bd806c97f0e00af")]
    [InlineData("ws://host:8080/v1/realtime", "ws://host:8080/v1/realtime?route=2bd806c97f0e00af")]
    [InlineData("wss://host/chat/v1/realtime/", "wss://host/chat/v1/realtime?route=2bd806c97f0e00af")]
    [InlineData("https://host/chat", "wss://host/chat/v1/realtime?route=2bd806c97f0e00af")]
    public void The_address_carries_the_route_of_the_user(string server, string address) =>
        Assert.Equal(address, Endpoint.Realtime(new Uri(server), Token("""{"sub":"alice"}""")).AbsoluteUri);

    [Theory]
    [InlineData("opaque")]
    [InlineData("a.b.c")]
    [InlineData("a.!.c")]
    [InlineData("a.e30=x.c")]
    [InlineData("a.eyJzdWIiOiJcdWQ4MDAifQ.c")]
    [InlineData("a.eyJzdWIiOiL_In0.c")]
    public void A_token_that_is_no_JWT_has_no_route(string token) =>
        Assert.Equal("ws://host/v1/realtime", Endpoint.Realtime(new Uri("http://host"), token).AbsoluteUri);

    [Fact]
    public void A_subject_that_is_no_string_is_none() => Assert.Null(Endpoint.Subject(Token("""{"sub":1}""")));

    private static string Token(string claims) =>
        "e30." + System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims)) + ".x";
}
