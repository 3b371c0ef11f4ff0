using System.Text.RegularExpressions;
using LiveChat.Server.Hosting;
using Xunit;

namespace LiveChat.Tests.Tidy;

/// <summary>The files in deploy/, which no build reads: what they set is an option, and they agree with themselves.
/// </summary>
public sealed partial class DeploymentTests
{
    private static readonly string Image = Repository.File("deploy/Dockerfile").Text;
    private static readonly string Compose = Repository.File("deploy/compose.yaml").Text;
    private static readonly string Unit = Repository.File("deploy/systemd/livechat.service").Text;

    [Fact]
    public void Every_variable_is_an_option()
    {
        var options = OptionName().Matches(OptionsTable.Of(typeof(ServerOptions), ServerOptions.Section))
            .Select(row => row.Groups[1].Value.Replace(":", "__", StringComparison.Ordinal))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var variables = Repository.Files
            .Where(file => file.Path.StartsWith("deploy/", StringComparison.Ordinal))
            .SelectMany(file => Variable().Matches(file.Text).Select(found => (file.Path, Name: found.Value)))
            .ToList();

        Assert.True(variables.Count >= 8, "The variables were not found.");
        Assert.All(variables, found => Assert.Contains(Number().Replace(found.Name, ""), options));
    }

    [Fact]
    public void All_three_open_the_internal_address_on_the_loopback_alone()
    {
        var internals = (string[])[Image, Compose, Unit];
        Assert.All(internals, text => Assert.Equal("http://127.0.0.1:8081", Value(text, "LIVECHAT__INTERNAL")));
        Assert.Contains("/dev/tcp/127.0.0.1/8081", Image, StringComparison.Ordinal);
    }

    [Fact]
    public void The_image_runs_what_it_copied_where_its_variables_say()
    {
        var folder = First(Image, "COPY --from=build /out (.*)");
        Assert.Equal($"{folder}/livechat", First(Image, "ENTRYPOINT \\[\"([^\"]*)\""));
        Assert.Equal($"{folder}:$PATH", First(Image, "ENV PATH=(.*)"));
        var data = Value(Image, "LIVECHAT__DATA");
        Assert.Equal(data, First(Image, "VOLUME (.*)"));
        Assert.Contains($"mkdir -m 700 {data} && chown $APP_UID {data}\n", Image, StringComparison.Ordinal);
        Assert.Contains($"- data:{data}\n", Compose, StringComparison.Ordinal);
        Assert.EndsWith($":{First(Image, "EXPOSE (.*)")}", Value(Image, "LIVECHAT__LISTEN"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_proxy_limits_addresses_and_speaks_no_tls_below_1_2()
    {
        var site = Repository.File("deploy/nginx/livechat.conf").Text;
        var server = Repository.File("deploy/nginx/livechat.server").Text;
        Assert.Equal("TLSv1.2 TLSv1.3", First(site, "ssl_protocols +(.*);"));
        foreach (var directive in (string[])["limit_conn ", "limit_req ", "client_header_timeout ", "X-Forwarded-For "])
            Assert.Contains(directive, server, StringComparison.Ordinal);
    }

    [Fact]
    public void The_unit_runs_what_it_says_to_publish_in_the_folder_that_it_gets()
    {
        Assert.Equal($"{First(Unit, "-o (.*)")}/livechat serve", First(Unit, "(?m)^ExecStart=(.*)"));
        Assert.Equal($"/var/lib/{First(Unit, "(?m)^StateDirectory=(.*)")}", Value(Unit, "LIVECHAT__DATA"));
    }

    [Fact]
    public void Each_alert_has_a_row_in_the_list_and_a_page_that_is_there()
    {
        var rules = Repository.File("deploy/prometheus/livechat.rules.yaml").Text.Split("- alert: ").Skip(1).ToList();
        var list = Repository.File("docs/ops/alerts.md").Text;
        Assert.True(rules.Count >= 20, "The alerts were not found.");
        Assert.Equal(
            rules.Select(rule => rule.Split('\n')[0]),
            AlertRow().Matches(list).Select(row => row.Groups[1].Value));
        foreach (var rule in rules)
        {
            var page = First(rule, "(?m)^ +page: (.*)$").Split('#');
            Assert.True(Repository.Exists(page[0]), page[0]);
            if (page.Length > 1)
                Assert.Contains(page[1], Headline().Matches(Repository.File(page[0]).Text).Select(found =>
                    found.Groups[1].Value.ToLowerInvariant().Replace(' ', '-')));
        }
    }

    /// <summary>A list of what may go in, since nobody knows what else will lie in the folder.</summary>
    [Fact]
    public void The_image_is_made_of_the_sources_and_of_nothing_else()
    {
        string[] sources =
        [
            ".editorconfig", "BannedSymbols.txt", "Directory.Build.props", "Directory.Packages.props", "global.json",
            "src",
        ];
        string[] rules = [.. Repository.File(".dockerignore").Lines.Where(line => line is [not '#', ..])];
        Assert.Equal("*", rules[0]);
        Assert.Equal(sources, rules.Where(rule => rule[0] == '!').Select(rule => rule[1..]).Distinct().Order());
        Assert.All(sources, source => Assert.True(Repository.Exists(source), source));
        foreach (var kept in (string[])["**/bin", "**/obj", "**/livechat-data"])
            Assert.True(Array.IndexOf(rules, kept) > Array.IndexOf(rules, "!src"), kept);
    }

    private static string Value(string text, string variable) => First(text, variable + "(?:=|: )([^ \n]*)");

    private static string First(string text, string pattern)
    {
        var found = Regex.Match(text, pattern);
        Assert.True(found.Success, $"There is no {pattern}");
        return found.Groups[1].Value;
    }

    [GeneratedRegex(@"(?m)^\| `([^`]+)`")]
    private static partial Regex OptionName();

    [GeneratedRegex(@"(?m)^\| `(LiveChat\w+)` ")]
    private static partial Regex AlertRow();

    [GeneratedRegex("(?m)^##+ (.*)$")]
    private static partial Regex Headline();

    [GeneratedRegex("LIVECHAT__[A-Z0-9_]*[A-Z0-9]")]
    private static partial Regex Variable();

    [GeneratedRegex("__[0-9]+$")]
    private static partial Regex Number();
}
