namespace LiveChat.Core.Links;

/// <summary>
/// Which nodes a cluster has, and the rules number that it uses. The contract tests check: a name belongs to one
/// incarnation while that is live; a sign is read by every node; the rules number only rises, and of two raises from
/// one number one wins. All members may be called from any thread.
/// </summary>
internal interface INodeRegistry
{
    /// <summary>Writes the entry of this node, anew or again; its age counts from here.</summary>
    /// <exception cref="NodeNameInUseException">A live node has the name.</exception>
    /// <exception cref="NodeRegistryException">The registry is away; the outcome may be unknown.</exception>
    ValueTask SignAsync(NodeEntry mine, CancellationToken cancellationToken);

    /// <summary>The entries that are there, live or not, in no order.</summary>
    /// <exception cref="NodeRegistryException">The registry is away.</exception>
    ValueTask<IReadOnlyList<NodeEntry>> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Removes the entry of an incarnation that ends in good order; no effect when another one has the name.
    /// </summary>
    /// <exception cref="NodeRegistryException">The registry is away; the outcome may be unknown.</exception>
    ValueTask LeaveAsync(string name, ulong incarnation, CancellationToken cancellationToken);

    /// <summary>The rules number in use; 0 when none was ever raised.</summary>
    /// <exception cref="NodeRegistryException">The registry is away.</exception>
    ValueTask<int> RulesInUseAsync(CancellationToken cancellationToken);

    /// <summary>Raises the number in use; false when it is not <paramref name="from"/>.</summary>
    /// <exception cref="NodeRegistryException">The registry is away; the outcome may be unknown.</exception>
    ValueTask<bool> RaiseRulesAsync(int from, int to, CancellationToken cancellationToken);
}

/// <summary>The registry of nodes cannot be reached, or did not say what became of a change.</summary>
internal sealed class NodeRegistryException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The log is written for rules that this build does not know: it must not run.</summary>
internal sealed class RulesUnknownException(string message) : Exception(message);

/// <summary>Another live node has the name: this one must not start.</summary>
internal sealed class NodeNameInUseException(string message) : Exception(message);
