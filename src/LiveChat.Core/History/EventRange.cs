namespace LiveChat.Core.History;

/// <summary>Which events of a chat are read, and what with them.</summary>
/// <param name="From">The first seq.</param>
/// <param name="To">The last seq, at most 8,191 above <paramref name="From"/>.</param>
internal readonly record struct EventRange(long From, long To)
{
    /// <summary>Of the edits on each event the newest up to this seq is read; 0 reads none.</summary>
    public long EditsTo { get; init; }

    /// <summary>0 reads no reactions, <see cref="IHistoryStore.ReactionsNow"/> those that are on. Any other seq reads
    /// those that were on right after that event, for a stay that ended there.</summary>
    public long ReactionsTo { get; init; }

    /// <summary>Whether an event that edits a message comes with the body that it gave the message.</summary>
    public bool WithEditBodies { get; init; }

    /// <summary>Whether the read begins at the last seq: of one that ends early the upper part is returned.</summary>
    public bool IsDownward { get; init; }

    /// <summary>
    /// A read ends early, behind an event, once it has taken so many tokens (<see cref="ReadCost.Tokens"/>) of one of
    /// its tables. The first event is whole nevertheless, with at most <see cref="IHistoryStore.ReactionRowsMax"/> rows
    /// of its reactions. 0 is no limit.
    /// </summary>
    public int TokensMax { get; init; }

    /// <summary>Whether a table has taken what the read may take of it.</summary>
    public bool IsFull(ReadCost taken) => TokensMax > 0 && taken.Tokens >= TokensMax;
}

/// <summary>What a read of events found.</summary>
/// <param name="Entries">In seq order.</param>
/// <param name="Cost">What it took from the store.</param>
/// <param name="IsCut">Whether the read ended early: there may be more of the range.</param>
internal sealed record EventsRead(IReadOnlyList<HistoryEntry> Entries, ReadCost Cost, bool IsCut);
