using LiveChat.Cluster.History;
using LiveChat.Cluster.Store;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Core.History;
using LiveChat.Tests.History;
using LiveChat.Tests.Running;
using Xunit;

namespace LiveChat.Cluster.Tests.History;

/// <summary>What every lineage promises, on real nodes.</summary>
public abstract class CassandraLineageStoreTests(CassandraNodes cassandra) : LineageStoreContract
{
    private readonly Decisions _decisions = new(TimeProvider.System);
    private CassandraOptions? _options;
    private CassandraSession? _session;
    private CassandraLineageStore? _store;

    private protected override ILineageStore Store => _store!;

    private protected override string Epoch => _store!.Epoch;

    public override async ValueTask InitializeAsync() =>
        await SetUp.OrEndAsync(this, static tests => tests.StartAsync());

    public override async ValueTask DisposeAsync()
    {
        if (_session is not null) await _session.DisposeAsync();
        _decisions.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Nodes_that_start_at_once_have_one_epoch_and_learn_of_another_ones_renewal()
    {
        var nodes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => OpenAsync()));
        Assert.All(nodes, node => Assert.Equal(Epoch, node.Epoch));

        // One proof, which two nodes are shown at once, renews it once.
        await Task.WhenAll(nodes[0].RenewEpochAsync(default).AsTask(), nodes[1].RenewEpochAsync(default).AsTask());
        Assert.Equal(nodes[0].Epoch, nodes[1].Epoch);
        Assert.NotEqual(Epoch, nodes[0].Epoch);
        await Store.WriteStartAsync(new StoreStart(5, 1, 2), [], default);
        Assert.Equal(nodes[0].Epoch, Epoch);
    }

    private protected override async Task RestartAsync()
    {
        await _session!.DisposeAsync();
        await StartAsync();
    }

    private async Task StartAsync()
    {
        _session = await cassandra.OpenAsync(_options ??= cassandra.NewKeyspace());
        _store = await OpenAsync();
    }

    private Task<CassandraLineageStore> OpenAsync() => CassandraLineageStore.OpenAsync(
        _session!, _decisions, TimeProvider.System, TestContext.Current.CancellationToken);
}
