using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>
/// The chats' side of history: heads, events and what is read with them. The contract tests check of every
/// implementation: a head is seen only with everything below it; writing the same commit again, or an older one
/// later, changes nothing; a read returns rows in order; content that was erased never comes back; rows above the
/// head are returned as they are (the reader cuts them off). All members may be called from any thread; commits of
/// one chat are called one after the other.
/// </summary>
internal interface IHistoryStore : IAsyncDisposable
{
    /// <summary>Asks for the reactions that are on, whenever they were set.</summary>
    const long ReactionsNow = long.MaxValue;

    /// <summary>Most rows of a message's reactions that a read looks at, and most of their changes, the first of them,
    /// that one for an earlier seq looks at.</summary>
    const int ReactionRowsMax = 4_096;

    /// <summary>Most stays of a user in a chat that are read.</summary>
    const int StaysMax = 256;

    /// <summary>A random id of the store's lineage: made with the store, renewed when the store was put back.
    /// </summary>
    string Epoch { get; }

    ValueTask<ChatState?> ReadHeadAsync(ChatId chat, CancellationToken cancellationToken);

    ValueTask<KeyUse?> ReadKeyAsync(
        ChatId chat, UserId sender, ClientId clientId, CancellationToken cancellationToken);

    /// <summary>Writes the commits of several chats. Not necessarily durable before <see cref="FlushAsync"/>.</summary>
    ValueTask WriteAsync(IReadOnlyList<HistoryCommit> commits, CancellationToken cancellationToken);

    /// <summary>Returns when everything that was written before the call is durable.</summary>
    /// <param name="passed">By partition, the position of the log up to which everything is written; a store beside
    /// the log keeps it, so that either can tell that the other is older. Partitions without one: as before.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    ValueTask FlushAsync(IReadOnlyDictionary<int, Position> passed, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the events of a range in seq order, with what belongs to them: content, reactions, and of the edits the
    /// newest that the reader may know, so that a message which was edited ten thousand times costs no more than one
    /// that was edited once. What erases an event during the read is seen at least on the event itself. An event that
    /// cannot be read keeps its place and fails no other one. A read that costs more than it may ends early.
    /// </summary>
    ValueTask<EventsRead> ReadEventsAsync(ChatId chat, EventRange range, CancellationToken cancellationToken);

    /// <summary>The stays of the user in the chat, oldest first; of more than <see cref="StaysMax"/> the latest.
    /// </summary>
    ValueTask<IReadOnlyList<MemberStay>> ReadStaysAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken);
}

/// <summary>A range of seqs in which a user is a member; no end while the user is one.</summary>
internal readonly record struct MemberStay(long FromSeq, long? ToSeq)
{
    public bool Covers(long seq) => seq >= FromSeq && (ToSeq is not { } to || seq <= to);
}

/// <summary>An event as history has it, before folding: the reader applies only what is at or below its head.</summary>
/// <param name="Event">The event without content.</param>
/// <param name="Content">The message's first body, or the body that an edit gave its message, if that was asked for;
/// null for other events and after an erasure of the message.</param>
/// <param name="DeletedSeq">The seq of the delete that erased it.</param>
/// <param name="Edit">The newest edit on it that was asked for; null after an erasure.</param>
/// <param name="Reactions">The reactions on it that were asked for, those set first at the front.</param>
internal sealed record HistoryEntry(
    StoredEvent Event,
    Body? Content,
    long? DeletedSeq,
    EditRow? Edit,
    IReadOnlyList<ReactionRow> Reactions)
{
    /// <summary>Whether what the event says cannot be read. What is known of it is here nevertheless, at least its seq:
    /// an event whose kind is lost has no body case, and no sender.</summary>
    public bool IsUnreadable { get; init; }
}
