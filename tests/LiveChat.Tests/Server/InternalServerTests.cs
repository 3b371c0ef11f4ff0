using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using LiveChat.Tests.Tidy;
using Xunit;

namespace LiveChat.Tests.Server;

/// <summary>What operators ask, and that nobody else can.</summary>
public sealed partial class InternalServerTests
{
    private static readonly string[] Paths = ["/livez", "/readyz", "/metrics"];

    [Fact]
    public async Task Health_and_metrics_are_on_the_internal_port_alone()
    {
        var (server, address) = await TestServer.StartWithInternalAsync();
        await using var ending = server;
        using var user = await server.ConnectAsync("nobody-elses-business");
        using var http = new HttpClient();
        foreach (var path in Paths)
        {
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(address, path))).StatusCode);
            using var direct = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, path));
            Assert.Equal(HttpStatusCode.NotFound, (await http.SendAsync(direct)).StatusCode);

            // Whoever names the internal address on the public port gets no further.
            using var disguised = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, path));
            disguised.Headers.Host = address.Authority;
            Assert.Equal(HttpStatusCode.NotFound, (await http.SendAsync(disguised)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri(address, "/v1/meta"))).StatusCode);
        var metrics = await http.GetStringAsync(new Uri(address, "/metrics"));
        Assert.Matches("(?m)^livechat_sessions[^ ]* 1\\b", metrics);
        foreach (var name in (string[])["livechat_commands_pending", "livechat_outboxes_size", "kestrel_", "dotnet_"])
            Assert.Contains(name, metrics, StringComparison.Ordinal);
        foreach (var name in (string[])["livechat_records_set_aside", "livechat_partitions_stopped"])
            Assert.Matches($"(?m)^{name}[^ ]*history-writers[^ ]* 0\\b", metrics);
        Assert.DoesNotContain("nobody-elses-business", metrics, StringComparison.Ordinal);
    }

    /// <summary>An alert on a number that is not there does not fire, and one that appears as 1 never rose. A histogram
    /// has no number before the first time.</summary>
    [Fact]
    public async Task Everything_that_is_measured_is_there_before_anything_has_happened()
    {
        var measured = new ConcurrentDictionary<string, byte>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument is not Histogram<double> && instrument.Meter.Name == "LiveChat.Core")
                    measured[instrument.Name] = 0;
            },
        };
        listener.Start();
        var (server, address) = await TestServer.StartWithInternalAsync();
        await using var ending = server;
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        Assert.True(measured.Count > 15, "The instruments were not found.");
        foreach (var name in measured.Keys)
        {
            // How far the workers are behind is measured once a second.
            var line = new Regex($"(?m)^{name.Replace('.', '_')}[a-z_]*[ {{]");
            while (!line.IsMatch(await http.GetStringAsync(new Uri(address, "/metrics"), limit.Token)))
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }

    /// <summary>An application may run more than one server.</summary>
    [Fact]
    public async Task Each_server_of_a_process_shows_what_it_measures_itself()
    {
        var (first, firstAddress) = await TestServer.StartWithInternalAsync();
        var (second, secondAddress) = await TestServer.StartWithInternalAsync();
        await using var ending = second;
        using var http = new HttpClient();
        await using (first)
        {
            using var user = await first.ConnectAsync("ann");
            Assert.Equal(1, await SessionsAsync(firstAddress));
            Assert.Equal(0, await SessionsAsync(secondAddress));
        }

        using var other = await second.ConnectAsync("bob");
        using var device = await second.ConnectAsync("bob");
        Assert.Equal(2, await SessionsAsync(secondAddress));

        async Task<int> SessionsAsync(Uri address)
        {
            var metrics = await http.GetStringAsync(new Uri(address, "/metrics"));
            return int.Parse(Sessions().Match(metrics).Groups[1].Value, CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task The_health_check_of_the_image_tells_a_ready_server_from_none()
    {
        var line = HealthCheck().Match(Repository.File("deploy/Dockerfile").Text).Groups[1].Value;
        var command = JsonSerializer.Deserialize<string[]>(line.Replace("\\\n", "", StringComparison.Ordinal))!;
        var (server, address) = await TestServer.StartWithInternalAsync();
        await using var ending = server;
        var here = $"/{address.Host}/{address.Port}";
        command[^1] = command[^1].Replace("/127.0.0.1/8081", here, StringComparison.Ordinal);
        Assert.Contains(here, command[^1], StringComparison.Ordinal);
        Assert.Equal(0, await ExitAsync(command));
        await server.StopAsync();
        Assert.NotEqual(0, await ExitAsync(command));
    }

    [Fact]
    public async Task A_server_that_goes_away_is_not_ready()
    {
        var (server, address) = await TestServer.StartWithInternalAsync("--LiveChat:DrainSeconds=30");
        using var http = new HttpClient();
        var ready = new Uri(address, "/readyz");
        Assert.Equal("ok\n", await http.GetStringAsync(ready));

        // A connection that says nothing keeps the server from ending at once.
        using var silent = new TcpClient();
        await silent.ConnectAsync(server.Url.Host, server.Url.Port);
        await silent.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n"));
        var stopping = server.StopAsync();
        var last = HttpStatusCode.OK;
        try
        {
            while (last == HttpStatusCode.OK) last = (await http.GetAsync(ready)).StatusCode;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, last);
        }
        catch (HttpRequestException)
        {
            // It was gone before it was asked again: not ready either.
        }

        silent.Close();
        Assert.Equal(0, await stopping);
        await server.DisposeAsync();
    }

    private static async Task<int> ExitAsync(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode;
    }

    [GeneratedRegex(@"^livechat_sessions(?:\{[^}]*\})? (\d+)\b", RegexOptions.Multiline)]
    private static partial Regex Sessions();

    [GeneratedRegex(@"HEALTHCHECK [^\[]*CMD (\[[^\]]*\])")]
    private static partial Regex HealthCheck();
}
