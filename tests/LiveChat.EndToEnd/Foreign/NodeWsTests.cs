using System.Text.Json;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol;
using Xunit;

namespace LiveChat.EndToEnd.Foreign;

/// <summary>The WebSocket that most servers of the JavaScript world are written with.</summary>
public sealed class NodeWsTests
{
    private const string Said = "hello back: ä € 😀 𝔸 👩🏽‍💻 \t \u2028";

    [Fact]
    public async Task The_package_ws_chats_with_the_csharp_sdk_and_is_closed_as_the_standard_says()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Foreign", "ws");
        await Requirement.ProgramAsync("ws", "node", "--version");
        await Requirement.ProgramAsync("ws", "npm", "ci", "--prefix", folder, "--no-audit", "--no-fund",
            "--ignore-scripts");
        await using var chat = await ForeignChat.StartAsync();
        var given = JsonSerializer.Serialize(new { url = chat.Url, token = chat.Token, chat = chat.Chat });

        var running = Shell.RunAsync("node", Path.Combine(folder, "client.js"), given);
        var hearing = HearAsync(chat, 4);
        await Task.WhenAny(running, hearing);
        if (running.IsFaulted) await running;
        Assert.Equal(
            ["hello from ws", "in pieces: ä € 😀 𝔸 👩🏽‍💻", "of 64 KB, 1", "of 64 KB, 2"], await hearing);
        await chat.SayAsync(Said);
        var result = JsonDocument.Parse((await running.WaitAsync(chat.Limit)).Split('\n')[^1]).RootElement;

        Assert.Equal($"you said {Said}", await chat.HearAsync());
        Assert.Equal(Said, result.GetProperty("heard").GetString());
        Assert.Equal(
            [
                CloseCode.Normal, CloseCode.UnsupportedData, CloseCode.InvalidPayload, CloseCode.MessageTooBig,
                CloseCode.Normal,
            ],
            result.GetProperty("codes").EnumerateArray().Select(code => (CloseCode)code.GetInt32()));
        Assert.Equal(6, (await chat.TextsAsync()).Count);
    }

    private static async Task<List<string>> HearAsync(ForeignChat chat, int count)
    {
        var heard = new List<string>();
        while (heard.Count < count) heard.Add(await chat.HearAsync());
        return heard;
    }
}
