using LiveChat.Core.History;

namespace LiveChat.Tests.History;

public sealed class InMemoryLineageStoreTests : LineageStoreContract
{
    private readonly InMemoryHistoryStore _history = new("e");

    private protected override ILineageStore Store => _history.Lineage;

    private protected override string Epoch => _history.Epoch;

    /// <summary>The twin in memory is its own disk.</summary>
    private protected override Task RestartAsync() => Task.CompletedTask;

    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public override async ValueTask DisposeAsync()
    {
        await _history.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
