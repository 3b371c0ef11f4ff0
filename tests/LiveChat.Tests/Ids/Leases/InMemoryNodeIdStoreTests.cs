using LiveChat.Core.Ids;

namespace LiveChat.Tests.Ids.Leases;

public sealed class InMemoryNodeIdStoreTests : NodeIdStoreContract
{
    private protected override ValueTask<INodeIdStore> OpenAsync() =>
        ValueTask.FromResult<INodeIdStore>(new InMemoryNodeIdStore(TimeProvider.System));
}
