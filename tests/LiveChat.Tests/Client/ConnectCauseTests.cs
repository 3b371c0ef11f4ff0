using LiveChat.Client;
using LiveChat.Tests.Server;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>
/// Every cause for which there is no connection, over real sockets: each ends in a state, an event, a log line and an
/// exception that all say why, and the client can be disposed of.
/// </summary>
public sealed class ConnectCauseTests
{
    private const ClientState Again = ClientState.Reconnecting;
    private const ClientState Over = ClientState.Stopped;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, Cause> Causes = new()
    {
        ["HTTP 200"] = new(() => RawPeer.Status(200), Over, "answered with HTTP 200 instead of a WebSocket", 200),
        ["HTTP 400"] = new(() => RawPeer.Status(400), Over, "answered with HTTP 400 instead of a WebSocket", 400),
        ["HTTP 401"] = new(() => RawPeer.Status(401), Over, "answered with HTTP 401: it refuses this client", 401),
        ["HTTP 403"] = new(() => RawPeer.Status(403), Over, "answered with HTTP 403: it refuses this client", 403),
        ["HTTP 404"] = new(() => RawPeer.Status(404), Over, "answered with HTTP 404: there is no /v1/realtime", 404),
        ["HTTP 408"] = new(() => RawPeer.Status(408), Again, "answered with HTTP 408", 408),
        ["HTTP 429"] = new(() => RawPeer.Status(429, "Retry-After: 7\r\n"), Again, "answered with HTTP 429", 429)
        {
            Waits = TimeSpan.FromSeconds(7),
        },
        ["HTTP 500"] = new(() => RawPeer.Status(500), Again, "answered with HTTP 500", 500),
        ["HTTP 503"] = new(
            () => RawPeer.Status(503, "Retry-After: 20\r\n"),
            Again,
            "answered with HTTP 503: it takes no connections now",
            503)
        {
            Waits = TimeSpan.FromSeconds(20),
        },
        ["HTTP 503 until a date"] = new(
            () => RawPeer.Status(503, "Retry-After: Tue, 24 Nov 2026 03:05:30 GMT\r\n"), Again, "HTTP 503", 503)
        {
            Waits = TimeSpan.FromSeconds(30),
        },
        ["HTTP 503 for a year"] = new(
            () => RawPeer.Status(503, "Retry-After: 31536000\r\n"), Again, "answered with HTTP 503", 503)
        {
            Waits = TimeSpan.FromHours(1),
        },
        ["another subprotocol"] = new(
            () => RawPeer.Upgrading("mqtt"), Again, "does not speak livechat.v1.json"),
        ["no subprotocol"] = new(() => RawPeer.Upgrading(null), Again, "does not speak livechat.v1.json"),
        ["another protocol"] = new(
            () => RawPeer.Answering(_ => "SSH-2.0-OpenSSH_9.6\r\n"), Again, "speaks another protocol"),
        ["a close instead of an answer"] = new(
            () => RawPeer.Answering(_ => ""), Again, "closed the connection without an answer"),
        ["no answer"] = new(() => RawPeer.Answering(_ => null), Again, "did not answer within 15 s") { Takes = 15 },
        ["a certificate that is not trusted"] = new(RawPeer.Untrusted, Again, "TLS with ") { Scheme = "https" },
        ["no TLS on the port"] = new(
            () => RawPeer.Answering(_ => "HTTP/1.1 400 Bad Request\r\n\r\n"), Again, "TLS with ") { Scheme = "https" },
        ["a port that nobody listens on"] = new(null, Again, "refuses connections"),
        ["a name that does not exist"] = new(null, Again, "the name of no-such-host.invalid")
        {
            Host = "no-such-host.invalid",
        },
        ["a provider that returns null"] = new(null, Over, "the token provider returned no token")
        {
            Tokens = _ => ValueTask.FromResult<string>(null!),
        },
        ["a provider that returns nothing"] = new(null, Over, "the token provider returned no token")
        {
            Tokens = _ => ValueTask.FromResult(""),
        },
        ["a provider that has none"] = new(null, Over, "you are signed out")
        {
            Tokens = _ => throw new UnauthorizedAccessException("you are signed out"),
        },
        ["a provider that fails"] = new(null, Again, "the token provider failed: the backend is away")
        {
            Tokens = _ => throw new InvalidOperationException("the backend is away"),
        },
        ["a provider that fails later"] = new(null, Again, "the token provider failed: the backend is away")
        {
            Tokens = async _ =>
            {
                await Task.Yield();
                throw new InvalidOperationException("the backend is away");
            },
        },
        ["a provider that cancels"] = new(null, Again, "the token provider failed: ")
        {
            Tokens = _ => ValueTask.FromCanceled<string>(new CancellationToken(true)),
        },
        ["a provider that never answers"] = new(null, Again, "the token provider did not return within 30 s")
        {
            Tokens = _ => new ValueTask<string>(new TaskCompletionSource<string>().Task),
            Takes = 30,
        },
        ["a token that cannot be read"] = new(() => RawPeer.Status(503), Again, "answered with HTTP 503", 503)
        {
            Tokens = _ => ValueTask.FromResult("e30.eyJzdWIiOiJcdWQ4MDAifQ.x"), // {"sub":"\ud800"}
        },
    };

    public static TheoryData<string> Names => [.. Causes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_cause_is_a_state_an_event_a_log_line_and_an_exception(string name)
    {
        var cause = Causes[name];
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        await using var peer = cause.Peer?.Invoke();
        var port = peer?.Port ?? TestServer.FreeAddress().Port;
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 3, 5, 0, TimeSpan.Zero));
        using var lines = new LineCollector();
        var first = new TaskCompletionSource<ConnectionChange>();
        var asked = new TaskCompletionSource();
        await using var client = new LiveChatClient(new LiveChatClientOptions
        {
            Endpoint = new Uri($"{cause.Scheme}://{cause.Host}:{port}"),
            TokenProvider = cancellationToken =>
            {
                asked.TrySetResult();
                return cause.Tokens(cancellationToken);
            },
            Time = time,
            Logger = lines.CreateLogger("client"),
        });
        client.ConnectionChanged += change =>
        {
            if (change.State is not ClientState.Connecting) first.TrySetResult(change);
            throw new InvalidOperationException("A bug of the application, which ends nothing.");
        };
        using var patience = new CancellationTokenSource();

        var connecting = client.ConnectAsync(patience.Token);
        if (cause.Takes > 0)
        {
            await (peer?.Asked ?? asked.Task).WaitAsync(limit.Token);
            time.Advance(TimeSpan.FromSeconds(cause.Takes));
        }

        var change = await first.Task.WaitAsync(limit.Token);

        Assert.Equal((cause.State, cause.Status), (change.State, change.Status));
        Assert.Contains(cause.Reason, change.Reason, StringComparison.Ordinal);
        Assert.Contains(lines.Lines, line => line.Text.Contains(change.Reason!, StringComparison.Ordinal));
        if (cause.Waits is { } waits) Assert.InRange(change.Delay, waits, waits + TimeSpan.FromMilliseconds(250));
        if (cause.State is Again) await patience.CancelAsync();
        var thrown = await Assert.ThrowsAnyAsync<Exception>(() => connecting.WaitAsync(limit.Token));
        Assert.Contains(change.Reason!, thrown.Message, StringComparison.Ordinal);
        Assert.Same(change.Cause, thrown.InnerException);
        if (thrown is LiveChatStoppedException stopped) Assert.Equal(cause.Status, stopped.Status);
        else Assert.Equal(patience.Token, Assert.IsType<OperationCanceledException>(thrown).CancellationToken);
        Assert.Equal(cause.State is Over, thrown is LiveChatStoppedException);
    }

    [Theory]
    [InlineData("chat.example")]
    [InlineData("/v1/realtime")]
    [InlineData("ftp://chat.example")]
    [InlineData("file:///chat")]
    public void An_address_that_no_client_can_connect_to_is_refused_at_once(string address)
    {
        var refused = Assert.Throws<ArgumentException>(() => new LiveChatClient(new LiveChatClientOptions
        {
            Endpoint = new Uri(address, UriKind.RelativeOrAbsolute),
            TokenProvider = _ => ValueTask.FromResult("token"),
        }));
        Assert.Contains(address, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>A cause and what the client makes of it.</summary>
    /// <param name="Peer">Who listens; null for nobody.</param>
    /// <param name="State">What the first attempt ends in.</param>
    /// <param name="Reason">What all four say.</param>
    /// <param name="Status">The HTTP status of the answer.</param>
    private sealed record Cause(Func<RawPeer>? Peer, ClientState State, string Reason, int? Status = null)
    {
        public string Scheme { get; init; } = "http";

        public string Host { get; init; } = "127.0.0.1";

        public Func<CancellationToken, ValueTask<string>> Tokens { get; init; } = _ => ValueTask.FromResult("token");

        /// <summary>How many seconds pass before the client gives up.</summary>
        public int Takes { get; init; }

        public TimeSpan? Waits { get; init; }
    }
}
