using LiveChat.Cluster.Nodes;
using LiveChat.Cluster.Store;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Core.Ids;
using LiveChat.Tests.Ids.Leases;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.Cluster.Tests.Nodes;

/// <summary>What every store of node ids promises, on real nodes, and leases on it.</summary>
public abstract class CassandraNodeIdStoreTests(CassandraNodes cassandra) : NodeIdStoreContract, IAsyncLifetime
{
    private readonly List<ulong> _issued = [];
    private readonly Random _random = new(11);
    private CassandraSession? _session;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (_session is not null) await _session.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Runs_that_start_at_once_or_crash_issue_ids_and_none_twice()
    {
        var store = await OpenAsync();
        var folders = Enumerable.Range(0, 4).Select(static _ => new Mark()).ToArray();
        for (var round = 0; round < 3; round++)
        {
            // Each but the first round begins with a crash: no lease is given back.
            var leases = await Task.WhenAll(folders.Select(folder => TakeAsync(store, folder, "node")));
            foreach (var lease in leases)
                for (var i = 0; i < 1_000; i++) _issued.Add(lease.Generator.Next());
            Assert.Equal(4, leases.Select(static lease => lease.Node).Distinct().Count());
        }

        Assert.Equal(_issued.Count, _issued.Distinct().Count());
        Assert.Equal(4, (await store.ReadAllAsync(default)).Count(static row => row.Name == "node"));

        // A folder that was lost, then a clean stop, which leaves the id for a fresh machine.
        var lost = await TakeAsync(store, null, "node");
        _issued.Add(lost.Generator.Next());
        await lost.ReleaseAsync();
        var again = await TakeAsync(store, null, "node");
        _issued.Add(again.Generator.Next());
        Assert.Equal(lost.Node, again.Node);
        Assert.Equal(_issued.Count, _issued.Distinct().Count());
    }

    private protected override async ValueTask<INodeIdStore> OpenAsync()
    {
        _session = await cassandra.SharedAsync();
        return new CassandraNodeIdStore(_session);
    }

    private Task<NodeIdLease> TakeAsync(INodeIdStore store, IHighWater? mark, string name)
    {
        var bytes = new byte[16];
        _random.NextBytes(bytes);
        return NodeIdLease.TakeAsync(
            store, mark, name, new Guid(bytes), TimeProvider.System, new Random(_random.Next()),
            NullLoggerFactory.Instance, TestContext.Current.CancellationToken);
    }

    /// <summary>A folder that stays over crashes.</summary>
    private sealed class Mark : IHighWater
    {
        private HighWater? _last;

        public HighWater? Read() => _last;

        public void Write(HighWater mark) => _last = mark;
    }
}
