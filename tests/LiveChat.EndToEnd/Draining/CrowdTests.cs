using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.RegularExpressions;
using LiveChat.Loads.Sockets;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Draining;

/// <summary>
/// A server that is told to end while a thousand clients are connected over every transport: some have not signed in,
/// some do not read, some come meanwhile.
/// </summary>
public sealed partial class CrowdTests : IAsyncDisposable
{
    private const int Unsigned = 500;
    private const int Unread = 130;
    private const int Newcomers = 60;
    private const int GroupSize = 40;

    /// <summary>The window and 5 s, or what a busy machine makes of them.</summary>
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(60);

    private readonly ScratchDirectory _scratch = new();
    private readonly ConcurrentBag<RawClient> _clients = [];
    private readonly ConcurrentBag<(string Chat, long Seq)> _acknowledged = [];

    private string Data => Path.Combine(_scratch.Path, "data");

    public ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        _scratch.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_thousand_clients_of_every_kind_do_not_keep_the_process_and_no_acknowledged_message_is_lost()
    {
        await using var server = await CrashServer.StartAsync(
            Data,
            CrashServer.FreeEndpoint(),
            new Dictionary<string, string>
            {
                ["LIVECHAT__DRAINSECONDS"] = "2",

                // Nobody is closed before the end, however slow the machine is.
                ["LIVECHAT__SESSIONS__CONNECTSECONDS"] = "300",
                ["LIVECHAT__SESSIONS__SILENCESECONDS"] = "600",
                ["LIVECHAT__OUTBOX__GRACESECONDS"] = "300",
            });
        var deaf = await UnreadAsync(server.Endpoint);
        using var sender = await SocketAsync(server.Endpoint);
        var chats = new List<string>();
        foreach (var members in deaf.Chunk(GroupSize))
            chats.Add((await sender.AckAsync(
                new ChatCreate { ClientId = TestSocket.Key(), Members = [.. members] })).Chat);

        // Outboxes and kernels fill up.
        for (var round = 0; round < 20; round++)
            foreach (var chat in chats) await SayAsync(sender, chat, new string('x', 8_000));

        var waiting = await UnsignedAsync(server.Endpoint);
        var sending = UntilRefusedAsync(() => SayAsync(sender, chats[0], "on and on"));
        var coming = Task.WhenAll(Enumerable.Range(0, Newcomers).Select(number => ComeAsync(server.Endpoint, number)));
        await server.TerminateAsync();
        var (exitCode, said) = await server.ExitAsync().WaitAsync(EndsWithin, TimeProvider.System);
        Assert.True(exitCode == 0, said);
        await sending;
        await coming;
        await CheckSpreadAsync(waiting);

        await server.StartAgainAsync(Data);
        using var reader = await SocketAsync(server.Endpoint);
        foreach (var chat in chats)
        {
            var kept = await MessagesAsync(reader, chat);
            Assert.All(
                _acknowledged.Where(sent => sent.Chat == chat), sent => Assert.Contains(sent.Seq, kept));
        }
    }

    [GeneratedRegex("\"after_ms\":(?<ms>[0-9]+)")]
    private static partial Regex AfterMs();

    private string Token(string user) => LiveChatServer.MintToken(Data, user, TimeSpan.FromHours(1));

    /// <summary>Clients that have not signed in; the WebSockets among them, which are told.</summary>
    private async Task<List<RawClient>> UnsignedAsync(Uri server)
    {
        var sockets = new List<RawClient>();
        for (var i = 0; i < Unsigned / 4; i++)
        {
            sockets.Add(Keep(await RawClient.UpgradeAsync(server)));
            Keep(await RawClient.OpenAsync(server, ""));
            Keep(await RawClient.OpenAsync(server, Post(server, "poll", length: 5_000, "{\"type\"")));
            Keep(await RawClient.OpenAsync(server, Post(server, "events", length: 5_000, "{")));
        }

        return sockets;
    }

    /// <summary>Users with a device over each transport, which reads nothing after its sign-in.</summary>
    private async Task<List<string>> UnreadAsync(Uri server)
    {
        var users = Enumerable.Range(0, Unread).Select(static i => $"deaf-{i}").ToList();
        foreach (var user in users)
        {
            var connect = ConnectOf(user);
            var text = Encoding.UTF8.GetString(LightSocket.Message(connect));
            foreach (var path in (string[])["events", "poll"])
            {
                var client = Keep(await RawClient.OpenAsync(server, Post(server, path, text.Length, text)));
                var answer = await client.ReadToAsync("\"ready\"");
                if (path != "poll") continue;
                var key = SessionKey().Match(answer).Groups["key"].Value;
                await client.SendAsync(Encoding.ASCII.GetBytes(
                    $"GET /v1/poll?ack=1 HTTP/1.1\r\nHost: {server.Authority}\r\nLiveChat-Session: {key}\r\n\r\n"));
            }

            var socket = Keep(await RawClient.UpgradeAsync(server));
            await socket.SendAsync(connect);
            await socket.ReadToAsync("\"ready\"");
        }

        return users;
    }

    [GeneratedRegex("LiveChat-Session: (?<key>[0-9a-f]{32})")]
    private static partial Regex SessionKey();

    private async Task<TestSocket> SocketAsync(Uri server)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("livechat.v1.json");
        using var limit = new CancellationTokenSource(EndsWithin);
        await socket.ConnectAsync(new Uri($"ws://{server.Authority}/v1/realtime"), limit.Token);
        var device = new TestSocket(socket) { Patience = TimeSpan.FromMinutes(1) };
        await device.ConnectAsync(Token("sender"));
        return device;
    }

    private Connect ConnectOf(string user) => new() { Id = 1, Token = Token(user) };

    private static string Post(Uri server, string path, int length, string body) =>
        $"POST /v1/{path} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Length: "
        + $"{length.ToString(CultureInfo.InvariantCulture)}\r\n\r\n{body}";

    /// <summary>Connects over any transport while the server ends.</summary>
    private Task ComeAsync(Uri server, int number) => UntilRefusedAsync(async () =>
    {
        var connect = ConnectOf($"newcomer-{number}");
        if (number % 3 == 0)
        {
            var client = Keep(await RawClient.UpgradeAsync(server));
            await client.SendAsync(connect);
            return;
        }

        var text = Encoding.UTF8.GetString(LightSocket.Message(connect));
        Keep(await RawClient.OpenAsync(server, Post(server, number % 3 == 1 ? "events" : "poll", text.Length, text)));
    });

    /// <summary>Goes on, not too fast, until the server takes nothing more.</summary>
    private static async Task UntilRefusedAsync(Func<Task> act)
    {
        try
        {
            for (var i = 0; i < 500; i++)
            {
                await act();
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }
        }
        catch (Exception refused) when (refused
            is SocketException or IOException or WebSocketException or OperationCanceledException
            or Xunit.Sdk.XunitException)
        {
            // As it should be; a command that is refused is no acknowledged one.
        }
    }

    private async Task SayAsync(TestSocket sender, string chat, string text)
    {
        var ack = await sender.AckAsync(TestSocket.Message(chat, text));
        _acknowledged.Add((chat, ack.Seq));
    }

    /// <summary>They come back over the whole window, not as one.</summary>
    private static async Task CheckSpreadAsync(List<RawClient> told)
    {
        var after = new List<int>();
        foreach (var client in told)
        {
            var heard = AfterMs().Match(await client.ReadToEndAsync());
            Assert.True(heard.Success);
            after.Add(int.Parse(heard.Groups["ms"].ValueSpan, CultureInfo.InvariantCulture));
        }

        foreach (var quarter in Enumerable.Range(0, 4))
            Assert.Contains(after, ms => ms / 500 == quarter);
        Assert.All(after, static ms => Assert.InRange(ms, 0, 2_000));
    }

    private static async Task<HashSet<long>> MessagesAsync(TestSocket reader, string chat)
    {
        var kept = new HashSet<long>();
        for (long after = 0; ;)
        {
            var page = Assert.IsType<Page>(await reader.AskAsync(
                new HistoryGet { Chat = chat, AfterSeq = after, Limit = 100, View = "events" }));
            kept.UnionWith(page.Items.Select(static item => item.Seq));
            if (page.Items.Count == 0 || page.Items[^1].Seq >= page.HeadSeq) return kept;
            after = page.Items[^1].Seq;
        }
    }

    private RawClient Keep(RawClient client)
    {
        _clients.Add(client);
        return client;
    }
}
