using System.Text.Json;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Foreign;

/// <summary>The page that shows the HTTP API, in a browser.</summary>
public sealed class ApiPageTests
{
    [Fact]
    public async Task The_page_lists_every_operation_and_asks_no_other_host()
    {
        await Requirement.ProgramAsync("chromium", Browser.Program, "--version");
        using var scratch = new ScratchDirectory();
        await using var server = await CrashServer.StartAsync(
            Path.Combine(scratch.Path, "data"),
            CrashServer.FreeEndpoint(),
            new Dictionary<string, string> { ["LIVECHAT__DEVELOPMENT"] = "true" });
        var visit = await PageVisit.OfAsync(new Uri(server.Endpoint, "/docs/index.html"));

        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri(server.Endpoint, "/openapi/v1.json"));
        using var document = JsonDocument.Parse(text);
        var operations = 0;
        foreach (var path in document.RootElement.GetProperty("paths").EnumerateObject())
        {
            Assert.Contains($"data-path=\"{path.Name}\"", visit.Said, StringComparison.Ordinal);
            operations += path.Value.EnumerateObject().Count();
        }

        Assert.Equal(operations, visit.Said.Split("class=\"opblock-summary-path\"").Length - 1);
        Assert.Contains(new Uri(server.Endpoint, "/openapi/v1.json"), visit.Requests);
        Assert.All(visit.Requests, request => Assert.Equal(server.Endpoint.Authority, request.Authority));

        // What its policy keeps it from is said by the console.
        Assert.DoesNotContain("Content Security Policy", visit.Said, StringComparison.Ordinal);
    }
}
