using System.Globalization;
using LiveChat.Cluster.Presence;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.Cluster.Tests.Presence;

/// <summary>Presence in a Redis Cluster of three masters: users of all slots in one call, and one master that is lost
/// with all it has.</summary>
public sealed class RedisClusterTests
{
    private static readonly UserId[] Users = [.. Enumerable.Range(0, 256).Select(static i => UserId.Parse($"u{i}"))];

    [Fact]
    public async Task A_batch_has_users_of_all_masters_and_one_that_comes_back_empty_is_filled_again()
    {
        var masters = new List<RedisProcess>();
        try
        {
            for (var i = 0; i < 3; i++)
                masters.Add(await RedisProcess.StartAsync(
                    "--cluster-enabled", "yes",
                    "--cluster-node-timeout", "2000",
                    "--cluster-port", Text(FreePorts.ForService(nodes: 1, consecutive: 1))));
            await masters[0].AskAsync(
                ["--cluster", "create", .. masters.Select(static one => one.Address), "--cluster-yes"]);
            await RunAsync(masters);
        }
        finally
        {
            foreach (var one in masters) await one.DisposeAsync();
        }
    }

    [Fact]
    public void A_slot_is_that_of_a_redis_cluster()
    {
        // From the specification of Redis Cluster, and by CLUSTER KEYSLOT.
        Assert.Equal(0x31C3, RedisSlots.Of("123456789"));
        Assert.Equal(12_182, RedisSlots.Of("foo"));
        Assert.Equal(5_061, RedisSlots.Of("bar"));
    }

    private static async Task RunAsync(List<RedisProcess> masters)
    {
        var options = new RedisOptions { Endpoints = masters[0].Address };
        await using var node = await RunningPresence.StartAsync(options, "a", Users);
        var keys = new List<long>();
        foreach (var one in masters)
            keys.Add(long.Parse(await one.AskAsync("DBSIZE"), CultureInfo.InvariantCulture));
        Assert.All(keys, static count => Assert.InRange(count, 20, 2 * Users.Length));

        await using var watcher = await RunningPresence.StartAsync(options, "b");
        var told = new HashSet<UserId>();
        watcher.Store.Listen(user =>
        {
            lock (told) told.Add(user);
        });
        watcher.Store.Watch(Users, []);
        await watcher.UntilAsync(() => Count() == Users.Length);

        await masters[1].KillAsync();
        await watcher.UntilAsync(() => watcher.Store.Degraded is not null);
        await masters[1].StartAgainAsync();
        await watcher.UntilAsync(() => watcher.IsOnlineAsync(Users));
        await node.UntilAsync(() => node.IsOnlineAsync(Users));

        // News crosses from node to node, whichever master has it.
        lock (told) told.Clear();
        foreach (var user in Users.Take(50)) await node.Store.AnnounceAsync(user, default);
        await watcher.UntilAsync(() => Count() >= 50);

        int Count()
        {
            lock (told) return told.Count;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
