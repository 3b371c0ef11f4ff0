using LiveChat.Core.Identities;

namespace LiveChat.Tests.Identities;

public sealed class InMemoryLastSeenStoreTests : LastSeenStoreContract
{
    private protected override ILastSeenStore Store { get; } = new InMemoryLastSeenStore();

    /// <summary>Memory is its disk.</summary>
    protected override Task RestartAsync() => Task.CompletedTask;
}
