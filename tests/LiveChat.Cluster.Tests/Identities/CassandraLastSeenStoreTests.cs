using LiveChat.Cluster.Identities;
using LiveChat.Cluster.Store;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Core.Identities;
using LiveChat.Tests.Identities;
using Xunit;

namespace LiveChat.Cluster.Tests.Identities;

/// <summary>What every store of last seen promises, on real nodes.</summary>
public abstract class CassandraLastSeenStoreTests(CassandraNodes cassandra) : LastSeenStoreContract, IAsyncLifetime
{
    private CassandraSession? _session;

    private protected override ILastSeenStore Store => new CassandraLastSeenStore(_session!);

    public async ValueTask InitializeAsync() => _session = await cassandra.SharedAsync();

    public async ValueTask DisposeAsync()
    {
        if (_session is not null) await _session.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected override async Task RestartAsync()
    {
        await DisposeAsync();
        await InitializeAsync();
    }
}
