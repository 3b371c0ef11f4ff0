using LiveChat.Core.History;
using LiveChat.Core.Identities;

namespace LiveChat.Tests.History;

internal sealed class InMemoryStores : Stores
{
    private readonly InMemoryHistoryStore _store = new("epoch");

    public override IHistoryStore History => _store;

    public override IUserStore Users => _store;

    public override IdentityPorts Identities { get; } = IdentityPorts.InMemory();

    public override IErasureStore Erasures => field ??= InMemoryErasureStore.Over(_store, Identities);

    public override IDeletionStore Deletions => new InMemoryDeletionStore(_store);

    /// <summary>Memory is its disk.</summary>
    public override Task RestartAsync() => Task.CompletedTask;

    public override ValueTask DisposeAsync() => _store.DisposeAsync();
}
