using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;
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

/// <summary><c>reactions ((chat, bucket), seq, emoji, user)</c>: the last one counts.</summary>
internal sealed record ReactionRow(long Stamp, long Target, string Emoji, UserId User, bool On, long EventSeq)
    : HistoryRow(Stamp);

/// <summary><c>chat_members ((chat), user, from_seq)</c>: one row a stay.</summary>
internal sealed record StayRow(long Stamp, UserId User, long FromSeq, long? ToSeq) : HistoryRow(Stamp);

/// <summary><c>user_chats ((user), chat)</c>, membership: the present or last stay.</summary>
internal sealed record UserChatRow(long Stamp, UserId User, long FromSeq, long? ToSeq, bool Pull) : HistoryRow(Stamp);

/// <summary><c>user_chats</c>, head: raised for every member of a push chat, and a last time for who leaves.</summary>
internal sealed record UserChatHeadRow(long Stamp, UserId User, long HeadSeq, long HeadN, long HeadTimeMs)
    : HistoryRow(Stamp);

/// <summary><c>user_chats</c>, read marker, stamped with <paramref name="ReadSeq"/>.</summary>
internal sealed record UserChatReadRow(UserId User, long ReadSeq, long ReadN, long ReadTimeMs) : HistoryRow(ReadSeq);

/// <summary><c>client_keys ((chat, sender, month of u), client_id)</c>.</summary>
internal sealed record KeyRow(long Stamp, UserId Sender, ClientId ClientId, KeyUse Use) : HistoryRow(Stamp);

/// <summary>
/// What one or more consecutive events of a chat write: the rows in the order of the events, then the head, last.
/// A store may write the rows one by one; it must never let the head be seen before them.
/// </summary>
/// <param name="Rows">Everything but the head.</param>
/// <param name="Head">The state after the last of the events.</param>
/// <param name="RosterChanged">Whether the roster's cell is written too, in the same mutation as the head.</param>
internal sealed record HistoryCommit(IReadOnlyList<HistoryRow> Rows, ChatState Head, bool RosterChanged);
