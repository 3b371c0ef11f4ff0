namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// A fault that is planted between nodes to see that it is found: a mistake that owners or gateways could make, brought
/// about on the links between them.
/// </summary>
public enum ClusterPlant
{
    None,

    /// <summary>An owner that begins to claim a partition moves the gateway's position at once: nothing of what came in
    /// between is told.</summary>
    ClaimMovesPosition,

    /// <summary>A catch-up ends before all of its chats are told.</summary>
    CatchUpEndsEarly,

    /// <summary>A catch-up tells nothing to those whom its records remove.</summary>
    LeaversForgotten,

    /// <summary>A barrier passes with what an owner had read when its call began.</summary>
    BarrierPassesWithAnOldEcho,

    /// <summary>The owner does not hear of users who come to a gateway.</summary>
    ComersNotTold,

    /// <summary>A command that waits for its answer when its owner changes is answered by nobody.</summary>
    PendingAnsweredByNobody,

    /// <summary>The answer goes to no other node than the owner's.</summary>
    AnswersStayAtTheOwner,

    /// <summary>A link that is full loses what it holds.</summary>
    FullLinkLoses,

    /// <summary>A frame in the middle of a call gets lost.</summary>
    FrameLost,
}
