using System.CommandLine;
using LiveChat.Cli.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Client;
using LiveChat.Protocol;

namespace LiveChat.Cli;

/// <summary>How a command finds the server and who it is: the options that all client commands share.</summary>
internal sealed class ClientOptions
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    private readonly AddressOption _url = new(
        "--url", "The server.", new Uri("http://127.0.0.1:8080"), "http", "https", "ws", "wss");

    private readonly Option<string?> _token = new("--token")
    {
        Description = "A token; LIVECHAT_TOKEN in the environment does the same and is not seen by other users.",
    };

    private readonly Option<string?> _user = new("--user")
    {
        Description = "Be this user, with a token signed by the secret in --data.",
    };

    private readonly DataOption _data = new();
    private readonly WaitOption _wait = new();

    private readonly OutputOption _output = new();

    /// <summary>Adds the options to a command.</summary>
    public ClientOptions(Command command, bool hasOutput = true)
    {
        command.Add(_url);
        command.Add(_token);
        command.Add(_user);
        command.Add(_data);
        command.Add(_wait);
        if (hasOutput) command.Add(_output);
        command.Validators.Add(result =>
        {
            var isUser = result.GetResult(_user) is not null;
            var isToken = result.GetResult(_token) is not null;
            if (isUser && isToken) result.AddError("--user and --token exclude each other.");
            if (!isUser && !isToken && Environment.GetEnvironmentVariable("LIVECHAT_TOKEN") is null)
            {
                result.AddError("Say who you are: --user NAME on the server's machine, else --token TOKEN.");
            }
        });
    }

    /// <summary>Whether to write JSON.</summary>
    public bool IsJson(ParseResult parsed) => _output.IsJson(parsed);

    /// <summary>The address, for sentences.</summary>
    public Uri Url(ParseResult parsed) => parsed.GetValue(_url)!;

    /// <summary>Makes the client; not connected yet.</summary>
    public LiveChatClient Create(ParseResult parsed)
    {
        var user = parsed.GetValue(_user);
        // Not the option's default, which the help would print.
        var token = parsed.GetValue(_token) ?? Environment.GetEnvironmentVariable("LIVECHAT_TOKEN");
        if (user is null) return WithGivenToken(Url(parsed), token!);

        // What is wrong with the folder is said now, and not by the client after its tries.
        _data.TokenFor(parsed, user, TokenLifetime);
        return new LiveChatClient(new LiveChatClientOptions
        {
            Endpoint = Url(parsed),
            TokenProvider = _ => ValueTask.FromResult(_data.TokenFor(parsed, user, TokenLifetime)),
        });
    }

    /// <summary>A token that the server does not take is not shown again: the command has no other one.</summary>
    private static LiveChatClient WithGivenToken(Uri endpoint, string token)
    {
        string? refusal = null;
        var client = new LiveChatClient(new LiveChatClientOptions
        {
            Endpoint = endpoint,
            TokenProvider = _ => Volatile.Read(ref refusal) is { } reason
                ? throw new UnauthorizedAccessException(reason)
                : ValueTask.FromResult(token),
        });
        client.ConnectionChanged += change =>
        {
            if (change.Code is (int)CloseCode.TokenExpired or (int)CloseCode.InvalidToken)
                Volatile.Write(ref refusal, change.Reason ?? "The token is not valid.");
        };
        return client;
    }

    /// <summary>Makes the client and connects it, for commands that do one thing.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="tellsRetries">Whether standard error is told why the server makes the command wait.</param>
    public async Task<LiveChatClient> ConnectAsync(
        ParseResult parsed, CancellationToken cancellationToken, bool tellsRetries = true)
    {
        var client = Create(parsed);
        var lastReason = "it does not answer";
        client.ConnectionChanged += change => lastReason = change.Reason ?? lastReason;
        client.Retrying += retry => lastReason = retry.Reason;
        if (tellsRetries) TellRetries(client, Console.Error);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_wait.Of(parsed));
        try
        {
            await client.ConnectAsync(patience.Token);
            return client;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            var missing = client.State is ClientState.Connected ? "No answer from" : "No connection to";
            await client.DisposeAsync();
            throw new CliException(
                ExitCode.NotReachable,
                $"{missing} {Url(parsed)} within {_wait.Say(parsed)}: {Sentence.End(lastReason)}");
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Says why the server makes a command wait: once for each reason in a row.</summary>
    internal static void TellRetries(LiveChatClient client, TextWriter remarks)
    {
        string? last = null;
        client.Retrying += retry =>
        {
            if (Interlocked.Exchange(ref last, retry.Reason) != retry.Reason)
                remarks.WriteLine(ConnectionText.Of(retry));
        };
    }

    /// <summary>Runs what has an answer, for at most a minute: the client itself would try for ever.</summary>
    public static async Task<T> WithinAMinuteAsync<T>(
        Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(AnswerTimeout);
        try
        {
            return await ask(patience.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException(
                ExitCode.NotReachable,
                $"Given up after 60 s. {Sentence.End(late.Message)} "
                + "What was asked for may or may not have been done.");
        }
    }
}
