using LiveChat.Cluster.Nodes;
using LiveChat.Cluster.Store;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Core.Links;
using LiveChat.Tests.Links;
using Xunit;

namespace LiveChat.Cluster.Tests.Nodes;

/// <summary>What every table of revocations promises, on a real node.</summary>
[Collection(nameof(OneCassandra))]
public sealed class CassandraRevocationTableTests(OneCassandra cassandra) : RevocationTableContract, IAsyncLifetime
{
    private CassandraSession? _session;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (_session is not null) await _session.DisposeAsync();
    }

    private protected override async ValueTask<IRevocationTable> OpenAsync()
    {
        _session = await cassandra.SharedAsync();
        return new CassandraRevocationTable(_session, TimeProvider.System);
    }
}
