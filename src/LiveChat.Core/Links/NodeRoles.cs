namespace LiveChat.Core.Links;

/// <summary>What a node does; any set. The numbers are on the wire and in the registry.</summary>
[Flags]
internal enum NodeRoles
{
    None = 0,

    /// <summary>Has sessions, takes commands, reads.</summary>
    Gateway = 1,

    /// <summary>Owns partitions, decides and hands over.</summary>
    Delivery = 2,

    /// <summary>Stores what the log says.</summary>
    History = 4,

    All = Gateway | Delivery | History,
}
