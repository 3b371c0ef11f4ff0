using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Server.Api;
using LiveChat.Server.Backend;
using LiveChat.Server.Gateway;
using LiveChat.Server.OpenApi;
using LiveChat.Tests.Server.Api;
using LiveChat.Tests.Server.Backend;
using Xunit;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Server;

/// <summary>What holds for every route of every table, at both addresses.</summary>
public sealed class RouteTests(ServerWithKey shared) : IClassFixture<ServerWithKey>
{
    private const StringComparison Exactly = StringComparison.Ordinal;
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    [Fact]
    public async Task An_empty_part_of_a_path_names_nothing_and_changes_nothing()
    {
        using var ann = new ApiClient(shared.Server, "ann");
        using var bob = await shared.Server.ConnectAsync("bob");
        var things = await ThingsAsync(ann, bob);
        var tried = 0;
        foreach (var route in Routes())
        {
            var parts = Fill(route.Path, things).Split('/');
            foreach (var target in WithAnEmptyPart(parts))
            {
                var answer = await AskAsync(route, route.Method, target, withToken: true);
                Assert.True(answer.StartsWith("HTTP/1.1 404 ", Exactly), $"{route.Method} {target}: {answer}");
                Assert.Contains("\"code\":\"not_found\"", answer, Exactly);
                tried++;
            }
        }

        Assert.True(tried > 150, $"Only {tried} were tried.");

        // Everything that a shorter path would have ended is there.
        Assert.IsType<ChatList>(await bob.AskAsync(new ChatsGet()));
        var page = await ann.DoneAsync("GET", $"/v1/chats/{things["chat"]}/messages?limit=1");
        Assert.Equal(1, page.GetProperty("items").GetArrayLength());
        using var backend = shared.Backend();
        await backend.DoneAsync("GET", "/v1/users/bob/sessions");
    }

    [Fact]
    public async Task A_method_that_a_path_does_not_take_has_a_code_of_its_own_and_the_others_are_named()
    {
        using var ann = new ApiClient(shared.Server, "ann");
        using var bob = await shared.Server.ConnectAsync("bob");
        var things = await ThingsAsync(ann, bob);
        var routes = Routes().ToList();
        var refused = 0;
        foreach (var (server, target) in routes.Select(route => (route.Server, Fill(route.Path, things))).Distinct())
        {
            // A fixed name may be a user's name, too.
            var here = routes.Where(route => route.Server == server && IsFor(route.Path, target)).ToList();
            var allowed = here.Select(static route => route.Method).ToHashSet();
            foreach (var method in Methods.Except(allowed))
            {
                var answer = await AskAsync(here[0], method, target, withToken: true);
                Assert.True(answer.StartsWith("HTTP/1.1 405 ", Exactly), $"{method} {target}: {answer}");
                Assert.Contains("\"code\":\"method_not_allowed\"", answer, Exactly);
                var named = HeaderOf(answer, "Allow").Split(", ");
                Assert.All(named, name => Assert.Contains(name == "HEAD" ? "GET" : name, allowed));
                refused++;
            }
        }

        Assert.True(refused > 50, $"Only {refused} were refused.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_browser_guesses_what_a_response_is(bool withToken)
    {
        using var ann = new ApiClient(shared.Server, "ann");
        using var bob = await shared.Server.ConnectAsync("bob");
        var things = await ThingsAsync(ann, bob);
        foreach (var route in Routes())
        {
            // Nothing is changed by what is allowed to change it.
            var path = Fill(route.Path, things);
            var targets = (string[])[$"{path}/x/y/z", $"{path}/", $"{path}/../x", $"{path}%zz"];
            if (!withToken || route.Method == "GET") targets = [path, .. targets];
            foreach (var target in targets)
            {
                var answer = await AskAsync(route, route.Method, target, withToken);
                Assert.True(HeaderOf(answer, "X-Content-Type-Options") == "nosniff", $"{target}: {answer}");
            }
        }
    }

    [Theory]
    [InlineData("/v1/chats/", 404)]
    [InlineData("/v1/chats/../x", 400)]
    public async Task A_page_of_a_listed_origin_may_read_why_its_path_is_refused(string target, int status)
    {
        const string Page = "https://app.example.com";
        await using var server = await TestServer.StartAsync(TestServer.NewFolder(), $"--LiveChat:Origins:0={Page}");
        var answer = await RawHttp.ReadAsync(
            server.Url,
            $"GET {target} HTTP/1.1\r\nHost: {server.Url.Authority}\r\nOrigin: {Page}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, Exactly);
        Assert.Equal(Page, HeaderOf(answer, "Access-Control-Allow-Origin"));
    }

    private static IEnumerable<string> WithAnEmptyPart(string[] parts)
    {
        yield return string.Join('/', (string[])[.. parts, ""]);
        for (var i = 1; i < parts.Length; i++)
        {
            yield return string.Join('/', (string[])[.. parts[..i], "", .. parts[i..]]);
            yield return string.Join('/', (string[])[.. parts[..i], "", .. parts[(i + 1)..]]);
        }
    }

    /// <summary>Every route, where it is served, and who may ask.</summary>
    private IEnumerable<Route> Routes()
    {
        var user = shared.Server.Token("ann");
        var operatorToken = LiveChatServer.MintOperatorToken(shared.Server.Data);
        return [
            .. ApiRoutes.All.Select(route => new Route(shared.Server.Url, route.Method, route.Path, user)),
            .. BackendRoutes.All.Select(route => new Route(shared.Server.Url, route.Method, route.Path, shared.Key)),
            .. OperatorRoutes.All.Select(route => new Route(shared.Internal, route.Method, route.Path, operatorToken)),
            .. ((string[])[ApiMeta.Path, OpenApiDocument.Path, RealtimeEndpoint.Path])
                .Select(path => new Route(shared.Server.Url, "GET", path, user)),
            .. ((string[])["GET", "POST", "DELETE"])
                .Select(method => new Route(shared.Server.Url, method, HttpTransport.PollPath, user)),
            new Route(shared.Server.Url, "POST", HttpTransport.EventsPath, user),
            .. ((string[])["/livez", "/readyz"]).Select(path => new Route(shared.Internal, "GET", path, "")),
        ];
    }

    /// <summary>What the parameters of paths stand for: things that are there, and that could be harmed.</summary>
    private async Task<Dictionary<string, string>> ThingsAsync(ApiClient ann, TestSocket bob)
    {
        var chat = await ann.DirectAsync("bob");
        return new Dictionary<string, string>
        {
            ["chat"] = chat,
            ["seq"] = $"{await ann.SayAsync(chat, "stays")}",
            ["user"] = "bob",
            ["emoji"] = "x",
            ["device"] = "d1",
            ["session"] = bob.Ready.Session,
            ["key"] = shared.Key[..^65],
        };
    }

    private static string Fill(string path, Dictionary<string, string> things) =>
        string.Join('/', path.Split('/').Select(part => part.StartsWith('{') ? things[part.Trim('{', '}')] : part));

    private static bool IsFor(string path, string target)
    {
        var (parts, targets) = (path.Split('/'), target.Split('/'));
        return parts.Length == targets.Length
            && parts.Zip(targets).All(static pair => pair.First.StartsWith('{') || pair.First == pair.Second);
    }

    private static Task<string> AskAsync(Route route, string method, string target, bool withToken)
    {
        var token = withToken ? $"Authorization: Bearer {route.Token}\r\n" : "";
        return RawHttp.ReadAsync(
            route.Server,
            $"{method} {target} HTTP/1.1\r\nHost: {route.Server.Authority}\r\nConnection: close\r\n"
            + $"Content-Length: 0\r\n{token}\r\n");
    }

    private static string HeaderOf(string answer, string name) => answer.Split("\r\n\r\n")[0].Split("\r\n")
        .Where(line => line.StartsWith($"{name}: ", StringComparison.OrdinalIgnoreCase))
        .Select(line => line[(name.Length + 2)..]).SingleOrDefault() ?? "";

    private sealed record Route(Uri Server, string Method, string Path, string Token);
}
