namespace LiveChat.Server.Hosting;

/// <summary>Where it is kept who is online.</summary>
internal enum PresenceKind
{
    /// <summary>In the nodes, which tell each other by their links.</summary>
    Nodes = 0,

    /// <summary>In Redis.</summary>
    Redis = 1,
}
