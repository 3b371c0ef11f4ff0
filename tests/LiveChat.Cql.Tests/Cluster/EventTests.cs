using LiveChat.Cql.Connections;

namespace LiveChat.Cql.Tests.Cluster;

/// <summary>What a session does when the cluster says that it has changed.</summary>
public sealed class EventTests
{
    private const string Select = "SELECT v FROM k.t WHERE p = ?";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_node_that_joins_is_asked_and_told_the_statements()
    {
        var knows = false;
        await using var cluster = new FakeCluster(1, (node, connection, header, _) =>
        {
            if (node == 0 || knows) return connection.IntAsync(header.Stream, node);
            knows = true;
            return connection.ErrorAsync(header.Stream, "00002500 0000 0002 CAFE");
        });
        await using var session = await cluster.ConnectAsync();
        var select = await session.PrepareAsync(Select);
        cluster.AddNode();
        await cluster.TellAsync("NEW_NODE", 1);
        await UntilAsync(async () => await AskAsync(session, select) == 1);
        Assert.True(knows);
    }

    [Fact]
    public async Task A_node_that_is_said_to_be_down_is_asked_last_until_it_is_up()
    {
        await using var cluster = new FakeCluster(2, (node, connection, header, _) =>
            connection.IntAsync(header.Stream, node));
        await using var session = await cluster.ConnectAsync();
        var select = await session.PrepareAsync(Select);
        await cluster.TellAsync("DOWN", 1);
        await UntilAsync(() => ValueTask.FromResult(session.Topology.LocalNodes.Any(node => node.IsReportedDown)));
        for (var request = 0; request < 20; request++) Assert.Equal(0, await AskAsync(session, select));
        await cluster.TellAsync("UP", 1);
        await UntilAsync(async () => await AskAsync(session, select) == 1);
    }

    [Fact]
    public async Task A_node_that_is_called_down_wrongly_still_answers_when_no_other_can()
    {
        await using var cluster = new FakeCluster(1, (node, connection, header, _) =>
            connection.IntAsync(header.Stream, 7));
        await using var session = await cluster.ConnectAsync();
        var select = await session.PrepareAsync(Select);
        await cluster.TellAsync("DOWN", 0);
        await UntilAsync(() => ValueTask.FromResult(session.Topology.LocalNodes[0].IsReportedDown));
        Assert.Equal(7, await AskAsync(session, select));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_node_that_is_called_down_wrongly_is_asked_again_when_it_shows_signs_of_life(bool isAlive)
    {
        await using var cluster = new FakeCluster(2, (node, connection, header, _) =>
            connection.IntAsync(header.Stream, node));
        await using var session = await cluster.ConnectAsync(options =>
            options.HeartbeatInterval = isAlive ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromHours(1));
        var port = cluster.Peers[1].EndPoint.Port;
        var node = session.Topology.LocalNodes.Single(one => NodeAddress.PortOf(one.EndPoint) == port);
        var pool = node.Pool!; // it is local
        await cluster.TellAsync("DOWN", 1);
        await UntilAsync(() => ValueTask.FromResult(node.IsReportedDown));
        var before = pool.LastReceived;
        if (isAlive) await UntilAsync(() => ValueTask.FromResult(pool.LastReceived > before));
        cluster.AddNode();
        await cluster.TellAsync("NEW_NODE", 2);
        await UntilAsync(() => ValueTask.FromResult(session.Topology.LocalNodes.Length == 3));
        Assert.Equal(!isAlive, node.IsReportedDown);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(70_000)]
    [InlineData(-1)]
    public async Task A_node_with_a_port_that_cannot_be_is_left_out(int port)
    {
        await using var cluster = new FakeCluster(1, (_, connection, header, _) =>
            connection.IntAsync(header.Stream, 7));
        await using var session = await cluster.ConnectAsync();
        cluster.AddNode();
        cluster.PortOfLast = port;
        cluster.AddNode();
        await cluster.TellAsync("NEW_NODE", 1);
        await UntilAsync(() => ValueTask.FromResult(session.Topology.LocalNodes.Length == 2));
    }

    [Fact]
    public async Task Nothing_that_goes_wrong_ends_the_watch()
    {
        var random = new FailingRandom();
        await using var cluster = new FakeCluster(1, (_, connection, header, _) =>
            connection.IntAsync(header.Stream, 7));
        await using (var session = await cluster.ConnectAsync(options => options.Random = random))
        {
            random.IsFailing = true;
            cluster.AddNode(); // of which nobody is told: it is seen when the watch begins anew
            cluster.LoseWatchers();
            await UntilAsync(() => ValueTask.FromResult(session.Topology.LocalNodes.Length == 2));
            Assert.False(random.IsFailing);
        }
    }

    /// <summary>Fails once when a place among the nodes is wanted.</summary>
    private sealed class FailingRandom() : Random(1)
    {
        public volatile bool IsFailing;

        public override int Next(int maxValue)
        {
            if (!IsFailing) return base.Next(maxValue);
            IsFailing = false;
            throw new InvalidOperationException("This is no exception of the client's.");
        }
    }

    [Fact]
    public async Task A_lost_connection_is_made_again()
    {
        var isBroken = true;
        await using var cluster = new FakeCluster(1, (_, connection, header, _) =>
        {
            if (!isBroken) return connection.IntAsync(header.Stream, 1);
            isBroken = false;
            connection.Close();
            return Task.CompletedTask;
        });
        await using var session = await cluster.ConnectAsync();
        var select = await session.PrepareAsync(Select);
        await Assert.ThrowsAnyAsync<Errors.CqlException>(() => AskAsync(session, select));
        await UntilAsync(() => ValueTask.FromResult(session.Topology.LocalNodes[0].Pool!.Pick() is not null));
        Assert.Equal(1, await AskAsync(session, select));
    }

    private static async Task<int> AskAsync(CqlSession session, PreparedStatement select)
    {
        using var rows = await session.ExecuteAsync(select.Bind().Set(0, 1));
        return rows[0].GetInt32(0);
    }

    private static async Task UntilAsync(Func<ValueTask<bool>> isSo)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!await isSo()) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, patience.Token);
    }
}
