using LiveChat.Cluster.Presence;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Cluster.Tests.Presence;

/// <summary>A real master that dies while real sentinels watch it, with the users that are shipped, with TLS and
/// without: a replica takes over, presence is degraded meanwhile and right again by itself, and nobody is ever shown
/// offline who is online.</summary>
public sealed class RedisSentinelTests
{
    private static readonly UserId[] Users = [.. Enumerable.Range(0, 250).Select(static i => UserId.Parse($"u{i}"))];

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_replica_takes_over_and_nobody_is_shown_offline(bool isSecure, bool isEmpty)
    {
        await RedisProcess.RequireAsync();
        using var certificates = isSecure ? new RedisCertificates() : null;
        await using var group = await RedisGroup.StartAsync(certificates);
        await using var node = await RunningPresence.StartAsync(group.Options(), "a", Users);
        await using var watcher = await RunningPresence.StartAsync(group.Options(), "b", Users[0]);
        watcher.Store.Watch(Users, []);
        await watcher.UntilAsync(() => watcher.Store.Followed == Users.Length);
        await using var reader = new Reader(watcher);

        await group.Master.KillAsync();
        if (isEmpty) await EmptyAsync(group.Replica);
        await watcher.UntilAsync(() => watcher.Store.Degraded is not null);
        await RedisGroup.IsAsync(group.Replica, "master");
        await AreOnlineAsync();

        // The former master is a replica when it is back, and nobody asks it.
        await group.Master.StartAgainAsync();
        await RedisGroup.IsAsync(group.Master, "slave");
        await AreOnlineAsync();
        Assert.Empty(reader.Wrong);

        async Task AreOnlineAsync()
        {
            foreach (var one in (RunningPresence[])[watcher, node])
                await one.UntilAsync(async () => one.Store.Degraded is null && await one.IsOnlineAsync(Users));
        }
    }

    /// <summary>The client follows what sentinels tell; what they do not tell is found by what the replica refuses.
    /// </summary>
    [Fact]
    public async Task A_take_over_of_which_nobody_heard_is_found()
    {
        await RedisProcess.RequireAsync();
        await using var group = await RedisGroup.StartAsync(certificates: null);
        await using var node = await RunningPresence.StartAsync(group.Options(), "a", Users);
        await node.UntilAsync(async () => node.Store.Degraded is null && await node.IsOnlineAsync(Users));
        await using var reader = new Reader(node);

        await group.TakeOverUnheardAsync();
        await RedisGroup.IsAsync(group.Master, "slave");
        await node.UntilAsync(() => node.Store.Degraded is not null);
        await node.UntilAsync(async () => node.Store.Degraded is null && await node.IsOnlineAsync(Users));
        await node.Lines.UntilAsync("the sentinels were asked for the master again");
        Assert.Empty(reader.Wrong);
    }

    [Fact]
    public async Task A_name_that_the_sentinels_do_not_know_is_said()
    {
        await using var group = await RedisGroup.StartAsync(certificates: null);
        var good = group.Options();
        Assert.All(await LookAsync(good), static one => Assert.Equal(ServiceVerdict.Good, one.Verdict));
        Assert.Contains(
            "name no master", await RefusedAsync(good with { SentinelMaster = "other" }), StringComparison.Ordinal);
        Assert.Contains(
            "no sentinels",
            await RefusedAsync(good with { Endpoints = group.Master.Address }),
            StringComparison.Ordinal);
    }

    /// <summary>It dies too, and is back before anybody took over from the master, without an entry.</summary>
    private static async Task EmptyAsync(RedisProcess replica)
    {
        await replica.KillAsync();
        replica.Empty();
        await replica.StartAgainAsync();
    }

    private static async Task<string> RefusedAsync(RedisOptions options) =>
        $"{Assert.Single(await LookAsync(options), static one => one.Verdict is ServiceVerdict.Refused)}";

    private static Task<IReadOnlyList<ServiceFinding>> LookAsync(RedisOptions options) =>
        RedisDoctor.LookAsync(options, TimeProvider.System, TestContext.Current.CancellationToken);

    /// <summary>Reads at all times, as devices do that ask.</summary>
    private sealed class Reader : IAsyncDisposable
    {
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
        private readonly CancellationTokenSource _stop = new();
        private readonly RunningPresence _presence;
        private readonly Task _reading;

        public Reader(RunningPresence presence)
        {
            _presence = presence;
            _reading = ReadAsync();
        }

        /// <summary>Users who were shown offline.</summary>
        public System.Collections.Concurrent.ConcurrentQueue<UserId> Wrong { get; } = [];

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _reading;
            _stop.Dispose();
        }

        private async Task ReadAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                if (await _presence.TryReadAsync(Users) is { } online)
                    foreach (var (at, isOnline) in online.Index())
                        if (!isOnline) Wrong.Enqueue(Users[at]);
                await Task.Delay(Pause, TimeProvider.System);
            }
        }
    }
}
