using System.Diagnostics;
using LiveChat.Client;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server;
using LiveChat.Tests.Server.Backend;
using Xunit;

namespace LiveChat.Tests.Samples;

/// <summary>The sample as it is run: a process of its own, with a key, against a real server.</summary>
public sealed class EchoBotTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly string Bot = Path.Combine(
        AppContext.BaseDirectory.Replace("tests/LiveChat.Tests", "samples/EchoBot", StringComparison.Ordinal),
        "EchoBot.dll");

    private readonly CancellationTokenSource _limit = new(Patience);
    private readonly string _progress = TestServer.NewFolder() + ".json";
    private Process? _bot;

    [Fact]
    public async Task Each_message_is_answered_once_also_when_the_bot_was_killed_and_has_lost_its_file()
    {
        var (server, address) = await TestServer.StartWithInternalAsync();
        await using var owned = server;
        var key = await ServerWithKey.MakeKeyAsync(server, address);
        await using var bob = new LiveChatClient(new LiveChatClientOptions
        {
            Endpoint = server.Url,
            TokenProvider = _ => ValueTask.FromResult(server.Token("bob")),
        });
        await bob.ConnectAsync(_limit.Token);
        var chat = (await bob.CreateDirectAsync("echo", _limit.Token)).Chat;

        await StartAsync(server.Url, key);
        await bob.SendAsync(chat, "one", cancellationToken: _limit.Token);
        Assert.Equal(["You said: one"], await AnswersAsync(bob, 1));

        await KillAsync();
        await bob.SendAsync(chat, "two", cancellationToken: _limit.Token);
        await bob.SendAsync(chat, "three", cancellationToken: _limit.Token);
        await StartAsync(server.Url, key);
        Assert.Equal(["You said: two", "You said: three"], await AnswersAsync(bob, 2));

        await KillAsync();
        File.Delete(_progress);
        await StartAsync(server.Url, key);
        await bob.SendAsync(chat, "four", cancellationToken: _limit.Token);
        Assert.Equal(["You said: four"], await AnswersAsync(bob, 1));
    }

    [Fact]
    public async Task Without_a_good_key_it_says_so_and_ends()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder());
        await StartAsync(server.Url, "lcs_0123456789abcdef_no", untilReady: false);
        var errors = await _bot!.StandardError.ReadToEndAsync(_limit.Token);
        await _bot.WaitForExitAsync(_limit.Token);
        Assert.Equal(1, _bot.ExitCode);
        Assert.StartsWith("The server does not take the bot: ", errors, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        File.Delete(_progress);
        _limit.Dispose();
    }

    private async Task StartAsync(Uri server, string key, bool untilReady = true)
    {
        var start = new ProcessStartInfo("dotnet", [Bot, server.ToString(), _progress])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LIVECHAT_KEY"] = key;
        _bot = Process.Start(start)!;
        string? line = null;
        while (untilReady && line != "Caught up.")
        {
            line = await _bot.StandardOutput.ReadLineAsync(_limit.Token)
                ?? throw new InvalidOperationException(await _bot.StandardError.ReadToEndAsync(_limit.Token));
        }
    }

    private async Task KillAsync()
    {
        if (_bot is null) return;
        _bot.Kill();
        await _bot.WaitForExitAsync();
        _bot.Dispose();
        _bot = null;
    }

    /// <summary>What the bot says next.</summary>
    private async Task<List<string>> AnswersAsync(LiveChatClient bob, int count)
    {
        var answers = new List<string>();
        await foreach (var happened in bob.ReadEventsAsync(_limit.Token))
        {
            if (happened is MessageCreated { Sender: "echo", Body: { } body }) answers.Add(body.Text);
            if (answers.Count == count) break;
        }

        return answers;
    }
}
