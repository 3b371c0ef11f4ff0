using LiveChat.EndToEnd.Commands;
using LiveChat.EndToEnd.Crash;
using LiveChat.EndToEnd.Foreign;
using Xunit;

namespace LiveChat.EndToEnd.WebChat;

/// <summary>The sample of a web page with a server that is there and takes no messages.</summary>
public sealed class ShortDiskPageTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task A_page_says_why_the_server_takes_nothing()
    {
        await Requirement.ProgramAsync("chromium", Browser.Program, "--version");
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        using var data = new ScratchDirectory();
        var endpoint = CrashServer.FreeEndpoint();
        await using var pages = new SamplePages(endpoint);
        var environment = new Dictionary<string, string>([ShortDiskTests.NoRoom])
        {
            ["LIVECHAT__ORIGINS__0"] = pages.Origin,
            ["LIVECHAT__DEVELOPMENT"] = "true",
        };
        await using var server = await CrashServer.StartAsync(data.Path, endpoint, environment);
        await using var browser = await Chromium.StartAsync(patience.Token);
        var customer = await browser.OpenAsync($"{pages.Origin}/customer.html");
        await customer.UntilAsync(
            "document.querySelector('.status').textContent.includes('short of room')", patience.Token);
        Assert.Empty(browser.Wrong);
    }
}
