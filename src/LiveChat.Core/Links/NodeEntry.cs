namespace LiveChat.Core.Links;

/// <summary>A node as the registry knows it.</summary>
/// <param name="Name">Its stable name.</param>
/// <param name="Address">Where other nodes call it.</param>
/// <param name="Roles">What it does.</param>
/// <param name="RulesLowest">The lowest rules number that its build knows.</param>
/// <param name="RulesHighest">The highest one.</param>
/// <param name="Build">Its build, for people.</param>
/// <param name="Incarnation">One run of it.</param>
internal sealed record NodeEntry(
    string Name,
    string Address,
    NodeRoles Roles,
    int RulesLowest,
    int RulesHighest,
    string Build,
    ulong Incarnation)
{
    /// <summary>A node without a sign for this long is not live.</summary>
    public static readonly TimeSpan LiveFor = TimeSpan.FromSeconds(60);

    /// <summary>How long ago its last sign was, by the clock of the registry: no node's clock decides who lives.
    /// </summary>
    public TimeSpan Age { get; init; }

    /// <summary>How far its clock was ahead of the registry's at its last sign, in milliseconds.</summary>
    public long ClockOffMs { get; init; }

    public bool IsLive => Age <= LiveFor;
}
