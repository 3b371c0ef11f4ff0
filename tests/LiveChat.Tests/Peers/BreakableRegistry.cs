using LiveChat.Core.Links;

namespace LiveChat.Tests.Peers;

/// <summary>A registry that is away for as long as a test says.</summary>
internal sealed class BreakableRegistry(INodeRegistry inner) : INodeRegistry
{
    public bool IsAway { get; set; }

    public ValueTask SignAsync(NodeEntry mine, CancellationToken cancellationToken) =>
        Reach().SignAsync(mine, cancellationToken);

    public ValueTask<IReadOnlyList<NodeEntry>> ReadAsync(CancellationToken cancellationToken) =>
        Reach().ReadAsync(cancellationToken);

    public ValueTask LeaveAsync(string name, ulong incarnation, CancellationToken cancellationToken) =>
        Reach().LeaveAsync(name, incarnation, cancellationToken);

    public ValueTask<int> RulesInUseAsync(CancellationToken cancellationToken) =>
        Reach().RulesInUseAsync(cancellationToken);

    public ValueTask<bool> RaiseRulesAsync(int from, int to, CancellationToken cancellationToken) =>
        Reach().RaiseRulesAsync(from, to, cancellationToken);

    private INodeRegistry Reach() => IsAway ? throw new NodeRegistryException("The registry is away.") : inner;
}
