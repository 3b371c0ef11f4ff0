using LiveChat.Protocol;
using Xunit;

namespace LiveChat.Tests.Server.Gateway;

/// <summary>Other ways in than the one that there is.</summary>
public sealed class UpgradeTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private const StringComparison Exactly = StringComparison.Ordinal;

    [Theory]
    [InlineData("/")]
    [InlineData("/v1")]
    [InlineData("/v1/realtimes")]
    [InlineData("/v1/chats")]
    [InlineData("/metrics")]
    public async Task No_other_endpoint_is_upgraded(string path)
    {
        using var socket = await RawSocket.OpenAsync(
            shared.Server.Url, request => request.Replace("GET /v1/realtime ", $"GET {path} ", Exactly));
        Assert.Matches("^HTTP/1.1 (200|4[0-9][0-9]) ", socket.Answer);
    }

    [Fact]
    public async Task A_token_in_the_url_counts_for_nothing()
    {
        var token = shared.Server.Token("ann");
        using var socket = await RawSocket.OpenAsync(
            shared.Server.Url,
            request => request.Replace("/v1/realtime ", $"/v1/realtime?token={token}&access_token={token} ", Exactly));
        await socket.SendAsync(ClientFrames.Message("{\"type\":\"chats\",\"id\":1}"));
        Assert.Equal((int)CloseCode.BadFrame, (await socket.ClosedAsync()).Code);
    }
}
