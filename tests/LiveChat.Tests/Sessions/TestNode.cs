using System.Diagnostics.Metrics;
using System.Globalization;
using LiveChat.Client;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Core.Ids;
using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.History;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>
/// A node on the in-memory twins, whose tokens are <c>user@issued@device@seconds</c>, or a part of it. A token without
/// seconds is good for five minutes, or half a minute if the user's id begins with <c>brief</c>. <c>expired</c> is an
/// expired one, and <c>unavailable</c> one whose keys are away. Unless its options say otherwise, direct chats wait
/// for no answer.
/// </summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly Meter _meter = new("LiveChat.Core.Tests");
    private readonly List<TestDevice> _devices = [];
    private readonly QuietContext _context = new();

    private TestNode(
        TimeProvider time,
        NodeOptions options,
        InMemoryHistoryStore history,
        Func<NodePorts, NodePorts> change,
        ILoggerFactory loggers,
        int seed)
    {
        Time = time;
        Log = new FillableLog(new InMemoryMessageLog(4, time));
        Tables = history;
        Reads = new CountingStore(history);
        History = new BreakableHistory(Reads);
        var ids = new SnowflakeGenerator(0, 0, static ms => ms + 10_000, time);
        var ports = new NodePorts(
            Log, History, Reads, IdentityPorts.InMemory(), ids, new NameTokens(time), _meter)
        {
            ReaderOf = group => new AllPartitionsReader(Log, group),
            Lineage = Lineage = history.Lineage,
            SinceKey = Key,
        };
        Node = new Node(change(ports), options, time, new Random(seed), loggers);
    }

    /// <summary>Under which positions are sealed.</summary>
    public static byte[] Key { get; } = [.. Enumerable.Range(1, 32).Select(static i => (byte)i)];

    public static SinceSeal Seal { get; } = new(Key);

    public Node Node { get; }

    public ILineageStore Lineage { get; }

    /// <summary>What the node measures.</summary>
    public Meter Meter => _meter;

    public FillableLog Log { get; }

    public BreakableHistory History { get; }

    /// <summary>What is read from history, by whomever.</summary>
    public CountingStore Reads { get; }

    /// <summary>What history holds.</summary>
    public InMemoryHistoryStore Tables { get; }

    public TimeProvider Time { get; }

    /// <summary>How long the tokens are good for.</summary>
    public static TimeSpan TokenLifetime { get; } = TimeSpan.FromMinutes(5);

    public static TimeSpan BriefLifetime { get; } = TimeSpan.FromSeconds(30);

    /// <param name="time">The clock.</param>
    /// <param name="options">The options.</param>
    /// <param name="tables">History as another node left it; the log is empty again.</param>
    /// <param name="change">Puts other ports in the place of the twins.</param>
    /// <param name="loggers">Hear what the node logs.</param>
    /// <param name="seed">Of its chance, and so of the id of its start.</param>
    public static async Task<TestNode> StartAsync(
        TimeProvider? time = null,
        NodeOptions? options = null,
        InMemoryHistoryStore? tables = null,
        Func<NodePorts, NodePorts>? change = null,
        ILoggerFactory? loggers = null,
        int seed = 1)
    {
        var node = new TestNode(
            time ?? TimeProvider.System,
            options ?? new NodeOptions { Ingest = new IngestOptions { UnansweredMessagesMax = 0 } },
            tables ?? new InMemoryHistoryStore("e1"),
            change ?? (static ports => ports),
            loggers ?? NullLoggerFactory.Instance,
            seed);
        await node._context.Run(() => node.Node.StartAsync(CancellationToken.None));
        return node;
    }

    public TestDevice Open()
    {
        var device = new TestDevice(Node.TryOpen()!, _context, Time);
        _devices.Add(device);
        return device;
    }

    /// <summary>A connection for the SDK; refused as by the front door when the node takes none.</summary>
    public ITransport OpenTransport() => Node.TryOpen() is { } connection
        ? new NodeTransport(connection, _context)
        : throw new TransportException("the node takes no connections now", null) { Status = 503 };

    /// <summary>A device that has connected.</summary>
    public async Task<TestDevice> ConnectAsync(string user, string? since = null)
    {
        var device = Open();
        await device.ConnectAsync(user, since);
        return device;
    }

    /// <summary>A device whose node has nothing more to do by itself: a read is somebody's from here on.</summary>
    public async Task<TestDevice> ConnectQuietlyAsync(string user)
    {
        var device = await ConnectAsync(user);

        // Answered behind the session's barrier; with a position once every partition was handed over to its end.
        while (await device.AskAsync(new SyncGet()) is not Sync { Since: not "0" }) await Task.Yield();
        await _context.QuietAsync();
        return device;
    }

    /// <summary>Moves the time, which is the test's, by parts of a second.</summary>
    public async Task TurnAsync(int seconds)
    {
        for (var part = 0; part < seconds * 4; part++) await PartAsync();
    }

    /// <summary>Moves the time by a quarter of a second, and waits for the loops of the node that were due.</summary>
    public async Task PartAsync()
    {
        await AdvanceAsync(TimeSpan.FromMilliseconds(250));
        Assert.False(Node.Completion.IsCompleted);
    }

    /// <summary>Moves the time, which is the test's, to a moment that is still to come.</summary>
    public Task MoveToAsync(DateTimeOffset moment) => AdvanceAsync(moment - Time.GetUtcNow());

    /// <summary>Waits for something that waits for the time, which moves by at most five seconds meanwhile.</summary>
    public async Task<T> WhileTimeMovesAsync<T>(Task<T> waited)
    {
        for (var part = 0; part < 20 && !waited.IsCompleted; part++) await PartAsync();
        return await waited;
    }

    /// <summary>Does something where the node's loops run.</summary>
    public Task RunAsync(Func<Task> work) => _context.Run(work);

    /// <summary>A position of the node's present start, which could have been given out.</summary>
    public async Task<string> SinceAsync(long timeMs)
    {
        var since = new Since(Node.StartId, timeMs);
        await _context.Run(() => Node.ReachAsync(since.HandedMs, default));
        return Seal.Write(since);
    }

    /// <summary>Moves the time by a tenth of a second, also of a node that has failed.</summary>
    public Task TickAsync() => AdvanceAsync(TimeSpan.FromMilliseconds(100));

    /// <summary>Moves the time by a second, also of a node that has failed.</summary>
    public Task SecondAsync() => AdvanceAsync(TimeSpan.FromSeconds(1));

    /// <summary>Stops the node while the time goes on, for half a minute at most.</summary>
    public Task StopAsync() => EndAsync(_context.Run(() => Node.StopAsync(CancellationToken.None)));

    public async ValueTask DisposeAsync()
    {
        foreach (var device in _devices) await device.DisposeAsync();
        await EndAsync(_context.Run(() => Node.DisposeAsync().AsTask()));
        await Log.DisposeAsync();
        _meter.Dispose();
    }

    /// <summary>Waits for the end of the node. A clock of the test goes on meanwhile, for half a minute.</summary>
    private async Task EndAsync(Task ending)
    {
        for (var second = 0; second < 30 && Time is FakeTimeProvider && !ending.IsCompleted; second++)
            await AdvanceAsync(TimeSpan.FromSeconds(1));
        await ending.WaitAsync(TestDevice.Patience, TimeProvider.System);
    }

    private async Task AdvanceAsync(TimeSpan by)
    {
        await _context.QuietAsync();
        ((FakeTimeProvider)Time).Advance(by);
        await _context.QuietAsync();
    }

    private sealed class NameTokens(TimeProvider time) : ITokenVerifier
    {
        public ValueTask<TokenAnswer> VerifyAsync(string token, CancellationToken cancellationToken)
        {
            var parts = token.Split('@');
            var issued = $"0{parts.ElementAtOrDefault(1)}";
            var lifetime = parts.Length > 3
                ? TimeSpan.FromSeconds(int.Parse(parts[3], CultureInfo.InvariantCulture))
                : parts[0].StartsWith("brief", StringComparison.Ordinal) ? BriefLifetime : TokenLifetime;
            return ValueTask.FromResult(token switch
            {
                "expired" => new TokenAnswer(TokenStatus.Expired, default, default),
                "unavailable" => new TokenAnswer(TokenStatus.Unavailable, default, default),
                _ when UserId.TryParse(parts[0], out var user) =>
                    new TokenAnswer(TokenStatus.Valid, user, time.GetUtcNow() + lifetime)
                    {
                        IssuedAtMs = 1_000 * long.Parse(issued, CultureInfo.InvariantCulture),
                        Device = parts.ElementAtOrDefault(2) is { Length: > 0 } device ? device : null,
                    },
                _ => default,
            });
        }
    }
}
