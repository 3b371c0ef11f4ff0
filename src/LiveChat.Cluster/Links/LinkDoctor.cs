using LiveChat.Core.Links;

namespace LiveChat.Cluster.Links;

/// <summary>Tries a link to each live node, as the server with these options would, and says what is wrong with it. The
/// nodes that are asked note it and go on; no call begins.</summary>
internal static class LinkDoctor
{
    private const string Network =
        "See that it listens (LiveChat:Links:Listen), that what it announces leads there, and that no firewall is "
        + "between: docs/ops/node-cut-off.md.";

    private const string Refusals = "docs/ops/node-cut-off.md says what each refusal means.";

    /// <param name="options">How links are made.</param>
    /// <param name="nodes">The entries of the registry.</param>
    /// <param name="mine">What this server would say first.</param>
    /// <param name="time">Limits each try.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<ServiceFinding>> LookAsync(
        LinkOptions options,
        IReadOnlyList<NodeEntry> nodes,
        LinkHello mine,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        try
        {
            GrpcLinks.Check(options);
        }
        catch (InvalidDataException e)
        {
            return [ServiceFinding.Refused("links", "The server would not start.", e.Message)];
        }

        var caller = new LinkCaller(options, new LinkCounters(), time, cancellationToken);
        var others = nodes.Where(node => node.IsLive && node.Name != mine.Node && node.Address.Length > 0)
            .OrderBy(static node => node.Name, StringComparer.Ordinal);
        return await Task.WhenAll(others.Select(node => TryAsync(caller, node, mine, cancellationToken)));
    }

    private static async Task<ServiceFinding> TryAsync(
        LinkCaller caller, NodeEntry node, LinkHello mine, CancellationToken cancellationToken)
    {
        var name = $"link {node.Name}";
        try
        {
            await caller.ProbeAsync(node, mine, cancellationToken);
            return ServiceFinding.Good(name, $"{node.Name} at {node.Address} takes links of this server.");
        }
        catch (LinkRefusedException refused)
        {
            return ServiceFinding.Refused(name, $"There is no link to {node.Name}: {refused.Message}", Refusals);
        }
        catch (IOException away)
        {
            return ServiceFinding.Refused(name, $"There is no link: {away.Message}", Network);
        }
    }
}
