namespace LiveChat.Tests.History;

public class InMemoryUserStoreTests : UserStoreContract
{
    private protected override Task<Stores> OpenAsync() => Task.FromResult<Stores>(new InMemoryStores());
}
