using LiveChat.Cluster.Presence;
using LiveChat.Tests.Running;

namespace LiveChat.Cluster.Tests.Presence;

/// <summary>A master, a replica and three sentinels of Debian's Redis, with the configuration and the users that are
/// shipped.</summary>
internal sealed class RedisGroup : IAsyncDisposable
{
    public const string Name = "chat";
    private const int Sentinels = 3;
    private const int Majority = (Sentinels / 2) + 1;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly List<RedisProcess> _sentinels = [];
    private RedisProcess? _master;
    private RedisProcess? _replica;

    private RedisGroup()
    {
    }

    /// <summary>The master of the beginning.</summary>
    public RedisProcess Master => _master!;

    /// <summary>The replica of the beginning.</summary>
    public RedisProcess Replica => _replica!;

    /// <param name="certificates">When given, all of them speak TLS only.</param>
    public static Task<RedisGroup> StartAsync(RedisCertificates? certificates) =>
        SetUp.OrEndAsync(new RedisGroup(), group => group.BeginAsync(certificates));

    /// <summary>How a server finds the master and signs in there.</summary>
    public RedisOptions Options() => Master.ShippedOptions() with
    {
        Endpoints = string.Join(',', _sentinels.Select(static one => one.Address)),
        SentinelMaster = Name,
    };

    /// <summary>Waits until a server has a role, as INFO names it, and a replica has copied what there is.</summary>
    public static async Task IsAsync(RedisProcess redis, string role)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (true)
        {
            // Sentinels cut the connections of a server whose role they change.
            var said = await redis.TryAskAsync(
                "--user", "livechat", "--pass", RedisProcess.ShippedPassword, "INFO", "replication") ?? "";
            if (said.Contains($"role:{role}", StringComparison.Ordinal)
                && (role == "master" || said.Contains("master_link_status:up", StringComparison.Ordinal)))
                return;
            await Task.Delay(Look, TimeProvider.System, limit.Token);
        }
    }

    /// <summary>The replica takes over, and no sentinel tells anybody: who asks one hears of it.</summary>
    public async Task TakeOverUnheardAsync()
    {
        foreach (var one in _sentinels) await one.AskAsync("SENTINEL", "REMOVE", Name);
        await ChangeAsync(Replica, "SLAVEOF", "NO", "ONE");
        await ChangeAsync(Master, "SLAVEOF", "127.0.0.1", $"{Replica.Port}");
        foreach (var one in _sentinels)
        {
            await one.AskAsync("SENTINEL", "MONITOR", Name, "127.0.0.1", $"{Replica.Port}", $"{Majority}");
            await one.AskAsync("SENTINEL", "SET", Name, "auth-user", "sentinel");
            await one.AskAsync("SENTINEL", "SET", Name, "auth-pass", RedisProcess.ShippedPassword);
        }

        static Task<string> ChangeAsync(RedisProcess redis, params string[] command) =>
            redis.AskAsync(["--user", "sentinel", "--pass", RedisProcess.ShippedPassword, .. command]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _sentinels) await one.DisposeAsync();
        if (_replica is not null) await _replica.DisposeAsync();
        if (_master is not null) await _master.DisposeAsync();
    }

    private async Task BeginAsync(RedisCertificates? certificates)
    {
        string[] asReplica = ["--masteruser", "replica", "--masterauth", RedisProcess.ShippedPassword];
        _master = await RedisProcess.StartShippedAsync(certificates, asReplica);
        _replica = await RedisProcess.StartShippedAsync(
            certificates, [.. asReplica, "--replicaof", $"127.0.0.1 {_master.Port}"]);
        await IsAsync(_replica, "slave");
        for (var i = 0; i < Sentinels; i++)
            _sentinels.Add(await RedisProcess.StartSentinelAsync(
                certificates,
                $"""
                sentinel monitor {Name} 127.0.0.1 {_master.Port} {Majority}
                sentinel auth-user {Name} sentinel
                sentinel auth-pass {Name} {RedisProcess.ShippedPassword}
                sentinel down-after-milliseconds {Name} 2000
                sentinel failover-timeout {Name} 10000

                """));
        await KnowEachOtherAsync();
    }

    /// <summary>Otherwise there is no majority to fail over.</summary>
    private async Task KnowEachOtherAsync()
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        foreach (var one in _sentinels)
            while (!await KnowsAllAsync(one))
                await Task.Delay(Look, TimeProvider.System, limit.Token);

        static async Task<bool> KnowsAllAsync(RedisProcess sentinel)
        {
            var said = await sentinel.AskAsync("INFO", "sentinel");
            return said.Contains($"slaves=1,sentinels={Sentinels}", StringComparison.Ordinal);
        }
    }
}
