using LiveChat.EndToEnd.Crash;
using LiveChat.EndToEnd.Foreign;
using Xunit;

namespace LiveChat.EndToEnd.WebChat;

/// <summary>
/// The sample of a web page as it is, in Chromium, on an origin that the server lists: a customer and an agent, and a
/// server that is killed in the middle.
/// </summary>
public sealed class WebChatTests
{
    private const string Hello = "<img src=x onerror=\"document.title='taken'\"><script>1</script> & <b>hello</b>";
    private const string Answer = "Good evening! How can I help you? 😀";
    private const string First = "written while the server was away";
    private const string Second = "and another, before the page was loaded again";
    private const string FromTheAgent = "from the agent, meanwhile";
    private const string Last = "all of it is here";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Fact]
    public async Task A_customer_and_an_agent_lose_nothing_when_the_server_is_killed_and_a_page_is_loaded_again()
    {
        await Requirement.ProgramAsync("chromium", Browser.Program, "--version");
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        var limit = patience.Token;
        using var data = new ScratchDirectory();
        var endpoint = CrashServer.FreeEndpoint();
        await using var pages = new SamplePages(endpoint);
        var environment = new Dictionary<string, string>
        {
            ["LIVECHAT__ORIGINS__0"] = pages.Origin,
            ["LIVECHAT__DEVELOPMENT"] = "true",
        };
        await using var server = await CrashServer.StartAsync(data.Path, endpoint, environment);
        await using var browser = await Chromium.StartAsync(limit);
        var customer = await browser.OpenAsync($"{pages.Origin}/customer.html");
        var agent = await browser.OpenAsync($"{pages.Origin}/agent.html");

        await customer.UntilAsync("!document.querySelector('textarea').disabled", limit);
        await customer.WriteAsync(Hello);
        await agent.UntilAsync("document.querySelector('.chats b')?.textContent === '1'", limit);
        await agent.ValueAsync<object?>("document.querySelector('.chats button').click()");
        await HoldsAsync(agent, limit, Hello);
        Assert.Equal(0, await agent.ValueAsync<int>(
            "document.querySelectorAll('.messages img, .messages script, .messages b').length"));
        await agent.WriteAsync(Answer);
        await HoldsAsync(customer, limit, Hello, Answer);

        await server.KillAsync();
        await customer.UntilAsync("document.querySelector('.status').dataset.state === 'reconnecting'", limit);
        await customer.WriteAsync(First);
        await customer.WriteAsync(Second);
        await agent.WriteAsync(FromTheAgent);
        await agent.UntilAsync("document.querySelectorAll('.waiting').length === 1", limit);
        Assert.Equal(2, await customer.ValueAsync<int>("document.querySelectorAll('.waiting').length"));
        await KeepAsync("customer-away.png", customer);
        await customer.AskAsync("Page.reload", new { });
        await server.StartAgainAsync(data.Path);

        await AgreeAsync(customer, agent, limit);
        Assert.Empty(browser.Wrong);
        await KeepAsync("customer.png", customer);
        await KeepAsync("agent.png", agent);
    }

    /// <summary>Both pages end with the same messages, each once; what one of them wrote stands in the order of the
    /// writing.</summary>
    private static async Task AgreeAsync(ChromiumPage customer, ChromiumPage agent, CancellationToken limit)
    {
        const string All = "document.querySelectorAll('.messages p').length >= 5"
            + " && document.querySelectorAll('.waiting, .failed').length === 0";
        await customer.UntilAsync(All, limit);
        await agent.UntilAsync(All, limit);
        await customer.WriteAsync(Last);
        await agent.UntilAsync($"document.querySelectorAll('.messages p').length >= 6 && {All}", limit);
        await customer.UntilAsync($"document.querySelectorAll('.messages p').length >= 6 && {All}", limit);

        var shown = await agent.MessagesAsync();
        Assert.Equal(shown, await customer.MessagesAsync());
        Assert.Equal([Hello, Answer, First, Second, Last], shown.Where(static text => text != FromTheAgent));
        Assert.Single(shown, FromTheAgent);
        await agent.UntilAsync("document.querySelector('.chats b').hidden", limit);
    }

    private static async Task HoldsAsync(ChromiumPage page, CancellationToken limit, params string[] texts)
    {
        await page.UntilAsync($"document.querySelectorAll('.messages p').length >= {texts.Length}", limit);
        Assert.Equal(texts, await page.MessagesAsync());
    }

    /// <summary>For people to look at, where a folder is named for them.</summary>
    private static async Task KeepAsync(string name, ChromiumPage page)
    {
        if (Environment.GetEnvironmentVariable("LIVECHAT_SCREENSHOTS") is { Length: > 0 } folder)
            await File.WriteAllBytesAsync(Path.Combine(folder, name), await page.ScreenshotAsync());
    }
}
