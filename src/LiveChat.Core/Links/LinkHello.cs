namespace LiveChat.Core.Links;

/// <summary>What both ends of a call say first; see links.proto.</summary>
internal sealed partial class LinkHello
{
    /// <summary>Why this node takes no call of that one, a sentence for the logs of both; null when it does.</summary>
    public string? RefusalOf(LinkHello other)
    {
        if (other.Node.Length == 0) return "The other node has not said its name.";
        if (other.Cluster != Cluster)
            return $"The node {other.Node} belongs to another cluster: it has another keyspace or another topic.";
        if (other.Partitions != 0 && other.Partitions != Partitions) // 0 of who does not know, and asks only.
            return $"The node {other.Node} sees {other.Partitions} partitions of the log, and this one {Partitions}.";
        if (other.Node == Node)
            return other.Incarnation == Incarnation
                ? $"The node {Node} called itself: correct the address that it announces."
                : $"The node name {Node} is in use by another server: give each a name of its own "
                    + "(LiveChat:Node:Name).";
        if (other.RulesHighest < RulesLowest)
            return $"The build {other.Build} of the node {other.Node} is too old: it knows the rules up to "
                + $"{other.RulesHighest}, and this one from {RulesLowest} on.";
        if (other.RulesLowest > RulesHighest)
            return $"The build {other.Build} of the node {other.Node} is too new: it knows the rules from "
                + $"{other.RulesLowest} on, and this one up to {RulesHighest}.";
        return null;
    }
}
