using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>What a person sees who opens the server's address in a browser.</summary>
public sealed partial class WelcomePageTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_says_what_runs_here_and_every_link_leads_somewhere(bool isDevelopment)
    {
        string[] options = isDevelopment ? ["--dev"] : [];
        await using var server = await TestServer.StartAsync(TestServer.NewFolder(), options);
        using var http = new HttpClient { BaseAddress = server.Url };
        using var page = await http.GetAsync(new Uri("/", UriKind.Relative));
        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType?.MediaType));
        Assert.Equal("nosniff", Assert.Single(page.Headers.GetValues("X-Content-Type-Options")));
        Assert.StartsWith(
            "default-src 'none';",
            Assert.Single(page.Headers.GetValues("Content-Security-Policy")),
            StringComparison.Ordinal);
        var text = await page.Content.ReadAsStringAsync();
        Assert.Contains("A chat server runs here.", text, StringComparison.Ordinal);
        var links = Link().Matches(text).Select(link => link.Groups[1].Value).ToList();
        Assert.Equal(isDevelopment ? ["/docs", "/openapi/v1.json"] : ["/openapi/v1.json"], links);
        Assert.Equal(isDevelopment, text.Contains("Development mode", StringComparison.Ordinal));
        foreach (var link in links)
        {
            using var answer = await http.GetAsync(new Uri(link, UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [GeneratedRegex("href=\"([^\"]*)\"")]
    private static partial Regex Link();
}
