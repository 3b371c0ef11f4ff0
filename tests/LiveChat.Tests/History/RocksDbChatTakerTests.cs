namespace LiveChat.Tests.History;

public sealed class RocksDbChatTakerTests : ChatTakerContract
{
    private protected override Task<Stores> OpenAsync() => Task.FromResult<Stores>(new RocksDbStores());
}
