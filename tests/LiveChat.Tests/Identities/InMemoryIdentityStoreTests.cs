using LiveChat.Core.Identities;

namespace LiveChat.Tests.Identities;

public class InMemoryIdentityStoreTests : IdentityStoreContract
{
    private protected override IdentityPorts Ports { get; } = IdentityPorts.InMemory();

    /// <summary>Memory is its disk.</summary>
    protected override Task RestartAsync() => Task.CompletedTask;
}
