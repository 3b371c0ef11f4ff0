using LiveChat.Server;
using LiveChat.Tests.Running;
using LiveChat.Tests.Server.Api;
using Xunit;

namespace LiveChat.Tests.Server.Backend;

/// <summary>A server with an internal address, and a backend that has a key to it.</summary>
public sealed class ServerWithKey : IAsyncLifetime
{
    internal TestServer Server { get; private set; } = null!;

    internal Uri Internal { get; private set; } = new("http://not.started");

    internal string Key { get; private set; } = "";

    public async ValueTask InitializeAsync() => await SetUp.OrEndAsync(this, static shared => shared.StartAsync());

    public ValueTask DisposeAsync() => Server?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>The backend, for itself or for a user.</summary>
    internal ApiClient Backend(string? actingFor = null) => new(Server.Url, Key, actingFor);

    internal ApiClient Operator() => OperatorOf(Server, Internal);

    private async Task StartAsync()
    {
        (Server, Internal) = await TestServer.StartWithInternalAsync();
        Key = await MakeKeyAsync(Server, Internal);
    }

    internal static ApiClient OperatorOf(TestServer server, Uri address) =>
        new(address, LiveChatServer.MintOperatorToken(server.Data));

    internal static async Task<string> MakeKeyAsync(TestServer server, Uri address)
    {
        using var operators = OperatorOf(server, address);
        var made = await operators.DoneAsync("POST", "/v1/keys", """{"name":"backend"}""");
        return made.GetProperty("key").GetString()!;
    }
}
