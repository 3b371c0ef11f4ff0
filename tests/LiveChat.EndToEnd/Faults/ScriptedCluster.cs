using System.Globalization;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Crash;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.EndToEnd.Faults;

/// <summary>
/// The whole system as <c>deploy/local/cluster.sh</c> runs it: NGINX, a server that does everything, a gateway, a
/// worker, three brokers, three nodes of Cassandra, Redis and Prometheus. Fault proxies stand in front of Redis and of
/// the links of each server. Started once for all classes that use it, by the first test. Its folder goes at the end,
/// unless <c>LIVECHAT_KEEP=1</c>: the parts' logs are there.
/// </summary>
[CollectionDefinition(nameof(ScriptedCluster))]
public sealed class ScriptedCluster : IAsyncDisposable, ICollectionFixture<ScriptedCluster>
{
    private const string Services = "shared/services/kafka";

    /// <summary>Twelve senders of a load, at a rate that all parts on two processors can follow.</summary>
    private static readonly TimeSpan PauseOfSenders = TimeSpan.FromMilliseconds(200);

    private readonly string _folder = Directory.CreateTempSubdirectory("livechat-cluster-").FullName;
    private readonly SemaphoreSlim _starting = new(1);
    private readonly Dictionary<string, string> _ports = [];
    private readonly List<FaultProxy> _links = [];
    private FaultProxy? _redis;
    private int _redisPort;
    private bool _isStarted;

    /// <summary>What each scenario cost, by its name.</summary>
    internal Dictionary<string, FaultResult> Results { get; } = [];

    internal static IReadOnlyList<string> Nodes { get; } = ["node-1", "node-2", "node-3"];

    /// <summary>What happens to the bytes of Redis.</summary>
    internal FaultProxy Redis => _redis ?? throw new InvalidOperationException("It was not started.");

    /// <summary>The folder with the secret of the tokens.</summary>
    internal string Folder => _folder;

    internal Uri Nginx => new($"http://127.0.0.1:{_ports["NGINX_PORT"]}");

    /// <summary>With TLS.</summary>
    internal Uri SecureNginx => new($"https://localhost:{PortOf("NGINX_PORT") + 1}");

    /// <summary>The certificate of NGINX.</summary>
    internal string Certificate => Path.Combine(_folder, "tls", "chat.pem");

    private string Cassandra => $"127.0.0.1:{_ports["CASSANDRA_PORT"]}";

    internal static string? Script => Above("deploy/local/cluster.sh");

    /// <summary>Starts it, unless it runs; skips the test where a part is missing.</summary>
    internal async Task RequireAsync()
    {
        await Requirement.ProgramAsync("nginx", "nginx", "-v");
        await Requirement.ProgramAsync("redis", "redis-server", "--version");
        await Requirement.ProgramAsync("prometheus", "prometheus", "--version");
        Assert.SkipUnless(Above(Services) is not null, $"There is no {Services} beside the checkout.");
        await _starting.WaitAsync();
        try
        {
            if (!_isStarted) await StartAsync();
            _isStarted = true;
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Users of their own, whose connections come through NGINX.</summary>
    internal Task<Load> LoadAsync(string prefix) =>
        Load.ListenAsync([Nginx], _folder, PauseOfSenders, prefix);

    /// <summary>SIGKILL.</summary>
    internal Task KillAsync(string part) => RunAsync("kill", part);

    /// <summary>SIGTERM, and an orderly end.</summary>
    internal Task StopAsync(string part) => RunAsync("stop", part);

    internal Task StartAsync(string part) => RunAsync("start", part);

    /// <summary>SIGSTOP for so many seconds, then SIGCONT.</summary>
    internal async Task FreezeAsync(string part, int seconds)
    {
        await RunAsync("freeze", part);
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        await RunAsync("thaw", part);
    }

    /// <summary>What Redis wrote down is gone.</summary>
    internal void EmptyRedis() => Directory.Delete(Path.Combine(_folder, "redis", "appendonlydir"), recursive: true);

    /// <summary>Another Redis answers from now on, as when a replica becomes the master.</summary>
    internal void SwitchRedis(int port)
    {
        Volatile.Write(ref _redisPort, port);
        Redis.Reset();
    }

    /// <summary>The Redis of the script answers again.</summary>
    internal void SwitchRedisBack() => SwitchRedis(PortOf("REDIS_PORT"));

    /// <summary>What a gateway says to another server, or hears of it, goes nowhere.</summary>
    internal async Task CutLinkAsync(int called, int gateway, bool isUp, int seconds)
    {
        var (open, hole) = (new FaultProxy.Faults(), new FaultProxy.Faults { IsBlackHole = true });
        var link = _links[called - 1];
        link.Between(Nodes[gateway - 1], isUp ? hole : open, isUp ? open : hole);
        await Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
        link.Mend(Nodes[gateway - 1]);
    }

    /// <summary>Starts what a scenario that failed has left.</summary>
    internal Task GoOnAsync() => RunAsync(isFirst: false, "start");

    /// <summary>Waits until every part runs, and no server is in a state in which it refuses something.</summary>
    internal async Task IsWellAsync()
    {
        for (var node = 1; node <= Nodes.Count; node++)
            await BrokerLog.UntilAsync(async () => await InnerOf(node).TryAskAsync("/readyz") == "ok\n");
        await RunAsync(isFirst: false, "status");
    }

    /// <summary>Waits until both groups have processed the log, and counts the heads that were lost on their way.
    /// </summary>
    internal async Task<double> RepairedHeadsAsync()
    {
        double repaired = 0;
        for (var node = 1; node <= Nodes.Count; node++)
        {
            var inner = InnerOf(node);
            await BrokerLog.UntilAsync(async () =>
                (await inner.ValuesAsync("livechat_log_lag")).All(static lag => lag == 0));
            repaired += await inner.MetricAsync("livechat_heads_repaired_total");
        }

        return repaired;
    }

    /// <summary>Every cell of history is what a replay of the log gives, read with another client.</summary>
    internal Task CellsAreThoseOfTheLogAsync() => Brokers.Cells.StoredCells.AreThoseOfTheLogAsync(
        $"127.0.0.1:{_ports["KAFKA_PORT"]}", "chat-messages", Cassandra, "livechat");

    public async ValueTask DisposeAsync()
    {
        if (_isStarted) await RunAsync(isFirst: false, "stop");
        if (_redis is not null) await _redis.DisposeAsync();
        foreach (var link in _links) await link.DisposeAsync();
        if (Environment.GetEnvironmentVariable("LIVECHAT_KEEP") != "1") Directory.Delete(_folder, recursive: true);
        _starting.Dispose();
    }

    private async Task StartAsync()
    {
        foreach (var (variable, consecutive) in (ReadOnlySpan<(string, int)>)[
            ("LIVECHAT_PORT", 3), ("NGINX_PORT", 2), ("REDIS_PORT", 1), ("PROMETHEUS_PORT", 1), ("KAFKA_PORT", 2),
            ("CASSANDRA_PORT", 2)])
            _ports[variable] = FreePorts.ForService(Nodes.Count, consecutive).ToString(CultureInfo.InvariantCulture);
        SetUpProxies();
        try
        {
            await RunAsync(
                isFirst: true, "start", "--nodes", "3", "--kafka", "3", "--cassandra", "3",
                "--partitions", $"{BrokerLog.Partitions}", "--program", CrashServer.ThisBuild);
        }
        catch
        {
            await RunAsync(isFirst: false, "stop");
            throw;
        }
    }

    private void SetUpProxies()
    {
        _redisPort = PortOf("REDIS_PORT");
        _redis = new FaultProxy(_ => Task.FromResult(new Uri($"http://127.0.0.1:{Volatile.Read(ref _redisPort)}")));
        string[] roles = ["All", "Gateway", "Delivery,History"];
        for (var node = 1; node <= Nodes.Count; node++)
        {
            var link = new FaultProxy(new Uri($"http://127.0.0.{node}:{PortOf("LIVECHAT_PORT") + 2}"))
            {
                Identify = static bytes => Nodes.FirstOrDefault(name => bytes.AsSpan().IndexOf(AsSaid(name)) >= 0),
            };
            _links.Add(link);
            File.WriteAllLines(Path.Combine(_folder, $"node-{node}.env"),
            [
                $"LIVECHAT__NODE__ROLES={roles[node - 1]}",
                $"LIVECHAT__LINKS__ANNOUNCE={link.Url.Authority}",
                $"LIVECHAT__PRESENCE__ENDPOINTS={_redis.Url.Authority}",
                "LIVECHAT__DRAINSECONDS=1",
                "LIVECHAT__INGEST__UNANSWEREDMESSAGESMAX=0",
            ]);
        }
    }

    /// <summary>A name as the first bytes of a link have it: its length in front.</summary>
    private static byte[] AsSaid(string name) => [(byte)name.Length, .. name.Select(static letter => (byte)letter)];

    private int PortOf(string variable) => int.Parse(_ports[variable], CultureInfo.InvariantCulture);

    internal InnerAddress InnerOf(int node) => new(new Uri($"http://127.0.0.{node}:{PortOf("LIVECHAT_PORT") + 1}"));

    private Task RunAsync(string verb, string part) => RunAsync(isFirst: false, verb, part.Split(' '));

    /// <param name="isFirst">Whether the script does not know yet where everything is.</param>
    /// <param name="verb">What is to be done.</param>
    /// <param name="arguments">With what.</param>
    private Task RunAsync(bool isFirst, string verb, params string[] arguments) => ServiceCluster.RunAsync(
        "bash",
        [Script!, verb, _folder, .. arguments],
        isFirst
            ?
            [
                .. _ports.Select(static port => (port.Key, port.Value)),
                ("LIVECHAT_SERVICES", Path.GetDirectoryName(Above(Services))!),
            ]
            : []);

    private static string? Above(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, path) is var found && File.Exists(found)) return found;
        return null;
    }
}
