using System.Text.RegularExpressions;
using LiveChat.EndToEnd.Crash;
using Xunit;

namespace LiveChat.EndToEnd.Alerts;

/// <summary>The alerts of deploy/prometheus: Prometheus takes them, and each fires when it should and not before.
/// </summary>
public sealed partial class AlertRulesTests
{
    /// <summary>What Prometheus says itself of a server.</summary>
    private const string OfPrometheus = "up";

    [Fact]
    public async Task Prometheus_takes_the_rules_and_the_configuration()
    {
        await Requirement.PrometheusAsync();
        var rules = await Shell.RunAsync(
            "promtool", "check", "rules", Path.Combine(AlertFiles.Folder, AlertFiles.Rules));
        Assert.Contains($"{(await AlertFiles.ReadAsync()).Count} rules found", rules, StringComparison.Ordinal);
        var configuration = Path.Combine(AlertFiles.Folder, AlertFiles.Configuration);
        await Shell.RunAsync("promtool", "check", "config", "--syntax-only", configuration);
    }

    [Fact]
    public async Task Each_alert_fires_when_it_should_and_not_before()
    {
        await Requirement.PrometheusAsync();
        var tests = Path.Combine(AlertFiles.Folder, AlertFiles.Tests);
        var (exitCode, said) = await Shell.TryRunAsync("promtool", "test", "rules", tests);
        Assert.True(exitCode == 0, said);

        var cases = (await File.ReadAllTextAsync(tests)).Split("- name: ").Skip(1).ToList();
        Assert.Equal((await AlertFiles.ReadAsync()).Select(static alert => alert.Name), cases.Select(Name));
        Assert.All(cases, static one =>
        {
            Assert.Contains("exp_samples: []", one, StringComparison.Ordinal);
            Assert.Contains($"{{labels: '{{alertname=\"{Name(one)}\"}}', value: 1}}", one, StringComparison.Ordinal);
        });

        static string Name(string one) => one.Split('\n')[0];
    }

    [Fact]
    public async Task Each_alert_asks_for_what_a_server_exports_and_each_state_of_a_server_has_one()
    {
        using var folder = new ScratchDirectory();
        await using var server = await ScrapedServer.StartAsync(folder.Path);
        await server.UseAsync();
        var metrics = await server.MetricsAsync("livechat_log_lag_age_seconds{");
        var alerts = await AlertFiles.ReadAsync();
        var exported = Exported().Matches(metrics).Select(static found => found.Groups[1].Value).ToHashSet();
        Assert.All(alerts, alert =>
        {
            var asked = Metric().Matches(alert.Expression).Select(static found => found.Value).ToList();
            Assert.NotEmpty(asked);
            Assert.All(asked, name => Assert.True(
                name == OfPrometheus || exported.Contains(name), $"{alert.Name} asks for {name}, which is nowhere."));
        });

        // A stopped partition has a gauge of its own, by group and partition.
        var states = State().Matches(metrics).Select(static found => found.Groups[1].Value).ToList();
        Assert.Contains("disk_short", states);
        Assert.All(states.Except(["partition_stopped"]), state => Assert.True(
            alerts.Any(alert => alert.Expression.Contains($"livechat_refusing{{state=\"{state}\"}}")),
            $"No alert asks for the state {state}."));
    }

    /// <summary>A name with its labels or a comparison behind it; no keyword of the language.</summary>
    [GeneratedRegex(@"\b(?:(?:livechat|dotnet)_\w+|up)\b")]
    private static partial Regex Metric();

    [GeneratedRegex(@"(?m)^((?:livechat|dotnet)_\w+)(?:\{| )")]
    private static partial Regex Exported();

    [GeneratedRegex(@"(?m)^livechat_refusing\{[^}]*state=""(\w+)""")]
    private static partial Regex State();
}
