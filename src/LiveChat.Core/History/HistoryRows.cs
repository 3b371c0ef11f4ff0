using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>
/// A row that one event of a chat writes besides the head. All cells of one event carry the event's stamp, except
/// those of <see cref="UserChatReadRow"/>, which carry their own value: the greatest stays.
/// </summary>
internal abstract record HistoryRow(long Stamp);

/// <summary><c>events ((chat, bucket), seq)</c>: immutable but for a delete, which empties the content.</summary>
/// <param name="Event">The event without content.</param>
/// <param name="Content">The message's body; null for other events and for edits (<see cref="EditRow"/>).</param>
internal sealed record EventRow(long Stamp, StoredEvent Event, Body? Content) : HistoryRow(Stamp);

/// <summary><c>edits ((chat, bucket), seq, edit_seq)</c>: bucket and seq of the target.</summary>
internal sealed record EditRow(long Stamp, long Target, long EditSeq, Body Content) : HistoryRow(Stamp);

/// <summary>A delete: empties the target's content, deletes its edits, and marks the target.</summary>
internal sealed record ErasureRow(long Stamp, long Target, long DeletedSeq) : HistoryRow(Stamp);

/// <summary>
/// <c>reactions ((chat, bucket), seq, emoji, user)</c>: there while it is on; one that is taken back deletes it.
/// <c>reaction_changes ((chat, bucket), seq, event_seq)</c>: every change, for those whose stay ended before the last.
/// </summary>
internal sealed record ReactionRow(long Stamp, long Target, string Emoji, UserId User, bool On, long EventSeq)
    : HistoryRow(Stamp)
{
    /// <summary>The reactions that were on right after a seq, those set first at the front.</summary>
    /// <param name="present">Those of a message that are on now.</param>
    /// <param name="changes">All changes of that message's reactions up to the seq.</param>
    /// <param name="seq">The seq.</param>
    public static IReadOnlyList<ReactionRow> AsOf(
        IEnumerable<ReactionRow> present, IEnumerable<ReactionRow> changes, long seq)
    {
        // Rows that a former version wrote have no changes: one that is on still, and was set by then, was on then.
        var last = new Dictionary<(string, UserId), ReactionRow>();
        foreach (var row in changes.Concat(present.Where(row => row.EventSeq <= seq)))
            if (!last.TryGetValue((row.Emoji, row.User), out var former) || former.EventSeq < row.EventSeq)
                last[(row.Emoji, row.User)] = row;
        return [.. last.Values.Where(static row => row.On).OrderBy(static row => row.EventSeq)];
    }
}

/// <summary><c>chat_members ((chat), user, from_seq)</c>: one row a stay.</summary>
internal sealed record StayRow(long Stamp, UserId User, long FromSeq, long? ToSeq) : HistoryRow(Stamp);

/// <summary><c>user_chats ((user), chat)</c>, membership: the present or last stay.</summary>
internal sealed record UserChatRow(long Stamp, UserId User, long FromSeq, long? ToSeq, bool Pull) : HistoryRow(Stamp);

/// <summary><c>user_chats</c>, head: raised for every member of a push chat, and a last time for who leaves.</summary>
internal sealed record UserChatHeadRow(long Stamp, UserId User, long HeadSeq, long HeadN, long HeadTimeMs)
    : HistoryRow(Stamp);

/// <summary><c>user_chats</c>, read marker, stamped with <paramref name="ReadSeq"/>.</summary>
internal sealed record UserChatReadRow(UserId User, long ReadSeq, long ReadN, long ReadTimeMs) : HistoryRow(ReadSeq);

/// <summary>The chat was deleted: its rows are to be removed, until <see cref="IDeletionStore"/> is told that they
/// are.</summary>
internal sealed record DeletionRow(long Stamp, long DeletedMs) : HistoryRow(Stamp);

/// <summary><c>client_keys ((chat, sender, month of u), client_id)</c>.</summary>
internal sealed record KeyRow(long Stamp, UserId Sender, ClientId ClientId, KeyUse Use) : HistoryRow(Stamp);

/// <summary>
/// What one or more consecutive events of a chat write: the rows in the order of the events, then the head, last.
/// A store may write the rows one by one; it must never let the head be seen before them.
/// </summary>
/// <param name="Rows">Everything but the head.</param>
/// <param name="Head">The state after the last of the events.</param>
/// <param name="RosterChanged">Whether the roster's cell is written too, in the same mutation as the head and with its
/// stamp.</param>
internal sealed record HistoryCommit(IReadOnlyList<HistoryRow> Rows, ChatState Head, bool RosterChanged);
