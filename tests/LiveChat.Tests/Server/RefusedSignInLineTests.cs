using System.Net;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Hosting;
using LiveChat.Tests.Server.Api;
using Microsoft.Extensions.Logging;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>Each door at which a sign-in is refused leaves a line, without the token.</summary>
public sealed class RefusedSignInLineTests : IDisposable
{
    private const string Wrong = "wrong-token-0123456789";
    private readonly LineCollector _log = new();

    [Theory]
    [InlineData("http", "the token is not valid")]
    [InlineData("socket", "the token is not valid")]
    [InlineData("key", "the server key is not known")]
    [InlineData("backend", "the token is not valid")]
    public async Task A_refusal_is_a_line_for_the_operator(string door, string reason)
    {
        await using var server = await TestServer.StartAsync(
            new ServerSeams { Logging = _log.Listen }, TestServer.NewFolder());
        await KnockAsync(server, door);

        var line = Assert.Single(
            _log.Lines, line => line.Text.StartsWith("A sign-in was refused: ", StringComparison.Ordinal));
        Assert.Equal(LogLevel.Warning, line.Level);
        Assert.StartsWith($"A sign-in was refused: {reason}. 0 more", line.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(_log.Lines, heard => heard.Text.Contains(Wrong, StringComparison.Ordinal));
    }

    public void Dispose() => _log.Dispose();

    private static async Task KnockAsync(TestServer server, string door)
    {
        if (door == "socket")
        {
            using var socket = await server.OpenAsync();
            await socket.SendAsync(new Connect { Token = Wrong, Id = 1 });
            await socket.ClosedAsync();
            return;
        }

        var token = door == "key" ? $"lcs_0123456789abcdef_{new string('0', 64)}" : Wrong;
        using var http = new ApiClient(server.Url, token);
        var answer = await http.SendAsync("GET", door == "backend" ? "/v1/users/ann" : "/v1/chats");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
    }
}
