using System.Net;
using System.Text;
using System.Text.Json;
using LiveChat.Server.Hosting;
using LiveChat.Server.Tokens;
using Xunit;

namespace LiveChat.Tests.Server.Tokens;

public sealed class DevelopmentTests
{
    private static readonly Uri PageOfTheApi = new("docs/index.html", UriKind.Relative);

    [Fact]
    public async Task In_development_anybody_gets_a_token_and_the_server_says_so_loudly()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder(), "--dev");
        Assert.Contains("DEVELOPMENT MODE", server.Output.ToString());
        using var http = new HttpClient { BaseAddress = server.Url };

        using var answer = await PostAsync(http, """{"user":"ann"}""");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(answer.Headers.Contains(DevelopmentTokens.Header));
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var socket = await server.OpenAsync();
        await socket.ConnectAsync(body.RootElement.GetProperty("token").GetString()!);
        Assert.Equal("ann", socket.Ready.User);

        foreach (var wrong in (string[])["", "{}", "[]", "nonsense", """{"user":7}""", """{"user":"a b"}"""])
        {
            using var refused = await PostAsync(http, wrong);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        }

        using var foreign = await PostAsync(http, """{"user":"ann"}""", "https://evil.example");
        Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);
    }

    [Theory]
    [InlineData("evil.example", 403)]
    [InlineData("evil.example:8080", 403)]
    [InlineData("localhost.evil.example", 403)]
    [InlineData("127.0.0.1.evil.example", 403)]
    [InlineData("192.0.2.7", 403)]
    [InlineData("laptop.lan:8080", 200)]
    [InlineData("LAPTOP.lan", 200)]
    [InlineData("localhost:1234", 200)]
    [InlineData("app.localhost", 200)]
    [InlineData("127.0.0.2", 200)]
    [InlineData("[::1]:80", 200)]
    public async Task Tokens_are_given_under_names_of_the_machine_alone(string host, int status)
    {
        await using var server = await TestServer.StartAsync(
            TestServer.NewFolder(), "--dev", "--LiveChat:DevelopmentHosts:0=laptop.lan");
        using var http = new HttpClient { BaseAddress = server.Url };
        using var answer = await PostAsync(http, """{"user":"ann"}""", $"http://{host}", host);
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task In_production_there_is_no_such_endpoint()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder());
        Assert.DoesNotContain("DEVELOPMENT", server.Output.ToString());
        using var http = new HttpClient { BaseAddress = server.Url };
        using var answer = await PostAsync(http, """{"user":"ann"}""");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.False(answer.Headers.Contains(DevelopmentTokens.Header));
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(PageOfTheApi)).StatusCode);
    }

    [Fact]
    public async Task The_page_of_the_api_is_there_in_development_and_may_load_its_own_files_only()
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder(), "--dev");
        using var http = new HttpClient { BaseAddress = server.Url };
        foreach (var path in (string[])["docs/index.html", "docs/index.js", "docs/swagger-ui-bundle.js"])
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
            Assert.Contains("default-src 'none'; script-src 'self';", policy);
            Assert.DoesNotContain("unsafe", policy);
            Assert.DoesNotContain("http", policy);
        }
    }

    [Theory]
    [InlineData("--LiveChat:Tokens:KeysUrl=http://keys.example/jwks")]
    [InlineData("--dev", "--LiveChat:Tokens:KeysUrl=https://keys.example/jwks")]
    public async Task Keys_over_plain_http_and_development_with_foreign_keys_do_not_start(params string[] options)
    {
        await using var server = await TestServer.StartAsync(TestServer.NewFolder(), options);
        Assert.Equal(2, await server.Exit);
        Assert.Contains("KeysUrl", server.Errors.ToString());
    }

    [Fact]
    public async Task What_others_on_the_machine_can_read_is_said_at_each_start()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("There are no modes.");
            return;
        }

        var folder = TestServer.NewFolder();
        using var closed = new LineCollector();
        var first = await TestServer.StartAsync(new ServerSeams { Logging = closed.Listen }, folder);
        await first.StopAsync();
        Assert.DoesNotContain(closed.Lines, static line => line.Text.Contains("chmod", StringComparison.Ordinal));

        File.SetUnixFileMode(Path.Combine(folder, TokenSecret.FileName), (UnixFileMode)0b110_100_100);
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        using var open = new LineCollector();
        await using var second = await TestServer.StartAsync(new ServerSeams { Logging = open.Listen }, folder);
        Assert.Equal(
            [$"Others on this machine can get at {folder}: chmod 700 it.",
                $"Others on this machine can get at {Path.Combine(folder, TokenSecret.FileName)}: chmod 600 it."],
            open.Lines.Select(static line => line.Text.Trim())
                .Where(static text => text.Contains("chmod", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_server_with_a_default_secret_does_not_start()
    {
        var folder = TestServer.NewFolder();
        var first = await TestServer.StartAsync(folder);
        await first.StopAsync();
        await File.WriteAllTextAsync(Path.Combine(folder, TokenSecret.FileName), new string('x', 64));
        await using var second = await TestServer.StartAsync(folder);
        Assert.Equal(2, await second.Exit);
        Assert.Contains("secret", second.Errors.ToString());
    }

    private static async Task<HttpResponseMessage> PostAsync(
        HttpClient http, string body, string? origin = null, string? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, DevelopmentTokens.Path)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        if (origin is not null) request.Headers.Add("Origin", origin);
        request.Headers.Host = host;
        return await http.SendAsync(request);
    }
}
