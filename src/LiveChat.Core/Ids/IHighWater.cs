namespace LiveChat.Core.Ids;

/// <summary>
/// How far the ids of a node's last run came, kept on the node's own machine, so that its next run goes on at once.
/// An aid: without it the next run takes another node id. Only one process at a time has it open; a copy that lies on
/// another machine must not answer. Called by one thread at a time.
/// </summary>
internal interface IHighWater
{
    /// <summary>What was written last; null when nothing is there that counts.</summary>
    HighWater? Read();

    /// <summary>Durable when it returns.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    void Write(HighWater mark);
}

/// <summary>How far the ids of a run came.</summary>
/// <param name="Node">The node id.</param>
/// <param name="Incarnation">The run.</param>
/// <param name="MarkMs">No id of the run has this time or a later one, Unix milliseconds.</param>
internal readonly record struct HighWater(int Node, Guid Incarnation, long MarkMs);
