using System.Net.Sockets;
using System.Security.Cryptography;
using Confluent.Kafka;
using LiveChat.Cluster.Store;
using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Brokers.Cells;
using LiveChat.EndToEnd.Crash;
using LiveChat.Server;
using LiveChat.Tests.Running;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.SeveralNodes;

/// <summary>
/// Several real servers that are one: one topic, one keyspace, links through fault proxies, a door in front of the
/// gateways as a load balancer is, and a load whose users are at different gateways and listen. What is checked is what
/// the tests of crashes check, and that every listener was told of everything by itself.
/// </summary>
internal sealed class NodeCluster : IAsyncDisposable
{
    /// <summary>Four nodes and the services share a small machine.</summary>
    private static readonly TimeSpan PauseOfSenders = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan TokensFor = TimeSpan.FromHours(1);
    private static readonly TimeSpan ProbeWithin = TimeSpan.FromSeconds(3);

    private readonly ScratchDirectory _scratch = new();
    private readonly List<ClusterNode> _nodes = [];
    private readonly List<FaultProxy> _doors = [];
    private readonly CassandraOptions _keyspace;
    private readonly HttpClient _probes = new() { Timeout = ProbeWithin };
    private Load? _load;

    private NodeCluster(string brokers, CassandraOptions keyspace) => (Brokers, _keyspace) = (brokers, keyspace);

    /// <summary>Two gateways and two workers.</summary>
    public static IReadOnlyList<(string Name, NodeRoles Roles)> TwoAndTwo { get; } =
    [
        ("gateway-1", NodeRoles.Gateway),
        ("gateway-2", NodeRoles.Gateway),
        ("worker-1", NodeRoles.Delivery | NodeRoles.History),
        ("worker-2", NodeRoles.Delivery | NodeRoles.History),
    ];

    /// <summary>Three nodes that do everything.</summary>
    public static IReadOnlyList<(string Name, NodeRoles Roles)> Three { get; } =
        [("node-1", NodeRoles.All), ("node-2", NodeRoles.All), ("node-3", NodeRoles.All)];

    public string Brokers { get; }

    public string Topic { get; private set; } = "";

    public IReadOnlyList<ClusterNode> Nodes => _nodes;

    public IReadOnlyList<ClusterNode> Gateways => [.. _nodes.Where(static node => node.IsGateway)];

    public IReadOnlyList<ClusterNode> Workers => [.. _nodes.Where(static node => node.IsWorker)];

    public Load Load => _load ?? throw new InvalidOperationException("It was not started.");

    public ClusterNode this[string name] => _nodes.Single(node => node.Name == name);

    /// <summary>The folder with the secret of the tokens.</summary>
    public string Secrets => _scratch.Path;

    /// <param name="broker">Where the log is.</param>
    /// <param name="cassandra">Where everything else is.</param>
    /// <param name="nodes">Which nodes there are.</param>
    /// <param name="prepare">What is done to each node before it starts.</param>
    /// <param name="settings">What is set besides.</param>
    public static Task<NodeCluster> StartAsync(
        OneBroker broker,
        OneCassandra cassandra,
        IReadOnlyList<(string Name, NodeRoles Roles)> nodes,
        Action<ClusterNode>? prepare = null,
        IReadOnlyDictionary<string, string>? settings = null) => SetUp.OrEndAsync(
        new NodeCluster(broker.Addresses, cassandra.NewKeyspace()),
        cluster => cluster.StartAsync(
            nodes, prepare ?? (static _ => { }), settings ?? new Dictionary<string, string>()));

    /// <summary>Each pair of a gateway and a node that it calls: a gateway calls every other node.</summary>
    public IEnumerable<(ClusterNode Gateway, ClusterNode Called)> Pairs() =>
        from gateway in Gateways
        from called in Nodes
        where gateway != called
        select (gateway, called);

    /// <summary>Cuts one way of a gateway's call to another node for so long.</summary>
    public static async Task CutForAsync(ClusterNode gateway, ClusterNode called, bool isUp, TimeSpan length)
    {
        called.Cut(gateway, isUp);
        await Task.Delay(length, TimeProvider.System);
        called.Mend(gateway);
    }

    /// <summary>Waits until all is as if nothing had happened, and checks every cell with another client.</summary>
    public async Task IsWholeAsync()
    {
        await IsProcessedAsync();
        await StoredCells.AreThoseOfTheLogAsync(
            Brokers, Topic, _keyspace.ContactPoints.Split(',')[0], _keyspace.Keyspace);
    }

    /// <summary>Waits until nothing is refused, and both groups have processed and committed all of the log.</summary>
    public async Task IsProcessedAsync()
    {
        foreach (var node in _nodes) await IsReadyAsync(node);
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Brokers }).Build();
        foreach (var group in ConsumerGroups.All)
            await BrokerLog.UntilAsync(async () =>
            {
                var lags = await ValuesAsync("livechat_log_lag", $"group=\"{group}\"");
                return lags.Count == BrokerLog.Partitions
                    && lags.All(static lag => lag == 0)
                    && await BrokerLog.HasCommittedAllAsync(admin, Topic, group);
            });
        Assert.DoesNotContain(await ValuesAsync("livechat_partitions_stopped"), static count => count != 0);

        // The safety net below the fan-out has caught nothing.
        var repaired = await ValuesAsync("livechat_heads_repaired_total");
        Assert.Equal(_nodes.Count, repaired.Count);
        Assert.DoesNotContain(repaired, static count => count != 0);
    }

    /// <summary>Waits until a gateway takes sessions and nothing is refused; of another node, until it answers.
    /// </summary>
    public static Task IsReadyAsync(ClusterNode node) => BrokerLog.UntilAsync(
        async () => await node.Inner.TryAskAsync(node.IsGateway ? "/readyz" : "/livez") == "ok\n");

    /// <summary>A device at a gateway.</summary>
    public async Task<TestSocket> ConnectAsync(string user, ClusterNode gateway, string? since = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3), TimeProvider.System);
        var socket = new System.Net.WebSockets.ClientWebSocket();
        socket.Options.AddSubProtocol("livechat.v1.json");
        await socket.ConnectAsync(new Uri($"ws://{gateway.Server.Endpoint.Authority}/v1/realtime"), limit.Token);
        var device = new TestSocket(socket) { Patience = TimeSpan.FromMinutes(2) };
        await device.ConnectAsync(LiveChatServer.MintToken(Secrets, user, TokensFor), since);
        return device;
    }

    public async ValueTask DisposeAsync()
    {
        if (_load is not null) await _load.DisposeAsync();
        foreach (var door in _doors) await door.DisposeAsync();
        foreach (var node in _nodes) await node.DisposeAsync();
        _probes.Dispose();
        _scratch.Dispose();
    }

    private async Task StartAsync(
        IReadOnlyList<(string Name, NodeRoles Roles)> nodes,
        Action<ClusterNode> prepare,
        IReadOnlyDictionary<string, string> settings)
    {
        var environment = BrokerLog.Settings(Brokers, isTrial: true);
        Topic = environment["LIVECHAT__LOG__TOPIC"];
        foreach (var (name, value) in await CassandraServer.SettingsAsync(_keyspace, _scratch.Path))
            environment[name] = value;
        var secret = Path.Combine(_scratch.Path, "links-secret");
        await File.WriteAllTextAsync(secret, RandomNumberGenerator.GetHexString(64));
        environment["LIVECHAT__LINKS__SECRETFILE"] = secret;
        environment["LIVECHAT__DRAINSECONDS"] = "1";
        foreach (var (name, value) in settings) environment[name] = value;
        string[] names = [.. nodes.Select(static node => node.Name)];
        foreach (var (name, roles) in nodes)
        {
            _nodes.Add(new ClusterNode(name, roles, names, _scratch.Path, environment));
            prepare(_nodes[^1]);
        }

        // The first one makes the topic and the tables. A gateway is ready once it is linked with the owners.
        await Workers[0].StartAsync();
        await Task.WhenAll(_nodes.Where(node => node != Workers[0]).Select(static node => node.StartAsync()));
        foreach (var gateway in Gateways) _doors.Add(new FaultProxy(token => ChooseAsync(gateway, token)));
        foreach (var gateway in Gateways) await IsReadyAsync(gateway);
        _load = await Load.ListenAsync([.. _doors.Select(static door => door.Url)], Secrets, PauseOfSenders);
    }

    /// <summary>The gateway that is preferred, or the next one that takes sessions.</summary>
    private async Task<Uri> ChooseAsync(ClusterNode preferred, CancellationToken cancellationToken)
    {
        foreach (var gateway in Gateways.OrderByDescending(one => one == preferred))
        {
            try
            {
                using var answer = await _probes.GetAsync(
                    new Uri($"{gateway.Inner.Address}/readyz"), cancellationToken);
                if (answer.IsSuccessStatusCode) return gateway.Server.Endpoint;
            }
            catch (Exception away) when (away is HttpRequestException or TaskCanceledException)
            {
                // It is dead, or stands still.
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        throw new SocketException((int)SocketError.ConnectionRefused);
    }

    /// <summary>The values of a metric of all nodes.</summary>
    private async Task<IReadOnlyList<double>> ValuesAsync(string name, params string[] labels)
    {
        var values = new List<double>();
        foreach (var node in _nodes) values.AddRange(await node.Inner.ValuesAsync(name, labels));
        return values;
    }
}
