namespace LiveChat.Server.Backend;

/// <summary>The cluster as one of its nodes sees it.</summary>
internal sealed record ClusterStatus
{
    /// <summary>The node that answers.</summary>
    public required string Node { get; init; }

    /// <summary>How many sessions that node has.</summary>
    public required int Sessions { get; init; }

    /// <summary>In which states that node refuses what users ask for, as in <c>/readyz</c>; empty when all is well.
    /// </summary>
    public required IReadOnlyList<StateStatus> Refusing { get; init; }

    public required IReadOnlyList<NodeStatus> Nodes { get; init; }

    public required IReadOnlyList<PartitionStatus> Partitions { get; init; }
}

/// <summary>A state in which a node refuses what users ask for.</summary>
/// <param name="State">Its name, as the label of <c>livechat_refusing</c>.</param>
/// <param name="Reason">Why, in a sentence.</param>
internal sealed record StateStatus(string State, string Reason);

/// <summary>A node.</summary>
internal sealed record NodeStatus
{
    public required string Name { get; init; }

    /// <summary>Of <c>gateway</c>, <c>delivery</c> and <c>history</c>.</summary>
    public required IReadOnlyList<string> Roles { get; init; }

    public required string Build { get; init; }

    /// <summary>Where it takes links; empty where it takes none.</summary>
    public required string Address { get; init; }

    /// <summary>Whether it gave a sign within a minute.</summary>
    public required bool Live { get; init; }

    /// <summary>Seconds since its last sign.</summary>
    public required double SignAge { get; init; }

    /// <summary>Milliseconds by which its clock is ahead of the store's.</summary>
    public required long ClockAheadMs { get; init; }

    /// <summary>Whether the answering node has a link to it; absent where it needs none.</summary>
    public bool? Linked { get; init; }
}

/// <summary>A partition of the log.</summary>
internal sealed record PartitionStatus
{
    public required int Partition { get; init; }

    /// <summary>The nodes that claim it, more than one while it moves; absent when the answering node is no gateway.
    /// </summary>
    public IReadOnlyList<string>? Owners { get; init; }

    /// <summary>Records that are not handed over yet, as far as the answering node knows.</summary>
    public required long DeliveryBehind { get; init; }

    /// <summary>Records that are not in history yet, as far as it knows.</summary>
    public required long HistoryBehind { get; init; }

    /// <summary>Whether it stopped at a record that cannot be decided.</summary>
    public required bool Stopped { get; init; }
}
