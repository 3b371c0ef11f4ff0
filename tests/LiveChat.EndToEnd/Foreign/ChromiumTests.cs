using System.Text.Json;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Foreign;

/// <summary>The WebSocket of a browser, in a page of another origin that the server lists.</summary>
public sealed class ChromiumTests
{
    private const string Hello = "from the browser: ä € 😀 𝔸 👩🏽‍💻 𐍈";
    private const string Back = "from the SDK: 𐐷 👨‍👩‍👧‍👦 🇨🇭 e\u0301 \t \u2028 <b>&amp;</b>";
    private const string Away = "written while the server was away 😴";
    private const string Again = "there again 🎉";

    [Fact]
    public async Task A_page_in_chromium_chats_with_the_csharp_sdk_and_goes_on_after_the_server_was_killed()
    {
        await Requirement.ProgramAsync("chromium", Browser.Program, "--version");
        await using var pages = new PageServer();
        await using var chat = await ForeignChat.StartAsync(pages.Origin);
        pages.Serve(
            await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Foreign", "page.html")),
            new { url = chat.Url, token = chat.Token, chat = chat.Chat, hello = Hello, away = Away });
        await using var browser = new Browser(pages.Origin);

        Assert.Equal(Hello, await HearAsync(chat, pages));
        await chat.SayAsync(Back);
        var first = await pages.ReportAsync(report => Holds(report, 2), chat.Limit);
        Assert.Equal([Hello, Back], Texts(first));

        await chat.KillServerAsync();
        await pages.ReportAsync(static report => report.GetProperty("step").GetString() == "closed", chat.Limit);
        await chat.StartServerAsync();
        Assert.Equal(Away, await HearAsync(chat, pages));
        await chat.SayAsync(Again);
        var second = await pages.ReportAsync(report => Holds(report, 4), chat.Limit);
        Assert.Equal([Hello, Back, Away, Again], Texts(second));
        Assert.Equal(2, second.GetProperty("connections").GetInt32());
        Assert.Equal([Hello, Back, Away, Again], await chat.TextsAsync());
    }

    /// <summary>What bob is told, or what the page says is wrong, whichever comes first.</summary>
    private static async Task<string> HearAsync(ForeignChat chat, PageServer pages)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(chat.Limit);
        var hearing = chat.HearAsync();
        var wrong = pages.ReportAsync(static _ => false, stop.Token);
        await Task.WhenAny(hearing, wrong);
        if (wrong.IsFaulted) await wrong;
        await stop.CancelAsync();
        return await hearing;
    }

    private static bool Holds(JsonElement report, int count) =>
        report.GetProperty("step").GetString() == "heard" && Texts(report).Count >= count
        && report.GetProperty("whole").GetBoolean();

    private static List<string> Texts(JsonElement report) =>
        [.. report.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!)];
}
