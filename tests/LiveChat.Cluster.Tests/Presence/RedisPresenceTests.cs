using System.Globalization;
using LiveChat.Cluster.Presence;
using LiveChat.Core.Presence;
using LiveChat.Tests.Presence;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;
using Xunit;

namespace LiveChat.Cluster.Tests.Presence;

/// <summary>The contract of a table of presence for all nodes, on a real Redis whose clock the test moves.</summary>
public sealed class RedisPresenceTests : SharedPresenceContract
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private readonly List<RedisSharedPresence> _nodes = [];
    private RedisProcess? _redis;

    public override async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes) await node.DisposeAsync();
        if (_redis is not null) await _redis.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>Whoever gets no answer finds the loss again with the next probe.</summary>
    [Fact]
    public async Task A_probe_that_meets_a_loss_writes_nothing()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(_redis!.Address);
        var database = redis.GetDatabase();
        Assert.Equal(0, await ProbeAsync(5, expected: 0));
        Assert.Equal(5, await ProbeAsync(6, expected: 5));
        await database.KeyDeleteAsync("probe");
        Assert.Equal(0, await ProbeAsync(7, expected: 6));
        Assert.Equal(0, await ProbeAsync(8, expected: 6));
        Assert.Equal(0, await ProbeAsync(9, expected: 0));
        Assert.Equal(9, await ProbeAsync(8, expected: 0));
        Assert.Equal(9, await ProbeAsync(10, expected: 9));

        async Task<long> ProbeAsync(long number, long expected) =>
            (long)await database.ScriptEvaluateAsync(RedisScripts.Probe, ["probe"], [number, expected]);
    }

    protected override async Task BeginAsync() => _redis = await RedisProcess.StartWithClockAsync();

    private protected override ISharedPresence Open(string node)
    {
        var table = new RedisSharedPresence(
            new RedisOptions { Endpoints = _redis!.Address }, node, "1", TimeProvider.System,
            NullLoggerFactory.Instance);
        _nodes.Add(table);
        return table;
    }

    protected override Task PassForTableAsync(TimeSpan time)
    {
        _redis!.Pass(time);
        return Task.CompletedTask;
    }

    /// <summary>Turns, and gives the connections time between two turns.</summary>
    protected override async Task SettleAsync()
    {
        await base.SettleAsync();
        await Task.Delay(Pause, TimeProvider.System);
    }

    protected override async Task LoseAsync()
    {
        await _redis!.KillAsync();
        await _redis.StartAgainAsync();
    }

    /// <summary>What Redis itself counts: nobody but the followers of a channel is sent anything.</summary>
    protected override async Task HasToldAsync(string node, int count)
    {
        var channels = (await _redis!.AskAsync("PUBSUB", "SHARDCHANNELS")).Split('\n');
        Assert.Equal(count, channels.Length);
        var followers = (await _redis.AskAsync(["PUBSUB", "SHARDNUMSUB", .. channels])).Split('\n');
        Assert.All(
            followers.Where(static (_, at) => at % 2 == 1),
            static number => Assert.Equal(1, int.Parse(number, CultureInfo.InvariantCulture)));
    }
}
