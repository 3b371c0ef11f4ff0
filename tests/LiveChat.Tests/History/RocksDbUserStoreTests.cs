namespace LiveChat.Tests.History;

public class RocksDbUserStoreTests : UserStoreContract
{
    private protected override Task<Stores> OpenAsync() => Task.FromResult<Stores>(new RocksDbStores());

    /// <summary>A data folder of before the index is opened: the lists are the same.</summary>
    private protected override Task ReopenAsync()
    {
        ((RocksDbStores)Open).ForgetChatsByTime();
        return Open.RestartAsync();
    }
}
