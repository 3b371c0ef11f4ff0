using LiveChat.Core.History;

namespace LiveChat.Tests.History;

internal sealed class InMemoryStores : Stores
{
    private readonly InMemoryHistoryStore _store = new("epoch");

    public override IHistoryStore History => _store;

    public override IUserStore Users => _store;

    /// <summary>Memory is its disk.</summary>
    public override Task RestartAsync() => Task.CompletedTask;

    public override ValueTask DisposeAsync() => _store.DisposeAsync();
}
