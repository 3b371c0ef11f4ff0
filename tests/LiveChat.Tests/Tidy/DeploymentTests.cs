using System.Globalization;
using System.Text.RegularExpressions;
using LiveChat.Core.Sessions;
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
            ".editorconfig", "BannedSymbols.txt", "Directory.Build.props", "Directory.Packages.props",
            "docs/CONFIG.md", "global.json", "src",
        ];
        string[] rules = [.. Repository.File(".dockerignore").Lines.Where(line => line is [not '#', ..])];
        Assert.Equal("*", rules[0]);
        var taken = rules.Where(rule => rule[0] == '!').Select(rule => rule[1..]).Distinct();
        Assert.Equal(sources, taken.Order(StringComparer.Ordinal));
        Assert.All(sources, source => Assert.True(Repository.Exists(source), source));
        foreach (var kept in (string[])["**/bin", "**/obj", "**/livechat-data"])
            Assert.True(Array.IndexOf(rules, kept) > Array.IndexOf(rules, "!src"), kept);

        // What a project takes from outside of src, the image has to have too; but for what is packed alone.
        var outside = Repository.Files
            .Where(static file => file.Path.StartsWith("src/", StringComparison.Ordinal)
                && file.Path.EndsWith(".csproj", StringComparison.Ordinal))
            .SelectMany(static file => Outside().Matches(file.Text))
            .Select(static found => found.Groups[1].Value)
            .ToList();
        Assert.NotEmpty(outside);
        Assert.All(outside, path => Assert.Contains(path, sources));
    }

    [Fact]
    public void The_image_is_of_pinned_bases_and_runs_as_nobody_of_this_machine()
    {
        var bases = Regex.Matches(Image, "(?m)^ARG (?:SDK|RUNTIME)=(.*)$").Select(one => one.Groups[1].Value).ToList();
        Assert.Equal(2, bases.Count);
        Assert.All(bases, one => Assert.Matches(@":10\.0\.\d+-\w+$", one));
        Assert.All(
            Regex.Matches(Image, "(?m)^FROM ([^ \n]*)").Select(one => one.Groups[1].Value),
            static from => Assert.Contains(from, (string[])["${SDK}", "${RUNTIME}"]));
        Assert.True(
            Image.IndexOf("USER $APP_UID", StringComparison.Ordinal)
            < Image.IndexOf("ENTRYPOINT", StringComparison.Ordinal));
        Assert.Contains("HEALTHCHECK ", Image, StringComparison.Ordinal);
    }

    [Fact]
    public void Compose_starts_everything_by_a_plain_up_and_bounds_what_each_container_takes()
    {
        Assert.DoesNotContain("profiles:", Compose, StringComparison.Ordinal);
        var parts = Regex.Split(
            Compose[Compose.IndexOf("services:", StringComparison.Ordinal)..Compose.IndexOf("\nvolumes:")],
            @"(?m)^  (?=\w+:$)");
        var services = parts.Skip(1).ToList();
        Assert.Equal(["livechat", "nginx", "prometheus"], services.Select(one => one.Split(':')[0]));
        Assert.All(services, static service =>
        {
            Assert.Contains("    logging: *rotated\n", service, StringComparison.Ordinal);
            Assert.Matches(@"(?m)^    mem_limit: \d+g$", service);
            Assert.Contains("    restart: unless-stopped\n", service, StringComparison.Ordinal);
            Assert.DoesNotMatch("image: .*(:latest|[^0-9])$", service.Split('\n')[1]);
        });
        Assert.Contains("max-size: 20m\n    max-file: \"5\"\n", Compose, StringComparison.Ordinal);
        foreach (var mounted in Regex.Matches(Compose, @"- \./([^:]*):").Select(one => one.Groups[1].Value))
            Assert.True(Repository.Exists($"deploy/{mounted}"), mounted);
    }

    [Fact]
    public void Compose_of_a_cluster_has_every_part_that_its_configuration_names_and_publishes_nothing_but_the_proxy()
    {
        var compose = Repository.File("deploy/compose.cluster.yaml").Text;
        var configuration = Repository.File("deploy/cluster/livechat.json").Text;
        Assert.True(configuration.Split('\n').Length <= 60, "The configuration fits on a page.");
        var services = Regex.Matches(compose[compose.IndexOf("\nservices:", StringComparison.Ordinal)..],
            @"(?m)^  ([\w-]+):$").Select(static one => one.Groups[1].Value).ToHashSet();
        foreach (var part in Regex.Matches(configuration, @"\b(?:kafka|cassandra|redis)(?:-\d)?(?=[:,""])"))
            Assert.Contains($"{part}", services);
        var scraped = Repository.File("deploy/cluster/prometheus.yml").Text;
        foreach (var target in Regex.Matches(scraped, @"""([\w-]+):8081""").Select(static one => one.Groups[1].Value))
            Assert.Contains(target, services);
        Assert.All(
            Regex.Matches(compose, "(?m)^ +image: (.*)$").Select(static one => one.Groups[1].Value),
            static image => Assert.Matches(@":v?\d+\.\d+\.\d+$", image));
        foreach (var mounted in Regex.Matches(compose, @"\./([\w./-]+):/").Select(one => one.Groups[1].Value))
            Assert.True(Repository.Exists($"deploy/{mounted}"), mounted);
        Assert.Equal(
            ["127.0.0.1:8000:80", "127.0.0.1:9090:9090"],
            Regex.Matches(compose, "(?m)^ +- \"([0-9.:]+)\"$").Select(static one => one.Groups[1].Value));
    }

    [Fact]
    public void The_main_file_of_the_proxy_has_connections_for_what_the_server_takes_and_ends_former_workers()
    {
        var main = Repository.File("deploy/nginx/nginx.conf").Text;
        var connections = int.Parse(First(main, "worker_connections +([0-9]*);"), CultureInfo.InvariantCulture);
        var files = int.Parse(First(main, "worker_rlimit_nofile +([0-9]*);"), CultureInfo.InvariantCulture);
        Assert.True(files >= 2 * connections, "Each connection takes a descriptor on both sides.");

        // Of a connection and its other side, on four processors.
        Assert.True(4 * connections / 2 >= new SessionOptions().ConnectionsMax);
        Assert.Matches("(?m)^worker_shutdown_timeout [0-9]+s;$", main);
    }

    [Fact]
    public void The_unit_is_told_when_the_server_is_ready() =>
        Assert.Equal("notify", First(Unit, "(?m)^Type=(.*)"));

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

    /// <summary>A file that the build reads; what is packed alone the image does not need.</summary>
    [GeneratedRegex(@"<(?!None )\w+ Include=""\.\./\.\./((?!src/)[^""]*)""")]
    private static partial Regex Outside();

    [GeneratedRegex("__[0-9]+$")]
    private static partial Regex Number();
}
