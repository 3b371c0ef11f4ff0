using LiveChat.Cluster.Identities;
using LiveChat.Cluster.Store;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Core.Identities;
using LiveChat.Tests.Identities;

namespace LiveChat.Cluster.Tests.Identities;

/// <summary>What every store of identities promises, on real nodes.</summary>
public abstract class CassandraIdentityStoreTests(CassandraNodes cassandra) : IdentityStoreContract
{
    private readonly Decisions _decisions = new(TimeProvider.System);
    private CassandraSession? _session;

    private protected override IdentityPorts Ports => CassandraIdentities.Over(_session!, _decisions);

    public override async ValueTask InitializeAsync() => _session = await cassandra.SharedAsync();

    public override async ValueTask DisposeAsync()
    {
        if (_session is not null) await _session.DisposeAsync();
        _decisions.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Another process: nothing that the store remembers helps it.</summary>
    protected override async Task RestartAsync()
    {
        await _session!.DisposeAsync();
        await InitializeAsync();
    }
}
