using System.Net;
using System.Text;
using System.Text.Json;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Server.Hosting;
using LiveChat.Tests.Server.Api;
using LiveChat.Tests.Server.Backend;
using LiveChat.Tests.Server.Gateway;
using Microsoft.Extensions.Logging;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Server;

/// <summary>What the log says at its most talkative: nothing that anybody wrote, no token, no address with a query; and
/// how little it says as it is.</summary>
public sealed class LogTests : IAsyncLifetime, IDisposable
{
    private const string Secret = "the-SECRET-that-nobody-may-read";
    private const StringComparison Exactly = StringComparison.Ordinal;

    private readonly LineCollector _log = new();
    private TestServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(
        new ServerSeams { Logging = _log.Listen }, TestServer.NewFolder(), "--LiveChat:Rates:UserBurst=1000");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task No_line_holds_what_was_said_or_a_token_however_it_came_and_whatever_became_of_it()
    {
        var token = _server.Token("ann");
        await TalkAsync(token);
        await ErrAsync(token);
        await _server.StopAsync();

        Assert.Contains(_log.Lines, static line => line.Level == LogLevel.Trace || line.Level == LogLevel.Debug);
        var signature = token.Split('.')[2];
        foreach (var (_, category, text) in _log.Lines)
        {
            Assert.False(text.Contains(Secret, Exactly), $"{category}: {text}");
            Assert.False(text.Contains(signature, Exactly), $"{category}: {text}");
        }
    }

    /// <summary>Every command that there is, with the secret in each field that takes a text.</summary>
    [Fact]
    public async Task No_line_holds_what_a_command_says_whichever_it_is()
    {
        var token = _server.Token("ann");
        using var ann = await _server.OpenAsync();
        await ann.ConnectAsync(token);
        var create = new ChatCreate { ClientId = TestSocket.Key(), Members = ["bob"] };
        var chat = (await ann.AckAsync(create)).Chat;
        await ann.AckAsync(TestSocket.Message(chat, "hello"));
        var commands = EveryCommand(chat).ToList();
        Assert.True(commands.Count > 15, "The commands were not found.");
        foreach (var command in commands)
            if (command is Typing or Pong) await ann.SendAsync(command);
            else await ann.AskAsync(command);
        await _server.StopAsync();

        Assert.Contains(_log.Lines, static line => line.Level == LogLevel.Trace || line.Level == LogLevel.Debug);
        Assert.All(_log.Lines, static line => Assert.False(line.Text.Contains(Secret, Exactly), line.Text));
    }

    [Fact]
    public async Task Messages_and_refusals_write_no_line_that_an_operator_sees()
    {
        using var ann = await _server.ConnectAsync("ann");
        using var http = new ApiClient(_server, "ann");
        var chat = await http.DirectAsync("bob");
        var before = Seen();
        for (var i = 0; i < 100; i++)
        {
            await ann.AckAsync(TestSocket.Message(chat, "hello"));
            await ann.AskAsync(TestSocket.Message("7301", "to nobody"));
            await ann.AskAsync(new HistoryGet { Chat = chat, Limit = 1_000_000 });
            await ann.SendAsync(Encoding.UTF8.GetBytes("""{"type":"message.send","id":99,"data":{"chat":7}}"""));
            await http.SendAsync("POST", "/v1/chats", "{");
            using var broken = await _server.OpenAsync();
            await broken.SendAsync(Encoding.UTF8.GetBytes("{"));
            Assert.Equal((int)CloseCode.BadFrame, (await broken.ClosedAsync()).Code);
        }

        Assert.Equal(before, Seen());
    }

    /// <summary>Addresses are logged where a backend acts.</summary>
    [Fact]
    public async Task A_line_break_in_an_address_begins_no_line()
    {
        var address = TestServer.FreeAddress();
        await using var server = await TestServer.StartAsync(
            new ServerSeams { Logging = _log.Listen }, TestServer.NewFolder(), "--internal", address.ToString());
        var key = await ServerWithKey.MakeKeyAsync(server, address);
        using var ann = new ApiClient(server, "ann");
        await ann.DirectAsync("bob");
        using var backend = new ApiClient(server.Url, key, "ann");
        foreach (var broken in (string[])["a%0D%0Aforged", "a%0Aforged", "a%E2%80%A8forged", "a%C2%85forged"])
            await backend.SendAsync("DELETE", $"/v1/chats/7/members/{broken}");

        var lines = _log.Lines.Where(static line => line.Category.StartsWith("LiveChat", Exactly)
            && line.Text.Contains("forged", Exactly)).ToList();
        Assert.Equal(4, lines.Count);
        Assert.All(lines, static line => Assert.DoesNotContain(line.Text.TrimEnd(), static letter =>
            char.IsControl(letter) || letter is '\u2028' or '\u2029'));
    }

    /// <summary>As they are printed by default: ours from Information, those of the framework from Warning.</summary>
    private int Seen() => _log.Lines.Count(static line => (line.Level >= LogLevel.Warning && !IsOfLoad(line.Text))
        || (line.Level == LogLevel.Information && line.Category.StartsWith("LiveChat", Exactly)));

    /// <summary>Kestrel says so of a machine that gave it no turn for a second.</summary>
    private static bool IsOfLoad(string text) => text.Contains("the heartbeat has been running", Exactly);

    private static IEnumerable<ClientFrame> EveryCommand(string chat)
    {
        var types = typeof(ClientFrame).Assembly.GetTypes()
            .Where(static type => type is { IsAbstract: false } && type.IsSubclassOf(typeof(ClientFrame)))
            .Except([typeof(Connect)]);
        foreach (var type in types)
        {
            var command = (ClientFrame)Activator.CreateInstance(type)!;
            foreach (var property in type.GetProperties().Where(static property => property.Name != "Id"))
                property.SetValue(command, ValueOf(property.Name, property.PropertyType, chat));
            yield return command;
        }
    }

    private static object? ValueOf(string name, Type type, string chat) => type switch
    {
        _ when name == "Chat" => chat,
        _ when name == "ClientId" => TestSocket.Key(),
        _ when type == typeof(string) => Secret,
        _ when type == typeof(IReadOnlyList<string>) => (string[])[Secret],
        _ when type == typeof(JsonElement?) => JsonSerializer.SerializeToElement(new { a = Secret }),
        _ when type == typeof(MessageBody) => new MessageBody { Text = Secret },
        _ when type == typeof(long) || type == typeof(long?) => 2L,
        _ when type == typeof(bool) || type == typeof(bool?) => true,
        _ => null,
    };

    private async Task TalkAsync(string token)
    {
        using var ann = await _server.OpenAsync();
        await ann.ConnectAsync(token);
        var create = new ChatCreate { ClientId = TestSocket.Key(), Members = ["bob"], Title = Secret };
        var chat = (await ann.AckAsync(create)).Chat;
        var sent = await ann.AckAsync(TestSocket.Message(chat, Secret));
        await ann.AckAsync(new MessageEdit
        {
            Chat = chat,
            ClientId = TestSocket.Key(),
            Target = sent.Seq,
            Body = new MessageBody { Text = Secret + "!" },
        });
        await ann.AckAsync(new ReactionSet
        {
            Chat = chat,
            ClientId = TestSocket.Key(),
            Target = sent.Seq,
            Emoji = Secret,
            On = true,
        });
        using var http = new ApiClient(_server.Url, token);
        await http.SayAsync(chat, Secret);
        await http.DoneAsync("PATCH", $"/v1/chats/{chat}", $$$"""{"custom":{"{{{Secret}}}":"{{{Secret}}}"}}""");
        await http.DoneAsync("GET", $"/v1/chats/{chat}/messages");
        await http.DoneAsync("DELETE", $"/v1/chats/{chat}/messages/{sent.Seq}");
    }

    /// <summary>Whatever is refused, cut or not found, with the secret in every place.</summary>
    private async Task ErrAsync(string token)
    {
        using var http = new ApiClient(_server.Url, token);
        await http.SendAsync("POST", "/v1/chats", $$"""{"direct":"{{Secret}} "}""");
        await http.SendAsync("POST", "/v1/chats", $"{Secret}{{");
        await http.SendAsync("POST", "/v1/chats", $$"""{"members":["{{Secret}}\u0000"],"{{Secret}}":1}""");
        await http.SendAsync("GET", $"/v1/chats?cursor={Secret}&token={token}&{Secret}=1");
        await http.SendAsync("GET", $"/v1/nothing?token={token}&x={Secret}");
        await http.SendAsync("POST", "/v1/chats", Secret, "text/plain");
        using var forger = new ApiClient(_server.Url, token + Secret);
        Assert.Equal(HttpStatusCode.Unauthorized, (await forger.SendAsync("GET", "/v1/chats")).Status);

        foreach (var frame in (string[])
        [
            $$$"""{"type":"message.send","id":9,"data":{"chat":"{{{Secret}}}","client_id":"{{{Secret}}}"}}""",
            $$"""{"type":"{{Secret}}","id":9,"data":"{{Secret}}"}""",
            Secret,
        ])
        {
            using var ann = await _server.OpenAsync();
            await ann.ConnectAsync(token);
            await ann.SendAsync(Encoding.UTF8.GetBytes(frame));
            Assert.IsType<ChatList>(await ann.AskAsync(new ChatsGet()));
        }

        using var refused = await _server.OpenAsync();
        await refused.SendAsync(new Connect { Id = 1, Token = Secret, Device = "d", Since = Secret });
        await refused.ClosedAsync();
        using var asked = await RawSocket.OpenAsync(
            _server.Url,
            request => request.Replace("/v1/realtime ", $"/v1/realtime?token={token}&x={Secret} ", Exactly)
                .Replace("Upgrade: websocket\r\n", $"Upgrade: websocket\r\nCookie: a={Secret}\r\n", Exactly));
        await asked.SendAsync(ClientFrames.Message(Secret));
        await asked.ClosedAsync();
        await RawHttp.SendAsync(_server.Url, $"GET /{Secret}\0 HTTP/1.1\r\nHost: a\r\n\r\n");
        await RawHttp.SendAsync(
            _server.Url,
            $"POST /v1/chats HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            + $"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{Secret}");
    }
}
