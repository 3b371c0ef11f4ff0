using System.Net;
using System.Text.RegularExpressions;
using LiveChat.Server.Api;
using LiveChat.Server.Backend;
using LiveChat.Server.Hosting;
using LiveChat.Server.Http;
using LiveChat.Server.Tokens;
using LiveChat.Tests.Tidy;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Server.Gateway;

/// <summary>What a page of another origin may do with the HTTP API: all from a listed origin, else nothing.</summary>
public sealed partial class CrossOriginTests
{
    private const string Listed = "https://app.example.com";
    private const string Other = "https://evil.example.com";
    private const string Any = "Access-Control-";

    private static readonly string[] HeadersOfThePage =
        ["authorization", "content-type", "if-match", "livechat-act-as"];

    /// <summary>Every route of the public address: its method and a path of it.</summary>
    private static IEnumerable<(string Method, string Path)> Routes =>
    [
        .. ApiRoutes.All.Select(static route => (route.Method, Parameter().Replace(route.Path, "1"))),
        .. BackendRoutes.All.Select(static route => (route.Method, Parameter().Replace(route.Path, "1"))),
        ("GET", ApiMeta.Path),
        ("POST", DevelopmentTokens.Path),
    ];

    [Fact]
    public async Task Every_route_answers_a_listed_origin_and_no_other()
    {
        await using var server = await StartAsync();
        using var http = new HttpClient { BaseAddress = server.Url };
        foreach (var (method, path) in Routes)
        {
            var route = $"{method} {path}";
            using var allowed = await PreflightAsync(http, method, path, Listed);
            Assert.True(allowed.StatusCode is HttpStatusCode.NoContent, $"{route}: {allowed.StatusCode}");
            Assert.Equal([Listed], allowed.Headers.GetValues("Access-Control-Allow-Origin"));
            Assert.Contains(method, Listing(allowed, "Access-Control-Allow-Methods"));
            Assert.Superset(HeadersOfThePage.ToHashSet(), Listing(allowed, "Access-Control-Allow-Headers"));

            using var refused = await PreflightAsync(http, method, path, Other);
            Assert.Equal((route, HttpStatusCode.Forbidden), (route, refused.StatusCode));

            using var answered = await SendAsync(http, method, path, Listed);
            Assert.Equal([Listed], answered.Headers.GetValues("Access-Control-Allow-Origin"));
            Assert.Superset(
                new HashSet<string> { "etag", "location", "retry-after", "www-authenticate" },
                Listing(answered, "Access-Control-Expose-Headers"));

            using var kept = await SendAsync(http, method, path, Other);
            using var plain = await SendAsync(http, method, path, null);
            foreach (var none in (HttpResponseMessage[])[refused, kept, plain])
            {
                Assert.DoesNotContain(
                    none.Headers, header => header.Key.StartsWith(Any, StringComparison.OrdinalIgnoreCase));
            }

            foreach (var answer in (HttpResponseMessage[])[allowed, refused, answered, kept, plain])
            {
                Assert.Contains("Origin", answer.Headers.Vary);
                Assert.False(answer.Headers.Contains("Access-Control-Allow-Credentials"), route);
            }
        }
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", HttpStatusCode.NotFound)]
    [InlineData("PUT", "/v1/chats", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/v1/chats/%2e%2e", HttpStatusCode.BadRequest)]
    public async Task A_page_may_read_why_its_request_failed(string method, string path, HttpStatusCode status)
    {
        await using var server = await StartAsync();
        using var http = new HttpClient { BaseAddress = server.Url };
        var address = new Uri($"{server.Url}{path[1..]}", new UriCreationOptions
        {
            DangerousDisablePathAndQueryCanonicalization = true,
        });
        using var request = new HttpRequestMessage(new HttpMethod(method), address);
        request.Headers.Add("Origin", Listed);
        using var answer = await http.SendAsync(request);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal([Listed], answer.Headers.GetValues("Access-Control-Allow-Origin"));
    }

    [Fact]
    public void Every_header_that_the_api_reads_from_a_request_is_allowed()
    {
        var read = Repository.Files
            .Where(static file => file.IsCSharp
                && (file.Path.StartsWith("src/LiveChat.Server/Api/", StringComparison.Ordinal)
                    || file.Path.StartsWith("src/LiveChat.Server/Http/", StringComparison.Ordinal)
                    || file.Path.StartsWith("src/LiveChat.Server/Backend/", StringComparison.Ordinal)))
            .SelectMany(static file => HeaderRead().Matches(file.Text))
            .Select(static match => match.Groups[1].Value).ToHashSet();
        Assert.Equal([".Authorization", ".IfMatch", "[ActAs]"], read.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_refused_origin_is_named_with_the_option_once_in_ten_seconds()
    {
        using var lines = new LineCollector();
        var time = new FakeTimeProvider();
        var refused = new RefusedOrigins(lines.CreateLogger("origins"), time);

        refused.Note(Other);
        for (var i = 0; i < 5; i++) refused.Note("https://another.example");
        time.Advance(TimeSpan.FromSeconds(10));
        refused.Note("https://\u001b[31mx\n" + new string('y', 1_000));

        Assert.Equal(
            [
                $"A page of the origin '{Other}' was refused, which the option LiveChat:Origins "
                + "(LIVECHAT__ORIGINS__0, …) does not list; 0 more were refused since the last such line.",
                $"A page of the origin 'https://?[31mx?{new string('y', 185)}' was refused, which the option "
                + "LiveChat:Origins (LIVECHAT__ORIGINS__0, …) does not list; 5 more were refused since the last such "
                + "line.",
            ],
            lines.Lines.Select(static line => line.Text.Trim()));
        Assert.All(lines.Lines, static line => Assert.Equal(LogLevel.Warning, line.Level));
    }

    [Fact]
    public async Task The_server_warns_of_a_refused_page_over_http_and_over_a_websocket()
    {
        foreach (var isSocket in (bool[])[true, false])
        {
            using var lines = new LineCollector();
            await using var server = await StartAsync(lines);
            using var http = new HttpClient { BaseAddress = server.Url };
            if (isSocket)
            {
                using var socket = await RawSocket.OpenAsync(server.Url, request => request.Replace(
                    "Upgrade: websocket\r\n", $"Upgrade: websocket\r\nOrigin: {Other}\r\n", StringComparison.Ordinal));
            }
            else
            {
                using var kept = await SendAsync(http, "GET", ApiMeta.Path, Other);
            }

            Assert.Contains(lines.Lines, line => line.Level is LogLevel.Warning
                && line.Text.Contains($"'{Other}' was refused", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_page_of_the_server_itself_is_no_case_for_a_warning()
    {
        using var lines = new LineCollector();
        await using var server = await StartAsync(lines);
        using var http = new HttpClient { BaseAddress = server.Url };
        using var request = new HttpRequestMessage(HttpMethod.Get, ApiMeta.Path);
        request.Headers.Add("Origin", "https://chat.example.com");
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        using var answer = await http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.DoesNotContain(lines.Lines, static line => line.Text.Contains("was refused", StringComparison.Ordinal));
    }

    private static Task<TestServer> StartAsync(LineCollector? lines = null)
    {
        var seams = lines is null ? new ServerSeams() : new ServerSeams { Logging = lines.Listen };
        return TestServer.StartAsync(seams, TestServer.NewFolder(), "--dev", $"--LiveChat:Origins:0={Listed}");
    }

    private static Task<HttpResponseMessage> PreflightAsync(HttpClient http, string method, string path, string origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", string.Join(',', HeadersOfThePage));
        return http.SendAsync(request);
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient http, string method, string path, string? origin)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (origin is not null) request.Headers.Add("Origin", origin);
        return http.SendAsync(request);
    }

    private static HashSet<string> Listing(HttpResponseMessage answer, string header) => answer.Headers
        .GetValues(header)
        .SelectMany(static value => value.Split(", "))
        .Select(name => header.EndsWith("Methods", StringComparison.Ordinal) ? name : name.ToLowerInvariant())
        .ToHashSet();

    [GeneratedRegex(@"\{[^}]+\}")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"[rR]equest\.Headers(\.(?!ContainsKey)\w+|\[\w+\])")]
    private static partial Regex HeaderRead();
}
