using LiveChat.Cluster.Nodes;
using LiveChat.Cluster.Store;
using LiveChat.Cluster.Tests.Store;
using LiveChat.Core.Links;
using LiveChat.Tests.Links;
using Xunit;

namespace LiveChat.Cluster.Tests.Nodes;

/// <summary>What every registry of nodes promises, on a real node.</summary>
[Collection(nameof(OneCassandra))]
public sealed class CassandraNodeRegistryTests(OneCassandra cassandra) : NodeRegistryContract, IAsyncLifetime
{
    private readonly Decisions _decisions = new(TimeProvider.System);
    private CassandraSession? _session;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        if (_session is not null) await _session.DisposeAsync();
        _decisions.Dispose();
    }

    private protected override async ValueTask<INodeRegistry> OpenAsync()
    {
        _session = await cassandra.SharedAsync();
        return new CassandraNodeRegistry(_session, _decisions, TimeProvider.System);
    }

    private protected override async ValueTask AgeAsync(string name, TimeSpan by)
    {
        using var read = await _session!.BindAsync("SELECT sign_ms FROM nodes WHERE name = ?", default);
        using var rows = await _session.ReadDecidedAsync(read.Set(0, name), default);
        using var write = await _session.BindAsync(
            "UPDATE nodes SET sign_ms = ? WHERE name = ? IF sign_ms = ?", default);
        var signMs = rows[0].GetInt64(0);
        write.Set(0, signMs - (long)by.TotalMilliseconds).Set(1, name).Set(2, signMs);
        using var decided = await _session.DecideAsync(write, default);
        Assert.True(decided.WasApplied);
    }
}
