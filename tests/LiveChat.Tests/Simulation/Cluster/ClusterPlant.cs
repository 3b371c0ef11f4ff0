namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// A fault that is planted between nodes to see that it is found: a mistake that owners or gateways could make, brought
/// about on the links between them, or in what one of them reads.
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

    /// <summary>The owner does not hear who types.</summary>
    TypingLost,

    /// <summary>The owner takes typing that comes behind the message before which it was.</summary>
    LateTypingCounts,

    /// <summary>The group takes commits of a member that lost a partition: it goes on showing who types there.
    /// </summary>
    LosersCommit,

    /// <summary>Who types according to an owner that is gone types for ever.</summary>
    TypingOutlivesItsOwner,

    /// <summary>The owner does not hear what rose.</summary>
    RisesLost,

    /// <summary>A user's devices on other nodes are not told what the user has read.</summary>
    OwnMarksLost,

    /// <summary>A gateway that calls anew is not told what it may have missed.</summary>
    OwnNewsForgotten,

    /// <summary>A user's devices on other nodes are not told of settings.</summary>
    SettingsLost,

    /// <summary>Other nodes are not told that a user is online.</summary>
    BeatsLost,

    /// <summary>Other nodes are not told that a user has gone.</summary>
    GoingLost,

    /// <summary>What a node said of its users has no end.</summary>
    PresenceNeverEnds,

    /// <summary>One of the nodes takes users who are erased for not erased.</summary>
    ErasedAreAddedByANode,
}
