using Xunit;

namespace LiveChat.Tests.Server.Gateway;

/// <summary>One server for all tests of a class, which must not see each other.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    internal TestServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await TestServer.StartAsync(TestServer.NewFolder());

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
