using System.Security.Cryptography;
using LiveChat.Bench.Sockets;

namespace LiveChat.Bench.Pairs;

/// <summary>A server of a peer, in a process of its own.</summary>
internal sealed class PeerNode : IAsyncDisposable
{
    private PeerNode(ServerChild server, ServerState state, bool isGateway) =>
        (Server, State, IsGateway) = (server, state, isGateway);

    public ServerChild Server { get; }

    public ServerState State { get; }

    /// <summary>Whether devices connect here.</summary>
    public bool IsGateway { get; }

    public int ProcessId => Server.ProcessId;

    /// <summary>One that is alone.</summary>
    /// <param name="environment">What is set beside the environment of this process.</param>
    /// <param name="folder">Where its data folder is.</param>
    public static Task<PeerNode> StartAsync(IReadOnlyDictionary<string, string> environment, string folder) =>
        StartAsync(environment, Path.Combine(folder, "data"), isGateway: true);

    /// <summary>One of several, with the secret of the links in the folder.</summary>
    public static async Task<PeerNode> StartLinkedAsync(
        IReadOnlyDictionary<string, string> environment, string folder, string name, string roles)
    {
        var secret = Path.Combine(folder, "links-secret");
        if (!File.Exists(secret)) await File.WriteAllTextAsync(secret, RandomNumberGenerator.GetHexString(64));
        var own = new Dictionary<string, string>(environment)
        {
            ["LIVECHAT__NODE__NAME"] = name,
            ["LIVECHAT__NODE__ROLES"] = roles,
            ["LIVECHAT__LINKS__LISTEN"] = "127.0.0.1:0",
            ["LIVECHAT__LINKS__SECRETFILE"] = secret,
        };
        return await StartAsync(
            own, Path.Combine(folder, name), isGateway: roles == "All" || roles.Contains("Gateway"));
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        State.Dispose();
    }

    private static async Task<PeerNode> StartAsync(
        IReadOnlyDictionary<string, string> environment, string data, bool isGateway)
    {
        var state = new ServerState(TimeProvider.System);
        var own = new Dictionary<string, string>(environment) { ["LIVECHAT__INTERNAL"] = state.Address };
        return new PeerNode(await ServerChild.StartAsync("serve-livechat", own, data), state, isGateway);
    }
}
