using System.Diagnostics.Metrics;
using System.Globalization;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Core.Ids;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Core.Presence;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Gateway;
using Microsoft.Extensions.Logging;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// One life of a node, all of it: the real one on simulated ports, and the sockets of those who are connected.
/// Everything in it dies with its process.
/// </summary>
internal sealed class SimulatedNode : IDisposable
{
    /// <summary>Beside the events in an outbox: a page, and the answers to commands in flight.</summary>
    private const int AnswerBytesMax = Limits.PageBytesMax + 65_536;

    private const int IdsAheadMs = 1_000;
    private static readonly byte[] Key = new byte[32];

    /// <summary>The one error that the world brings about: an append that fails as nothing says.</summary>
    private const int AppendFailedId = 2000;

    private readonly World _world;
    private readonly Faults _faults;
    private readonly Plant _plant;
    private readonly Random _random;
    private readonly List<ISimulatedTransport> _transports = [];
    private readonly TimeProvider _time;
    private readonly Meter _meter = new("LiveChat.Simulation");

    public SimulatedNode(
        World world,
        SimulatedProcess process,
        SimulatedLog log,
        IHistoryStore history,
        IUserStore users,
        ILineageStore lineage,
        SimulatedIdentities identities,
        IPresenceStore? presence,
        ISharedPresence? table,
        SimulatedErasures? erasures,
        NodeOptions options,
        TimeProvider time,
        Faults faults,
        Plant plant,
        bool moves,
        Random random)
    {
        (_world, _faults, _plant, _random, _time) = (world, faults, plant, random, time);
        (Process, Log) = (process, log);
        OutboxBytesMax = options.Outbox.BytesMax + AnswerBytesMax;
        var ids = new SnowflakeGenerator(
            0, world.IdsLimitMs, ms => world.IdsLimitMs = ms + IdsAheadMs, time);
        var who = IdentityPorts.InMemory() with { Users = identities, LastSeen = identities };
        var ports = new NodePorts(log, history, users, who, ids, new DatedTokens(time), _meter)
        {
            ReaderOf = group => moves
                ? new SimulatedReader(log, group, world, faults, plant)
                : new AllPartitionsReader(log, group),
            Lineage = lineage,
            SinceKey = Key,
            Presence = presence,
            SharedPresence = table,
            Erasures = erasures,
            Deletions = erasures,
            Rules = plant == Plant.None ? RulesTable.Default : PlantedRules.Table(plant, time),
            Link = node => Link = new SlowLink(faults, log.Partitions, time, node),
            Sink = addressing =>
            {
                var sink = new WatchedSink(world, plant, new Random(random.Next()), addressing);
                log.Appending = sink.Appending;
                return sink;
            },
        };
        Node = new Node(ports, options, time, new Random(random.Next()), new ErrorNotes(world));
    }

    /// <summary>A node of several, whose log is no node's.</summary>
    public SimulatedNode(
        World world,
        SimulatedProcess process,
        Func<Meter, ITokenVerifier, NodePorts> portsOf,
        NodeOptions options,
        TimeProvider time,
        Faults faults,
        Random random)
    {
        (_world, _faults, _plant, _random, _time) = (world, faults, Plant.None, random, time);
        (Process, Log) = (process, null!);
        OutboxBytesMax = options.Outbox.BytesMax + AnswerBytesMax;
        var ports = portsOf(_meter, new DatedTokens(time)) with { SinceKey = Key };
        Node = new Node(ports, options, time, new Random(random.Next()), new ErrorNotes(world));
    }

    public static SinceSeal Seal { get; } = new(Key);

    /// <summary>Whether its own log failed, which ends it.</summary>
    public bool HasFailed => Log?.HasFailed == true;

    public Node Node { get; }

    public SimulatedProcess Process { get; }

    public SimulatedLog Log { get; }

    /// <summary>The way from the owner to the sessions.</summary>
    public SlowLink Link { get; private set; } = null!; // The node asks for it as it is made.

    /// <summary>More than this is never in an outbox.</summary>
    public int OutboxBytesMax { get; }

    /// <summary>Takes the requests of sessions, once the node was started.</summary>
    public SimulatedGateway? Gateway { get; private set; }

    public void Start() => Process.Start(() =>
    {
        var sessions = new HttpSessions(_time, new ErrorNotes(_world).CreateLogger<HttpSessions>());
        Gateway = new SimulatedGateway(this, _world, _faults, sessions);
        return Node.StartAsync(CancellationToken.None);
    });

    /// <summary>Whether it still waits for the silence of a device of the user to last.</summary>
    public bool HasForsaken(string user) => _transports.Exists(transport => transport.Forsaken?.Value == user);

    /// <summary>What carries a session over requests, the first of which opens it.</summary>
    public SimulatedRequests Request()
    {
        var requests = new SimulatedRequests(
            this, _world, _faults, new PlantedWire(_plant, new Random(_random.Next())));
        _transports.Add(requests);
        return requests;
    }

    /// <summary>A socket of a device; null when the node takes none.</summary>
    public async Task<SimulatedSocket?> ConnectAsync()
    {
        if (await Process.CallAsync(() => ValueTask.FromResult(Node.TryOpen())) is not { } connection)
            return null;
        var wire = new PlantedWire(_plant, new Random(_random.Next()));
        var socket = new SimulatedSocket(connection, this, _world, _faults, wire);
        _transports.Add(socket);
        socket.Start();
        if (Process.IsDead)
            socket.Cut();
        return socket;
    }

    /// <summary>Ends the process, whatever it was doing.</summary>
    public void Kill()
    {
        Process.Kill();
        foreach (var transport in _transports)
            transport.Cut();
        Gateway?.Cut();
    }

    public static string TokenOf(UserId user, DateTimeOffset expiresAt) =>
        string.Create(CultureInfo.InvariantCulture, $"{user}|{expiresAt.ToUnixTimeMilliseconds()}");

    public void Dispose() => _meter.Dispose();

    /// <summary>A token says who it is and until when.</summary>
    private sealed class DatedTokens(TimeProvider time) : ITokenVerifier
    {
        public ValueTask<TokenAnswer> VerifyAsync(string token, CancellationToken cancellationToken)
        {
            var parts = token.Split('|');
            var expiresAt = DateTimeOffset.FromUnixTimeMilliseconds(
                long.Parse(parts[1], CultureInfo.InvariantCulture));
            return ValueTask.FromResult(expiresAt <= time.GetUtcNow()
                ? new TokenAnswer(TokenStatus.Expired, default, default)
                : new TokenAnswer(TokenStatus.Valid, UserId.Parse(parts[0]), expiresAt));
        }
    }

    /// <summary>An error in the node's log is something that must not happen here.</summary>
    private sealed class ErrorNotes(World world) : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)
                && eventId.Id != AppendFailedId
                && exception is not LogTrimmedException { Message: SimulatedReader.Gone })
                world.Violate($"The node says: {formatter(state, exception)} {exception?.Message}");
        }

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }
    }
}
