namespace LiveChat.Core.Sessions;

/// <summary>
/// The position to resume from: a start of the store, and a log time up to which everything was handed over. Clients
/// keep it sealed (<see cref="SinceSeal"/>) and must not look into it. It is no credential: it allows nothing that the
/// token does not.
/// </summary>
/// <param name="Start">The start that gave it out.</param>
/// <param name="TimeMs">The log time, Unix milliseconds.</param>
internal readonly record struct Since(ulong Start, long TimeMs)
{
    /// <summary>What is handed to a session stays this far behind the log time that the node has seen.</summary>
    public const long MarginMs = 60_000;

    /// <summary>Before everything: whoever comes with it does a full sync.</summary>
    public static Since Nothing => default;

    /// <summary>The log time that the node had seen when it gave this out.</summary>
    public long HandedMs => TimeMs + MarginMs;

    public bool IsNothing => TimeMs == 0;
}
