using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using Xunit;

namespace LiveChat.EndToEnd.Draining;

/// <summary>A server that is told to end does so, whatever is connected to it.</summary>
public sealed class DrainTests
{
    /// <summary>The server ends within 5 s, or what a busy machine makes of them; less than Kestrel's own half minute.
    /// </summary>
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(24);

    [Fact]
    public async Task No_kind_of_connection_keeps_the_process_from_ending_and_every_websocket_is_told()
    {
        using var scratch = new ScratchDirectory();
        var data = Path.Combine(scratch.Path, "data");
        var inner = CrashServer.FreeEndpoint();
        await using var server = await CrashServer.StartAsync(
            data,
            CrashServer.FreeEndpoint(),
            new Dictionary<string, string>
            {
                ["LIVECHAT__DRAINSECONDS"] = "0",
                ["LIVECHAT__INTERNAL"] = inner.GetLeftPart(UriPartial.Authority),
            });
        var url = server.Endpoint;
        var token = LiveChatServer.MintToken(data, "ann", TimeSpan.FromHours(1));
        var endless = $"POST /v1/chats HTTP/1.1\r\nHost: {url.Authority}\r\nAuthorization: Bearer {token}\r\n"
            + "Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{";
        var document = $"GET /openapi/v1.json HTTP/1.1\r\nHost: {url.Authority}\r\n\r\n";
        var clients = new List<RawClient>();
        try
        {
            foreach (var (address, request) in ((Uri, string)[])[
                (url, ""), (inner, ""), (url, "GET /v1/me"), (inner, "GET /rea"), (url, endless), (inner, endless),
                (url, string.Concat(Enumerable.Repeat(document, 200))), (url, document)])
                clients.Add(await RawClient.OpenAsync(address, request));

            var silent = await UpgradeAsync();
            var late = await UpgradeAsync();
            var member = await UpgradeAsync();
            await member.SendAsync(new Connect { Id = 1, Token = token, Device = "d1" });
            await member.ReadToAsync("\"ready\"");

            await server.TerminateAsync();
            await ConnectAsync(late);
            var (exitCode, said) = await server.ExitAsync().WaitAsync(EndsWithin, TimeProvider.System);
            Assert.True(exitCode == 0, said);
            foreach (var told in (RawClient[])[silent, late, member])
                Assert.Contains("\"code\":4001", await told.ReadToEndAsync(), StringComparison.Ordinal);

            async Task<RawClient> UpgradeAsync()
            {
                clients.Add(await RawClient.UpgradeAsync(url));
                return clients[^1];
            }

            async Task ConnectAsync(RawClient client)
            {
                try
                {
                    await client.SendAsync(new Connect { Id = 1, Token = token, Device = "d2" });
                }
                catch (IOException)
                {
                    // The server was faster.
                }
            }
        }
        finally
        {
            foreach (var client in clients) client.Dispose();
        }
    }
}
