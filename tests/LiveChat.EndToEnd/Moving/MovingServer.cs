using System.Net.WebSockets;
using LiveChat.Cluster.Store;
using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Commands;
using LiveChat.EndToEnd.Crash;
using LiveChat.Server;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Moving;

/// <summary>A server on a data folder, and the cluster into which the folder is moved: one address for both.</summary>
internal sealed class MovingServer : IAsyncDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly Uri _inner = CrashServer.FreeEndpoint();
    private readonly Dictionary<string, string> _cluster;

    private MovingServer(string brokers, CassandraOptions keyspace, int partitions)
    {
        _cluster = BrokerLog.Settings(brokers, isTrial: true);
        _cluster["LIVECHAT__LOG__GENERATION"] = "2";
        _cluster["LIVECHAT__STORE__KIND"] = "Cassandra";
        _cluster["LIVECHAT__STORE__CONTACTPOINTS"] = keyspace.ContactPoints;
        _cluster["LIVECHAT__STORE__KEYSPACE"] = keyspace.Keyspace;
        _cluster["LIVECHAT__STORE__SINGLENODE"] = $"{keyspace.SingleNode}";
        _cluster["LIVECHAT__TOKENS__SECRETFILE"] = SecretFile;
        Alone = CrashServer.NotStarted(Endpoint, new Dictionary<string, string>
        {
            ["LIVECHAT__PARTITIONS"] = $"{partitions}",
            ["LIVECHAT__INTERNAL"] = Inner,
            ["LIVECHAT__RATES__USERPERSECOND"] = "10000",
            ["LIVECHAT__RATES__USERBURST"] = "10000",
            ["LIVECHAT__RATES__CHATPERSECOND"] = "10000",
            ["LIVECHAT__RATES__CHATBURST"] = "10000",
        });
        InCluster = CrashServer.NotStarted(Endpoint, new Dictionary<string, string>(_cluster)
        {
            ["LIVECHAT__INTERNAL"] = Inner,
        });
    }

    public Uri Endpoint { get; } = CrashServer.FreeEndpoint();

    /// <summary>The internal address of both.</summary>
    public string Inner => _inner.GetLeftPart(UriPartial.Authority);

    /// <summary>The data folder that is moved.</summary>
    public string Data => Path.Combine(_scratch.Path, "data");

    /// <summary>That of the server of the cluster.</summary>
    public string ClusterData => Path.Combine(_scratch.Path, "node");

    /// <summary>What names the keyspace and the topic.</summary>
    public IReadOnlyList<(string Name, string Value)> Target =>
    [
        .. _cluster.Where(static one => one.Key is "LIVECHAT__STORE__KEYSPACE" or "LIVECHAT__LOG__TOPIC")
            .Select(static one => (one.Key, one.Value)),
    ];

    /// <summary>Where the servers of the cluster look for the secret: the move puts it there.</summary>
    public string SecretFile => Path.Combine(_scratch.Path, "cluster-secret");

    public CrashServer Alone { get; }

    public CrashServer InCluster { get; }

    /// <param name="broker">Where the topic is.</param>
    /// <param name="cassandra">Where the keyspace is.</param>
    /// <param name="partitions">Of the log in the data folder.</param>
    public static MovingServer Create(OneBroker broker, OneCassandra cassandra, int partitions) =>
        new(broker.Addresses, cassandra.NewKeyspace(), partitions);

    /// <summary>Begins a move; options in the place of the right ones may be given.</summary>
    public RunningCommand BeginMove(params (string Name, string Value)[] changed)
    {
        var settings = new Dictionary<string, string>(_cluster);
        foreach (var (name, value) in changed) settings[name] = value;
        return RunningCommand.StartProgram(
            "env",
            [.. settings.Select(static one => $"{one.Key}={one.Value}"), "dotnet",
                Path.Combine(AppContext.BaseDirectory, "livechat.dll"), "move", "--from", Data, "--data", ClusterData]);
    }

    /// <summary>The exit code of a move, and what it said.</summary>
    public async Task<(int ExitCode, string Said)> MoveAsync(params (string Name, string Value)[] changed)
    {
        await using var move = BeginMove(changed);
        return await move.EndAsync();
    }

    /// <summary>Runs another command to its end.</summary>
    public static async Task<string> RunAsync(params string[] args)
    {
        await using var command = RunningCommand.Start(args);
        var (exitCode, said) = await command.EndAsync();
        Assert.True(exitCode == 0, $"livechat {string.Join(' ', args)}: {exitCode}\n{said}");
        return said;
    }

    /// <summary>A device without an SDK, which says where it was.</summary>
    public async Task<TestSocket> ConnectAsync(string user, string? since = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("livechat.v1.json");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        await socket.ConnectAsync(new Uri($"ws://{Endpoint.Authority}/v1/realtime"), limit.Token);
        var device = new TestSocket(socket) { Patience = TimeSpan.FromMinutes(2) };
        await device.ConnectAsync(LiveChatServer.MintToken(Data, user, TimeSpan.FromHours(1)), since);
        return device;
    }

    /// <summary>What a start says that is refused.</summary>
    public static async Task<string> RefusedStartAsync(CrashServer server, string data) =>
        (await Assert.ThrowsAsync<InvalidOperationException>(() => server.StartAgainAsync(data))).Message;

    public async ValueTask DisposeAsync()
    {
        await Alone.DisposeAsync();
        await InCluster.DisposeAsync();
        _scratch.Dispose();
    }
}
