using System.CommandLine;
using System.Net.Sockets;
using System.Security.Authentication;
using LiveChat.Cli.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Loads;
using LiveChat.Loads.Sockets;

namespace LiveChat.Cli.Bench;

/// <summary>How a load finds the server, and how it gets users of its own: by a server key, or by the secret of the
/// data folder.</summary>
internal sealed class BenchAccess
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(24);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly AddressOption _url = new(
        "--url", "The server.", new Uri("http://127.0.0.1:8080"), "http", "https", "ws", "wss");

    private readonly Option<string?> _key = new("--key")
    {
        Description = "A server key, which makes the tokens of the users; LIVECHAT_KEY in the environment does the "
            + "same and is not seen by other users. Without it they are signed by the secret in --data.",
    };

    private readonly Option<bool> _keep = new("--keep")
    {
        Description = "Leaves the chats of the load on the server; else they are deleted at the end.",
    };

    private readonly AddressOption _internal = new(
        "--internal",
        "The server's internal address, where the chats of the load are deleted when there is no --key.",
        new Uri("http://127.0.0.1:8081"),
        "http",
        "https");

    private readonly DataOption _data = new();
    private readonly WaitOption _wait = new();

    /// <summary>Adds the options to a command.</summary>
    public BenchAccess(Command command)
    {
        command.Add(_url);
        command.Add(_key);
        command.Add(_keep);
        command.Add(_internal);
        command.Add(_data);
        command.Add(_wait);
    }

    /// <summary>Makes sure that the server is there and takes a user of the run.</summary>
    /// <exception cref="CliException">It does not answer in time, or refuses.</exception>
    public async Task<LoadSessions> ReachAsync(ParseResult parsed, string run, CancellationToken cancellationToken)
    {
        var url = parsed.GetValue(_url)!;
        var sessions = new LoadSessions(url, TokensOf(parsed, url), TimeProvider.System);
        var lastReason = "it does not answer";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_wait.Of(parsed));
        try
        {
            while (true)
            {
                try
                {
                    using var session = await sessions.OpenAsync($"{run}-first", patience.Token);
                    return sessions;
                }
                catch (Exception away) when (away is SocketException or IOException or HttpRequestException
                    or AuthenticationException)
                {
                    lastReason = away.Message;
                }

                await Task.Delay(Pause, TimeProvider.System, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException(
                ExitCode.NotReachable,
                $"No connection to {url} within {_wait.Say(parsed)}: {Sentence.End(lastReason)}");
        }
        catch (LoadException refused)
        {
            throw new CliException(ExitCode.Refused, $"The server takes no session: {Sentence.End(refused.Message)}");
        }
    }

    /// <summary>Deletes the chats of the load, also of one that was interrupted, and says what became of it; null when
    /// there is nothing to do.</summary>
    public async Task<string?> CleanUpAsync(ParseResult parsed, LoadSessions sessions)
    {
        if (parsed.GetValue(_keep) || sessions.Made.All.Count == 0) return null;
        using var cleanup = KeyOf(parsed) is { Length: > 0 } key
            ? new BenchCleanup(new HttpClient(), HttpAddressOf(parsed.GetValue(_url)!), key, TimeProvider.System)
            : new BenchCleanup(
                new HttpClient(), parsed.GetValue(_internal)!, _data.OperatorToken(parsed), TimeProvider.System);
        return await cleanup.DeleteAsync(sessions.Made.All);
    }

    private static Uri HttpAddressOf(Uri url) =>
        new UriBuilder(url) { Scheme = url.Scheme is "https" or "wss" ? "https" : "http" }.Uri;

    private string? KeyOf(ParseResult parsed) =>
        parsed.GetValue(_key) ?? Environment.GetEnvironmentVariable("LIVECHAT_KEY");

    private Func<string, CancellationToken, ValueTask<string>> TokensOf(ParseResult parsed, Uri url)
    {
        if (KeyOf(parsed) is { Length: > 0 } key)
        {
            // The client lives as long as the process.
            return new KeyTokens(new HttpClient(), url, key, TokenLifetime, TimeProvider.System).OfAsync;
        }

        // What is wrong with the folder is said at once.
        _data.TokenFor(parsed, "bench", TokenLifetime);
        return (user, _) => ValueTask.FromResult(_data.TokenFor(parsed, user, TokenLifetime));
    }
}
