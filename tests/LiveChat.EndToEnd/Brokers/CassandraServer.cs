using System.Net.WebSockets;
using System.Security.Cryptography;
using LiveChat.Cluster.Store;
using LiveChat.Cluster.Tests.Log;
using LiveChat.Cluster.Tests.Store;
using LiveChat.EndToEnd.Brokers.Cells;
using LiveChat.EndToEnd.Crash;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Tests.Running;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Brokers;

/// <summary>A server with its log on a broker and everything else in a keyspace of its own, and a load on it.</summary>
internal sealed class CassandraServer : IAsyncDisposable
{
    private static readonly TimeSpan TokensFor = TimeSpan.FromHours(1);

    /// <summary>Twelve senders: two to three hundred messages a second, so that what is checked stays small.</summary>
    private static readonly TimeSpan PauseOfSenders = TimeSpan.FromMilliseconds(40);

    private readonly ScratchDirectory _scratch = new();
    private readonly string _brokers;
    private BrokerLog? _log;

    private CassandraServer(string brokers, CassandraOptions keyspace) => (_brokers, Keyspace) = (brokers, keyspace);

    /// <summary>The server, its log and the load.</summary>
    public BrokerLog Log => _log ?? throw new InvalidOperationException("It was not started.");

    public CassandraOptions Keyspace { get; }

    /// <summary>Skips the test where there is no broker, or no Cassandra that the test may kill.</summary>
    public static Task<CassandraServer> StartAsync(OneBroker broker, CassandraNodes cassandra)
    {
        var keyspace = cassandra.NewKeyspace();
        Assert.SkipUnless(cassandra.IsOwn, "The nodes are not this test's own.");
        return SetUp.OrEndAsync(
            new CassandraServer(broker.Addresses, keyspace), static server => server.StartAsync());
    }

    /// <summary>The environment of a server with a keyspace, and with a secret that it makes in a folder.</summary>
    public static async Task<Dictionary<string, string>> SettingsAsync(CassandraOptions keyspace, string folder)
    {
        var secret = Path.Combine(folder, "secret");
        await File.WriteAllTextAsync(secret, RandomNumberGenerator.GetHexString(64));
        return new Dictionary<string, string>
        {
            ["LIVECHAT__STORE__KIND"] = "Cassandra",
            ["LIVECHAT__STORE__CONTACTPOINTS"] = keyspace.ContactPoints,
            ["LIVECHAT__STORE__KEYSPACE"] = keyspace.Keyspace,
            ["LIVECHAT__STORE__SINGLENODE"] = $"{keyspace.SingleNode}",
            ["LIVECHAT__TOKENS__SECRETFILE"] = secret,
        };
    }

    /// <summary>Waits until history has all of the log, and checks every cell of it with another client.</summary>
    public async Task IsWholeAsync()
    {
        await Log.IsWholeAsync();
        await StoredCells.AreThoseOfTheLogAsync(
            _brokers, Log.Topic, Keyspace.ContactPoints.Split(',')[0], Keyspace.Keyspace);
    }

    /// <summary>A device that is signed in at last: a server that has no store for now closes.</summary>
    public async Task<TestSocket> ConnectAtLastAsync(string user)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3), TimeProvider.System);
        while (true)
        {
            var device = await OpenAsync();
            await device.SendAsync(ConnectOf(user));
            if (await device.TryReadyAsync()) return device;
            device.Dispose();
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, limit.Token);
        }
    }

    /// <summary>Signs in, and gives back the code with which the server closes.</summary>
    public async Task<int> RefusedSignInAsync(string user)
    {
        using var device = await OpenAsync();
        await device.SendAsync(ConnectOf(user));
        return (await device.ClosedAsync()).Code;
    }

    public async ValueTask DisposeAsync()
    {
        if (_log is not null) await _log.DisposeAsync();
        _scratch.Dispose();
    }

    private Connect ConnectOf(string user) =>
        new() { Id = 1, Token = LiveChatServer.MintToken(_scratch.Path, user, TokensFor), Device = "d1" };

    private async Task StartAsync() => _log = await BrokerLog.StartAsync(
        _brokers, isTrial: true, await SettingsAsync(Keyspace, _scratch.Path), _scratch.Path, PauseOfSenders);

    private async Task<TestSocket> OpenAsync()
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("livechat.v1.json");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1), TimeProvider.System);
        await socket.ConnectAsync(new Uri($"ws://{Log.Server.Endpoint.Authority}/v1/realtime"), limit.Token);
        return new TestSocket(socket) { Patience = TimeSpan.FromMinutes(2) };
    }
}
