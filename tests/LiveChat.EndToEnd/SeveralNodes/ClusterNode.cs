using LiveChat.Core.Links;
using LiveChat.EndToEnd.Brokers;
using LiveChat.EndToEnd.Crash;
using LiveChat.Tests.Running;

namespace LiveChat.EndToEnd.SeveralNodes;

/// <summary>
/// A server of a cluster in a process of its own. Other nodes reach it through a fault proxy, which knows them by the
/// name that they say first, so that each pair can be cut alone and each way alone.
/// </summary>
internal sealed class ClusterNode : IAsyncDisposable
{
    private readonly FaultProxy _links;
    private readonly string _data;
    private readonly Dictionary<string, string> _environment;

    /// <param name="name">Its name.</param>
    /// <param name="roles">What it does.</param>
    /// <param name="others">The names of all nodes.</param>
    /// <param name="folder">Where its data folder is made.</param>
    /// <param name="environment">What all nodes have in common.</param>
    public ClusterNode(
        string name, NodeRoles roles, IReadOnlyList<string> others, string folder,
        IReadOnlyDictionary<string, string> environment)
    {
        (Name, Roles, _data) = (name, roles, Path.Combine(folder, name));
        var listen = $"127.0.0.1:{FreePorts.ForServer()}";
        _links = new FaultProxy(new Uri($"http://{listen}"))
        {
            Identify = bytes => others.FirstOrDefault(other => bytes.AsSpan().IndexOf(NameAsSaid(other)) >= 0),
        };
        Inner = new InnerAddress(CrashServer.FreeEndpoint());
        _environment = new Dictionary<string, string>(environment)
        {
            ["LIVECHAT__NODE__NAME"] = name,
            ["LIVECHAT__NODE__ROLES"] = $"{roles}",
            ["LIVECHAT__LINKS__LISTEN"] = listen,
            ["LIVECHAT__LINKS__ANNOUNCE"] = _links.Url.Authority,
            ["LIVECHAT__INTERNAL"] = Inner.Address,
        };
        Server = CrashServer.NotStarted(CrashServer.FreeEndpoint(), _environment);
    }

    public string Name { get; }

    public NodeRoles Roles { get; }

    public CrashServer Server { get; }

    public InnerAddress Inner { get; }

    public bool IsGateway => Roles.HasFlag(NodeRoles.Gateway);

    public bool IsWorker => Roles.HasFlag(NodeRoles.Delivery);

    /// <summary>Where other nodes call it.</summary>
    public string Announced => _links.Url.Authority;

    /// <summary>What this node has that others do not; before it starts.</summary>
    public void Set(string variable, string value) => _environment[variable] = value;

    public Task StartAsync() => Server.StartAgainAsync(_data);

    /// <summary>What a gateway says to this node, or hears of it, goes nowhere.</summary>
    public void Cut(ClusterNode gateway, bool isUp)
    {
        var (open, hole) = (new FaultProxy.Faults(), new FaultProxy.Faults { IsBlackHole = true });
        _links.Between(gateway.Name, isUp ? hole : open, isUp ? open : hole);
    }

    /// <summary>The way between both is as it was.</summary>
    public void Mend(ClusterNode gateway) => _links.Mend(gateway.Name);

    /// <summary>All links to this node are slow, narrow and in pieces.</summary>
    public void Worsen(FaultProxy.Faults faults) => (_links.Up, _links.Down) = (faults, faults);

    /// <summary>Cuts the links of others to this node.</summary>
    public void Reset() => _links.Reset();

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await _links.DisposeAsync();
    }

    /// <summary>The name with its length in front: in this way no other word of a call's beginning has it.</summary>
    private static byte[] NameAsSaid(string name) => [(byte)name.Length, .. name.Select(static letter => (byte)letter)];
}
