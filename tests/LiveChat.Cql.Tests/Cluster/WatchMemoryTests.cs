using Microsoft.Extensions.Time.Testing;

namespace LiveChat.Cql.Tests.Cluster;

/// <summary>A session that lives for months; alone in its process, since it measures memory.</summary>
[Collection(nameof(WatchMemoryTests))]
[CollectionDefinition(nameof(WatchMemoryTests), DisableParallelization = true)]
public sealed class WatchMemoryTests(ITestOutputHelper output)
{
    private const int Refreshes = 1000;
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(31);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Refreshes_leave_nothing_behind()
    {
        var time = new FakeTimeProvider();
        await using var cluster = new FakeCluster(1, (_, connection, header, _) => connection.VoidAsync(header.Stream));
        await using var session = await cluster.ConnectAsync(options =>
        {
            options.TimeProvider = time;
            options.HeartbeatInterval = options.HeartbeatTimeout = options.RequestTimeout = TimeSpan.FromDays(20);
        });
        await RefreshAsync(session, time, 100);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await RefreshAsync(session, time, Refreshes);
        var kept = (GC.GetTotalMemory(forceFullCollection: true) - before) / Refreshes;
        output.WriteLine($"{kept} bytes for each refresh");
        Assert.InRange(kept, long.MinValue, 99); // a wait that hangs on the connection has 217
    }

    private static async Task RefreshAsync(CqlSession session, FakeTimeProvider time, int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        for (; count > 0; count--)
        {
            var known = session.Topology;
            while (session.Topology == known)
            {
                time.Advance(RefreshInterval);
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, patience.Token);
            }
        }
    }
}
