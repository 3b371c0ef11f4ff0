using Xunit;

namespace LiveChat.Tests.History;

/// <summary>What a port of a store promises, checked of every implementation: each test opens a store.</summary>
public abstract class StoreContract : IAsyncLifetime
{
    private Stores? _stores;

    private protected Stores Open => _stores ?? throw new InvalidOperationException("Not open.");

    private protected abstract Task<Stores> OpenAsync();

    public async ValueTask InitializeAsync() => _stores = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await Open.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
