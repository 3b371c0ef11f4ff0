using System.Globalization;
using System.Security.Cryptography;
using LiveChat.Bench.FanOut;
using LiveChat.Bench.Sockets;
using LiveChat.Loads.Chats;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;
using LiveChat.Server;

namespace LiveChat.Bench.Pairs;

/// <summary>LiveChat as it is shipped, but for the rates: one server, or several nodes that are one; over one
/// transport, with a proxy in front or none.</summary>
internal sealed class LiveChatPeer : IPeer
{
    private const string Services = "SERVICES";
    private const string Nodes = "NODES";
    private const int BufferBytes = 16 * 1024;

    private readonly IReadOnlyList<PeerNode> _nodes;
    private readonly IReadOnlyList<PeerNode> _gateways;
    private readonly string _folder;
    private readonly int[] _services;
    private readonly string _transport;
    private readonly NginxChild? _proxy;

    private LiveChatPeer(
        string name,
        IReadOnlyList<PeerNode> nodes,
        string folder,
        int[] services,
        string transport,
        NginxChild? proxy)
    {
        (Name, _nodes, _folder, _services, _transport, _proxy) = (name, nodes, folder, services, transport, proxy);
        _gateways = [.. nodes.Where(static node => node.IsGateway)];
    }

    public string Name { get; }

    public TimeSpan Cpu => _services.Select(Processes.CpuOf)
        .Concat(_nodes.Select(static node => node.Server.Cpu))
        .Aggregate(_proxy?.Cpu ?? TimeSpan.Zero, static (sum, one) => sum + one);

    /// <param name="name">What the table calls it.</param>
    /// <param name="options">What is set beside the environment of this process; under <c>SERVICES</c> the files with
    /// the ids of the processes that work for it alone, separated by colons; under <c>NODES</c> the roles of each of
    /// several nodes (<c>Gateway</c>, <c>Delivery.History</c>, <c>All</c>), separated by colons.</param>
    /// <param name="transport"><c>websocket</c>, <c>events</c> or <c>poll</c>.</param>
    /// <param name="isProxied">Whether NGINX stands in front of the first node.</param>
    public static async Task<LiveChatPeer> StartAsync(
        string name,
        IReadOnlyDictionary<string, string> options,
        string transport = LightLines.WebSocket,
        bool isProxied = false)
    {
        var folder = Directory.CreateTempSubdirectory("livechat-pairs-").FullName;
        var environment = FanOutBench.Unlimited();
        environment["LIVECHAT__TOKENS__SECRETFILE"] = Path.Combine(folder, "secret");
        await File.WriteAllTextAsync(
            environment["LIVECHAT__TOKENS__SECRETFILE"], RandomNumberGenerator.GetHexString(64));
        foreach (var (key, value) in options.Where(static one => one.Key is not (Services or Nodes)))
            environment[key] = value;
        var services = options.GetValueOrDefault(Services, "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(static file => int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture)).ToArray();
        var roles = options.TryGetValue(Nodes, out var given) ? given.Split(':') : [];
        var nodes = new List<PeerNode>();
        try
        {
            if (roles.Length == 0) nodes.Add(await PeerNode.StartAsync(environment, folder));
            foreach (var one in roles)
                nodes.Add(await PeerNode.StartLinkedAsync(
                    environment, folder, $"node-{nodes.Count + 1}", one.Replace('.', ',')));
            var proxy = isProxied ? await NginxChild.StartAsync(nodes[0].Server.Endpoint) : null;
            return new LiveChatPeer(name, nodes, folder, services, transport, proxy);
        }
        catch
        {
            foreach (var node in nodes) await node.DisposeAsync();
            throw;
        }
    }

    public void StandStill() => Processes.StandStill([.. _nodes.Select(static node => node.ProcessId), .. _services]);

    /// <summary>Consumers and connections have timed out meanwhile.</summary>
    public async Task GoOnAsync(CancellationToken stop)
    {
        Processes.GoOn([.. _services, .. _nodes.Select(static node => node.ProcessId)]);
        foreach (var node in _nodes) await node.State.UntilWholeAsync(stop);
    }

    public async Task<long> BehindAsync(CancellationToken stop)
    {
        var behind = 0L;
        foreach (var node in _nodes) behind += await node.State.BehindAsync(stop);
        return behind;
    }

    public async Task<IReadOnlyList<LoadDevice>> OpenChatAsync(string name, int members, CancellationToken stop)
    {
        var users = Enumerable.Range(0, members).Select(member => $"{name}-{member}").ToArray();
        var lines = new List<ILightLine>();
        foreach (var user in users)
        {
            // Members are at different gateways.
            var endpoint = _proxy?.Endpoint ?? _gateways[lines.Count % _gateways.Count].Server.Endpoint;
            var connect = new Connect { Token = LiveChatServer.MintToken(_folder, user, TimeSpan.FromHours(1)) };
            lines.Add(await LightLines.OpenAsync(_transport, endpoint, BufferBytes, connect, stop));
        }

        return await ChatOpening.OpenAsync(lines, users, title: null, new MadeChats(), TimeProvider.System, stop);
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null) await _proxy.DisposeAsync();
        foreach (var node in _nodes) await node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
