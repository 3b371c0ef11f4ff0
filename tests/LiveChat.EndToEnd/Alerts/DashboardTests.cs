using System.Text.Json;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Alerts;

/// <summary>The dashboard of deploy/grafana: what each panel asks, a Prometheus that scrapes a server can answer.
/// </summary>
public sealed class DashboardTests
{
    private const string Dashboard = "livechat.json";

    [Fact]
    public async Task Every_expression_of_every_panel_has_data_of_a_server_in_use()
    {
        await Requirement.PrometheusAsync();
        using var scratch = new ScratchDirectory();
        await using var server = await ScrapedServer.StartAsync(scratch.Path);
        await using var prometheus = await RunningPrometheus.StartAsync(scratch.Path, server.Inner);

        // Two scrapes of each histogram make a rate, and what has not been used has none.
        await server.UseAsync();
        await prometheus.HasDataAsync("livechat_sync_duration_seconds_count");
        await server.UseAsync();
        var expressions = await ExpressionsAsync();
        Assert.True(expressions.Count > 40, $"There are {expressions.Count} expressions only.");
        foreach (var (panel, expression) in expressions) await prometheus.HasDataAsync(expression, panel);
    }

    [Fact]
    public async Task Panels_have_numbers_places_and_units_of_their_own()
    {
        var panels = Panels((await ReadAsync()).RootElement).ToList();
        Assert.Equal(
            panels.Count, panels.Select(static panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.All(panels.Where(static panel => panel.GetProperty("type").GetString() != "row"), static panel =>
        {
            Assert.NotEmpty(panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString()!);
            Assert.All(
                panel.GetProperty("targets").EnumerateArray(),
                static target => Assert.NotEmpty(target.GetProperty("legendFormat").GetString()!));
        });
    }

    private static async Task<List<(string Panel, string Expression)>> ExpressionsAsync() =>
    [
        .. from panel in Panels((await ReadAsync()).RootElement)
           where panel.TryGetProperty("targets", out _)
           from target in panel.GetProperty("targets").EnumerateArray()
           select (
               panel.GetProperty("title").GetString()!,

               // What Grafana puts in.
               target.GetProperty("expr").GetString()!
                   .Replace("$__rate_interval", "1m", StringComparison.Ordinal)
                   .Replace("$instance", ".*", StringComparison.Ordinal)),
    ];

    /// <summary>The panels, also those in rows that are folded.</summary>
    private static IEnumerable<JsonElement> Panels(JsonElement dashboard) =>
        dashboard.GetProperty("panels").EnumerateArray().SelectMany(static panel =>
            panel.TryGetProperty("panels", out var below) ? below.EnumerateArray().Prepend(panel) : [panel]);

    private static async Task<JsonDocument> ReadAsync() =>
        JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(AlertFiles.Folder, Dashboard)));
}
