namespace LiveChat.Core.History;

/// <summary>
/// What a store knows of its own past: its epoch, and the starts of a node on it. The contract tests check of every
/// implementation: everything is durable before a call returns; a start that is written again replaces the former; a
/// renewed epoch is another one, and is what history says from then on. Any thread may call.
/// </summary>
internal interface ILineageStore
{
    /// <summary>The starts that are kept, in no order.</summary>
    ValueTask<IReadOnlyList<StoreStart>> ReadStartsAsync(CancellationToken cancellationToken);

    /// <summary>Writes one start and forgets others, at once.</summary>
    ValueTask WriteStartAsync(
        StoreStart start, IReadOnlyList<ulong> forgotten, CancellationToken cancellationToken);

    /// <summary>Makes another random epoch, which <see cref="IHistoryStore.Epoch"/> says from then on.</summary>
    ValueTask RenewEpochAsync(CancellationToken cancellationToken);
}

/// <summary>One start of a node on a store.</summary>
/// <param name="Id">Random.</param>
/// <param name="FromMs">The log time at which it began, Unix milliseconds.</param>
/// <param name="ToMs">No client was told of a later log time by this start.</param>
/// <param name="IsDisowned">A position of this start proved once that the store was put back. Nobody resumes from it,
/// and it proves nothing more.</param>
internal readonly record struct StoreStart(ulong Id, long FromMs, long ToMs, bool IsDisowned = false);
