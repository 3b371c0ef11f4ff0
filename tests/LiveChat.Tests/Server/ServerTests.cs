using System.Net;
using System.Net.WebSockets;
using System.Text;
using LiveChat.Core.Log;
using LiveChat.Embedded.History;
using LiveChat.Embedded.Log;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Hosting;
using LiveChat.Tests.Log;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RocksDbSharp;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>The whole server on a loopback port: Kestrel, tokens, RocksDB.</summary>
public sealed class ServerTests
{
    [Fact]
    public async Task Two_people_chat_and_everything_is_there_after_a_restart()
    {
        var data = TestServer.NewFolder();
        var server = await TestServer.StartAsync(data);
        Assert.Contains("token", server.Output.ToString(), StringComparison.Ordinal);
        using var ann = await server.ConnectAsync("ann");
        using var bob = await server.ConnectAsync("bob");
        var chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
        var message = TestSocket.Message(chat, "hello over a socket");
        var sent = await ann.AckAsync(message);
        var heard = await bob.NextAsync<MessageCreated>();
        Assert.Equal((sent.Id, "hello over a socket"), (heard.Id, heard.Body!.Text));
        Assert.Equal(0, await server.StopAsync());
        Assert.Equal((int)CloseCode.Draining, (await ann.ClosedAsync()).Code);

        await using var again = await TestServer.StartAsync(data);
        using var annAgain = await again.ConnectAsync("ann");
        var page = Assert.IsType<Page>(await annAgain.AskAsync(new HistoryGet { Chat = chat }));
        Assert.Equal("hello over a socket", Assert.IsType<MessageCreated>(Assert.Single(page.Items)).Body!.Text);
        var repeated = await annAgain.AckAsync(message);
        Assert.True(repeated.Duplicate);
        Assert.Equal(sent.Seq, repeated.Seq);
    }

    [Theory]
    [InlineData("log")]
    [InlineData("history")]
    public async Task Damaged_data_is_not_served_and_one_sentence_says_where(string store)
    {
        var data = TestServer.NewFolder();
        var server = await TestServer.StartAsync(data);
        using (var ann = await server.ConnectAsync("ann"))
        {
            var chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
            for (var i = 0; i < 5; i++) await ann.AckAsync(TestSocket.Message(chat, "hello"));
        }

        Assert.Equal(0, await server.StopAsync());
        var file = Directory.EnumerateFiles(Path.Combine(data, store), "*.log").Order(StringComparer.Ordinal).Last();
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[30] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);

        await using var damaged = await TestServer.StartAsync(data);
        Assert.Equal(1, await damaged.Exit);
        var sentence = damaged.Errors.ToString();
        Assert.StartsWith("livechat cannot start: ", sentence, StringComparison.Ordinal);
        Assert.Contains($"{file} is damaged at byte ", sentence, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(file));
    }

    [Fact]
    public async Task A_chat_that_lost_a_row_and_has_records_to_read_ends_the_server_with_a_sentence()
    {
        var data = TestServer.NewFolder();
        var server = await TestServer.StartAsync(data);
        string chat;
        using (var ann = await server.ConnectAsync("ann"))
            chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
        Assert.Equal(0, await server.StopAsync());
        using (var history = HistoryDatabase.Open(
            Path.Combine(data, "history"), NullLogger<HistoryDatabase>.Instance))
        {
            using var batch = new WriteBatch();
            var head = history.Scan(history.ChatHead, [0], [byte.MaxValue]).Single(static row => row.Key.Length == 8);
            batch.Delete([.. head.Key, (byte)'r'], history.ChatHead);
            history.Write(batch, sync: true);
        }

        // Everything is to be read again, as after a crash.
        await using (var log = RocksDbMessageLog.Open(
            Path.Combine(data, "log"),
            new RocksDbLogOptions { Partitions = 4 },
            TimeProvider.System,
            NullLogger<RocksDbMessageLog>.Instance))
        {
            for (var partition = 0; partition < 4; partition++)
                await log.CommitAsync(ConsumerGroups.HistoryWriters, partition, Position.None);
        }

        using var lines = new LineCollector();
        await using var damaged = await TestServer.StartAsync(new ServerSeams { Logging = lines.Listen }, data);
        Assert.Equal(1, await damaged.Exit.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System));
        var sentence = $"The history is damaged: chat {chat} has a head and no roster. Restore the data folder";
        Assert.Contains(sentence, damaged.Errors.ToString(), StringComparison.Ordinal);
        var line = Assert.Single(lines.Lines, static line => line.Level == LogLevel.Critical);
        Assert.Contains(sentence, line.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(" at LiveChat.", line.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_handshake_is_refused_with_a_status()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder());
        using var nothing = await server.OpenAsync(static _ => { });
        Assert.Equal(HttpStatusCode.BadRequest, nothing.Status);
        using var other = await server.OpenAsync(static options => options.AddSubProtocol("livechat.v9.json"));
        Assert.Equal(HttpStatusCode.BadRequest, other.Status);

        using var http = new HttpClient();
        var plain = await http.GetAsync(new Uri(server.Url, "/v1/realtime"));
        Assert.Equal(HttpStatusCode.BadRequest, plain.StatusCode);
        Assert.Equal("application/problem+json", plain.Content.Headers.ContentType!.MediaType);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri(server.Url, "/metrics"))).StatusCode);
    }

    [Fact]
    public async Task Pages_connect_from_the_servers_own_origin_only_unless_others_are_listed()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder());
        foreach (var evil in new[]
            { "https://evil.example", "null", $"http://{server.Url.Authority}.evil.io", server.Url.ToString() })
        {
            using var refused = await OpenFromAsync(server, evil);
            Assert.Equal(HttpStatusCode.Forbidden, refused.Status);
        }

        using var own = await OpenFromAsync(server, $"http://{server.Url.Authority}");
        Assert.Equal(HttpStatusCode.SwitchingProtocols, own.Status);

        await using var listing = await TestServer.StartAsync(
            TestServer.NewFolder(), "--LiveChat:Origins:0=https://chat.example");
        using var listed = await OpenFromAsync(listing, "https://chat.example");
        Assert.Equal(HttpStatusCode.SwitchingProtocols, listed.Status);
        using var ownNotListed = await OpenFromAsync(listing, $"http://{listing.Url.Authority}");
        Assert.Equal(HttpStatusCode.Forbidden, ownNotListed.Status);
    }

    [Fact]
    public async Task A_violation_closes_the_one_connection_with_its_code()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder());
        using var witness = await server.ConnectAsync("witness");

        using var binary = await server.ConnectAsync("ann");
        await binary.SendAsync([1, 2, 3], WebSocketMessageType.Binary);
        Assert.Equal((int)CloseCode.UnsupportedData, (await binary.ClosedAsync()).Code);

        using var large = await server.ConnectAsync("ann");
        await large.SendAsync(new byte[40_000], endOfMessage: false);
        await large.SendAsync(new byte[40_000], endOfMessage: false);
        Assert.Equal((int)CloseCode.MessageTooBig, (await large.ClosedAsync()).Code);

        using var fragments = await server.ConnectAsync("ann");
        for (var i = 0; i < 1_100 && fragments.Socket.State is WebSocketState.Open; i++)
            await fragments.SendAsync([(byte)' '], endOfMessage: false);
        Assert.Equal((int)CloseCode.MessageTooBig, (await fragments.ClosedAsync()).Code);

        using var notUtf8 = await server.ConnectAsync("ann");
        await notUtf8.SendAsync([0x22, 0xC3, 0x28, 0x22]);
        Assert.Equal((int)CloseCode.InvalidPayload, (await notUtf8.ClosedAsync()).Code);

        using var malformed = await server.OpenAsync();
        await malformed.SendAsync(Encoding.UTF8.GetBytes("{\"type\":"));
        var (code, goodbye) = await malformed.ClosedAsync();
        Assert.Equal((int)CloseCode.BadFrame, code);
        Assert.Equal("bad_frame", goodbye!.Reason);
        Assert.False(goodbye.Reconnect);

        await witness.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "ann" });
    }

    [Fact]
    public async Task A_message_of_64_KB_in_fragments_is_read_as_one()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder());
        using var ann = await server.ConnectAsync("ann");
        var pongs = Encoding.UTF8.GetBytes("{\"type\":\"poke\"}\n".PadRight(60_000));
        await ann.SendAsync(pongs, endOfMessage: false);
        await ann.SendAsync(new byte[5_536].Select(_ => (byte)' ').ToArray());
        await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" });
    }

    [Fact]
    public async Task A_bad_token_is_answered_and_closed()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder());
        using var socket = await server.OpenAsync();
        await socket.SendAsync(new Connect { Id = 1, Token = "a.b.c" });
        var problem = (await socket.NextAsync<ErrorFrame>()).Problem;
        Assert.Equal(ErrorCode.Unauthorized, problem.Code);
        Assert.Equal((int)CloseCode.InvalidToken, (await socket.ClosedAsync()).Code);
    }

    [Fact]
    public async Task More_connections_than_the_node_takes_are_refused_before_the_upgrade()
    {
        await using var server = await TestServer.StartAsync(
            TestServer.NewFolder(), "--LiveChat:Sessions:ConnectionsMax=1");
        using var first = await server.ConnectAsync("ann");
        using var second = await server.OpenAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, second.Status);
    }

    [Fact]
    public async Task What_cannot_start_says_so_in_one_sentence()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder());
        var second = await TestServer.StartAsync(server.Data);
        Assert.Equal(2, await second.Exit);
        Assert.Single(second.Errors.ToString().Trim().Split('\n'));

        var port = await TestServer.StartAsync(TestServer.NewFolder(), "--listen", $"http://{server.Url.Authority}");
        Assert.Equal(2, await port.Exit);
        await port.DisposeAsync();

        var wrong = await TestServer.StartAsync(TestServer.NewFolder(), "--LiveChat:Sessions:PingSeconds=0");
        Assert.Equal(2, await wrong.Exit);
        Assert.Contains("PingSeconds", wrong.Errors.ToString(), StringComparison.Ordinal);

        var flips = await TestServer.StartAsync(
            TestServer.NewFolder(), "--LiveChat:Ingest:PushBelow=200", "--LiveChat:Ingest:PullAt=50");
        Assert.Equal(2, await flips.Exit);
        Assert.Contains("PushBelow (200) must be lower", flips.Errors.ToString(), StringComparison.Ordinal);
    }

    private static Task<TestSocket> OpenFromAsync(TestServer server, string origin) => server.OpenAsync(options =>
    {
        options.AddSubProtocol("livechat.v1.json");
        options.SetRequestHeader("Origin", origin);
    });
}
