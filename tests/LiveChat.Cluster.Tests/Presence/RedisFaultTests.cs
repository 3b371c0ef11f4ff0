using System.Globalization;
using LiveChat.Cluster.Presence;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.Cluster.Tests.Presence;

/// <summary>A real Redis that dies, stands still, is slow, takes no writes or refuses: presence is degraded meanwhile,
/// says why where an operator must act, shows nobody offline, and is right again by itself.</summary>
public sealed class RedisFaultTests
{
    private static readonly UserId[] Users = [.. Enumerable.Range(0, 250).Select(static i => UserId.Parse($"u{i}"))];

    private static readonly Dictionary<string, Fault> Faults = new()
    {
        ["killed, and back empty"] = new(
            static redis => redis.KillAsync(), static redis => redis.StartAgainAsync(), null),
        ["standing still"] = new(static redis => redis.FreezeAsync(), static redis => redis.ThawAsync(), null),
        ["emptied"] = new(static redis => redis.AskAsync("FLUSHALL"), static _ => Task.CompletedTask, null),
        ["a replica"] = new(
            static redis => redis.AskAsync("REPLICAOF", "127.0.0.1", "1"),
            static redis => redis.AskAsync("REPLICAOF", "NO", "ONE"),
            "replica"),
        ["without memory"] = new(
            static redis => redis.AskAsync("CONFIG", "SET", "maxmemory", "1"),
            static redis => redis.AskAsync("CONFIG", "SET", "maxmemory", "0"),
            "memory"),
        ["without its replicas"] = new(
            static redis => redis.AskAsync("CONFIG", "SET", "min-replicas-to-write", "1"),
            static redis => redis.AskAsync("CONFIG", "SET", "min-replicas-to-write", "0"),
            "min-replicas-to-write"),
        ["one that takes a right away"] = new(
            static redis => redis.AskAsync("ACL", "SETUSER", "default", "-evalsha", "-eval"),
            static redis => redis.AskAsync("ACL", "SETUSER", "default", "+@all"),
            "lacks a right"),
    };

    public static TheoryData<string> Names => [.. Faults.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Presence_is_degraded_says_why_and_is_right_again_by_itself(string name)
    {
        var fault = Faults[name];
        await using var redis = await RedisProcess.StartAsync();
        var options = new RedisOptions { Endpoints = redis.Address };
        await using var node = await RunningPresence.StartAsync(options, "a", Users);
        await using var watcher = await RunningPresence.StartAsync(options, "b");
        watcher.Store.Watch(Users, []);
        await watcher.UntilAsync(() => watcher.Store.Followed == Users.Length);

        await fault.Begin(redis);
        await node.UntilAsync(() => node.Store.Degraded is not null);
        await watcher.UntilAsync(() => watcher.Store.Degraded is not null);
        if (fault.Says is { } says)
        {
            await node.UntilAsync(() => node.Refused is not null);
            Assert.Contains(says, node.Refused!, StringComparison.Ordinal);
            await node.Lines.UntilAsync("Error: Redis refuses this server", says);
        }

        await fault.End(redis);
        await watcher.UntilAsync(async () =>
            watcher.Store.Degraded is null && await watcher.IsOnlineAsync(Users));
        await node.UntilAsync(async () => node.Store.Degraded is null && await node.IsOnlineAsync(Users));
        Assert.Null(node.Refused);
        if (fault.Says is not null) await node.Lines.UntilAsync("Redis accepts this server again");
    }

    [Fact]
    public async Task A_redis_that_takes_50_ms_for_everything_is_no_fault()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var proxy = new FaultProxy(new Uri($"http://{redis.Address}"))
        {
            Down = new() { Delay = TimeSpan.FromMilliseconds(50) },
        };
        var options = new RedisOptions { Endpoints = proxy.Url.Authority };
        await using var node = await RunningPresence.StartAsync(options, "a", Users);
        await node.UntilAsync(() => node.IsOnlineAsync(Users));
        Assert.Null(node.Store.Degraded);
    }

    [Fact]
    public async Task A_password_that_changes_is_said_and_read_again()
    {
        await using var redis = await RedisProcess.StartAsync("--requirepass", "first");
        var file = Path.Combine(redis.Folder, "password");
        await File.WriteAllTextAsync(file, "wrong\n");
        var options = new RedisOptions { Endpoints = redis.Address, PasswordFile = file };
        await using var node = new RunningPresence(options, "a", Users);
        await node.Lines.UntilAsync("Error: Redis refuses this server", "PasswordFile");
        await File.WriteAllTextAsync(file, "first\n");
        await node.UntilAsync(async () => node.Refused is null && await node.IsOnlineAsync(Users));
    }

    [Fact]
    public async Task Other_programs_read_who_is_online_and_for_how_long()
    {
        await using var redis = await RedisProcess.StartAsync();
        await using var node = await RunningPresence.StartAsync(
            new RedisOptions { Endpoints = redis.Address }, "a", Users[0]);
        Assert.Equal("online", await redis.AskAsync("MGET", "user:u0:presence", "user:u1:presence"));
        var left = int.Parse(await redis.AskAsync("PTTL", "user:u0:presence"), CultureInfo.InvariantCulture);
        Assert.InRange(left, 1, 60_000);
        Assert.Equal("a", await redis.AskAsync("ZRANGE", "{user:u0:presence}:nodes", "0", "-1"));
    }

    /// <param name="Begin">Brings it about.</param>
    /// <param name="End">Ends it.</param>
    /// <param name="Says">What the advice has in it; null for what passes by itself.</param>
    private sealed record Fault(
        Func<RedisProcess, Task> Begin, Func<RedisProcess, Task> End, string? Says);
}
