namespace LiveChat.Cluster.History;

/// <summary>The statements of history. A write says its stamp in its text, so that the statements of one batch may have
/// different ones.</summary>
internal static class HistoryCql
{
    /// <summary>Seqs of a partition of events and of what hangs on them.</summary>
    public const int BucketBits = 12;

    public const string WriteHead =
        "INSERT INTO chat_head (chat_id, seq, position, time_ms, stamp, n, direct, pull, settings_seq, title, custom, "
        + "awaits, roster) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?";

    public const string WriteEvent =
        "INSERT INTO events (chat_id, bucket, seq, event, content) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?";

    public const string MarkEdited =
        "UPDATE events USING TIMESTAMP ? SET edited = ? WHERE chat_id = ? AND bucket = ? AND seq = ?";

    public const string EraseEvent =
        "UPDATE events USING TIMESTAMP ? SET content = 0x, deleted = ? WHERE chat_id = ? AND bucket = ? AND seq = ?";

    public const string WriteEdit =
        "INSERT INTO edits (chat_id, bucket, seq, edit_seq, content) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?";

    public const string EraseEdit =
        "UPDATE edits USING TIMESTAMP ? SET content = 0x, deleted = ? "
        + "WHERE chat_id = ? AND bucket = ? AND seq = ? AND edit_seq = ?";

    public const string WriteReaction =
        "INSERT INTO reactions (chat_id, bucket, seq, emoji, user_id, is_on, event_seq) VALUES (?, ?, ?, ?, ?, ?, ?) "
        + "USING TIMESTAMP ?";

    public const string WriteReactionChange =
        "INSERT INTO reaction_changes (chat_id, bucket, seq, event_seq, is_on, emoji, user_id) "
        + "VALUES (?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?";

    public const string WriteStay =
        "INSERT INTO chat_members (chat_id, user_id, from_seq, to_seq) VALUES (?, ?, ?, ?) USING TIMESTAMP ?";

    public const string WriteKey =
        "INSERT INTO client_keys (chat_id, sender, month, client_id, seq, n, position, id, body_hash) "
        + "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?";

    public const string WriteMembership =
        "INSERT INTO user_chats (user_id, chat_id, from_seq, to_seq, pull) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?";

    public const string WriteUserHead =
        "INSERT INTO user_chats (user_id, chat_id, head_seq, head_n, head_time_ms) VALUES (?, ?, ?, ?, ?) "
        + "USING TIMESTAMP ?";

    public const string WriteUserRead =
        "UPDATE user_chats USING TIMESTAMP ? SET read_seq = ?, read_n = ?, read_time_ms = ? "
        + "WHERE user_id = ? AND chat_id = ?";

    /// <summary>The partition of all deletions that are open.</summary>
    public const string DeletionScope = "all";

    public const string WriteDeletion =
        "INSERT INTO chat_deletions (chat_id, deleted_ms) VALUES (?, ?) USING TIMESTAMP ?";

    public const string OpenDeletion =
        "INSERT INTO open_deletions (scope, chat_id, deleted_ms) VALUES (?, ?, ?) USING TIMESTAMP ?";

    public const string ReadHead =
        "SELECT seq, position, time_ms, stamp, n, direct, pull, settings_seq, title, custom, awaits, roster "
        + "FROM chat_head WHERE chat_id = ?";

    public const string ReadKey =
        "SELECT seq, n, position, id, body_hash FROM client_keys "
        + "WHERE chat_id = ? AND sender = ? AND month = ? AND client_id = ?";

    /// <summary>The latest stays first.</summary>
    public const string ReadStays =
        "SELECT from_seq, to_seq FROM chat_members WHERE chat_id = ? AND user_id = ? "
        + "ORDER BY user_id DESC, from_seq DESC LIMIT ?";

    public const string ReadEvents =
        "SELECT seq, event, content, deleted, edited FROM events "
        + "WHERE chat_id = ? AND bucket = ? AND seq >= ? AND seq <= ?";

    public const string ReadEventsDown = $"{ReadEvents} ORDER BY seq DESC";

    public const string ReadDeletions =
        "SELECT seq, deleted FROM events WHERE chat_id = ? AND bucket = ? AND seq IN ?";

    public const string ReadReactions =
        "SELECT seq, emoji, user_id, is_on, event_seq FROM reactions "
        + "WHERE chat_id = ? AND bucket = ? AND seq >= ? AND seq <= ?";

    public const string ReadReactionsDown = $"{ReadReactions} ORDER BY seq DESC, emoji DESC, user_id DESC";

    public const string ReadReactionChanges =
        "SELECT event_seq, is_on, emoji, user_id FROM reaction_changes "
        + "WHERE chat_id = ? AND bucket = ? AND seq = ? AND event_seq <= ? LIMIT ?";

    public const string ReadEdits =
        "SELECT seq, edit_seq, content, deleted FROM edits "
        + "WHERE chat_id = ? AND bucket = ? AND (seq, edit_seq) IN ?";

    /// <summary>The newest edit of a message up to a seq.</summary>
    public const string ReadEditAt =
        "SELECT seq, edit_seq, content, deleted FROM edits "
        + "WHERE chat_id = ? AND bucket = ? AND seq = ? AND edit_seq <= ? LIMIT 1";

    public const string ReadEditSeqs =
        "SELECT edit_seq FROM edits WHERE chat_id = ? AND bucket = ? AND seq = ? AND edit_seq < ?";

    public const string WriteOffset =
        "INSERT INTO log_offsets (log_group, log_partition, position) VALUES (?, ?, ?) USING TIMESTAMP ?";

    public const string ReadOffset = "SELECT position FROM log_offsets WHERE log_group = ? AND log_partition = ?";

    public const string WriteMaintenance = "INSERT INTO maintenance (what, at_ms) VALUES (?, ?) USING TIMESTAMP ?";

    public static long BucketOf(long seq) => seq >> BucketBits;
}
