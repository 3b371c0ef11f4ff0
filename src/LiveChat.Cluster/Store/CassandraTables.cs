namespace LiveChat.Cluster.Store;

/// <summary>
/// The tables of the keyspace. Ids of chats, messages and positions are unsigned and stand in <c>bigint</c> with the
/// same bits. Names end in <c>_ms</c> for Unix milliseconds. Which stamp a cell has, say the stores that write it.
/// </summary>
internal static class CassandraTables
{
    /// <summary>What the installation is: the number of the schema, the epoch, the log's topic. By conditions only.
    /// </summary>
    public static CassandraTable Installation { get; } = new("installation", TableUse.Overwritten)
    {
        Partition = ["name text"],
        Columns = ["value text"],
    };

    private static IReadOnlyList<CassandraTable> OfOneServer { get; } =
    [
        Installation,

        // A chat's history; see CassandraHistoryStore.
        new("chat_head", TableUse.Overwritten)
        {
            Partition = ["chat_id bigint"],
            Columns =
            [
                "seq bigint", "position bigint", "time_ms bigint", "stamp bigint", "n bigint", "direct boolean",
                "pull boolean", "settings_seq bigint", "title text", "custom text", "awaits text", "roster blob",
            ],
        },
        new("events", TableUse.Appended)
        {
            Partition = ["chat_id bigint", "bucket bigint"],
            Clustering = ["seq bigint"],
            Columns = ["event blob", "content blob", "deleted bigint", "edited bigint"],
        },
        new("edits", TableUse.Appended)
        {
            Partition = ["chat_id bigint", "bucket bigint"],
            Clustering = ["seq bigint", "edit_seq bigint desc"],
            Columns = ["content blob", "deleted bigint"],
        },
        new("reactions", TableUse.Overwritten)
        {
            Partition = ["chat_id bigint", "bucket bigint"],
            Clustering = ["seq bigint", "emoji text", "user_id text"],
            Columns = ["is_on boolean", "event_seq bigint"],
        },
        new("reaction_changes", TableUse.Appended)
        {
            Partition = ["chat_id bigint", "bucket bigint"],
            Clustering = ["seq bigint", "event_seq bigint"],
            Columns = ["is_on boolean", "emoji text", "user_id text"],
        },
        new("chat_members", TableUse.Overwritten)
        {
            Partition = ["chat_id bigint"],
            Clustering = ["user_id text", "from_seq bigint"],
            Columns = ["to_seq bigint"],
        },
        new("client_keys", TableUse.Appended)
        {
            Partition = ["chat_id bigint", "sender text", "month int"],
            Clustering = ["client_id uuid"],
            Columns = ["seq bigint", "n bigint", "position bigint", "id bigint", "body_hash bigint"],
        },
        new("log_offsets", TableUse.Overwritten)
        {
            Partition = ["log_group text", "log_partition int"],
            Columns = ["position bigint"],
        },
        new("maintenance", TableUse.Overwritten)
        {
            Partition = ["what text"],
            Columns = ["at_ms bigint"],
        },

        // What users have; user_chats is written by history too.
        new("user_chats", TableUse.Overwritten)
        {
            Partition = ["user_id text"],
            Clustering = ["chat_id bigint"],
            Columns =
            [
                "from_seq bigint", "to_seq bigint", "pull boolean", "head_seq bigint", "head_n bigint",
                "head_time_ms bigint", "read_seq bigint", "read_n bigint", "read_time_ms bigint",
                "marked_time_ms bigint",
            ],
        },
        new("markers", TableUse.Overwritten)
        {
            Partition = ["chat_id bigint"],
            Clustering = ["user_id text"],
            Columns =
            [
                "delivered_seq bigint", "delivered_time_ms bigint", "read_seq bigint", "read_time_ms bigint",
            ],
        },
        new("chat_ids", TableUse.Overwritten)
        {
            Partition = ["scope text"],
            Columns = ["chat_id bigint", "creator text", "client_id uuid", "body blob"],
        },

        // Who is who; see the stores of Identities.
        new("users", TableUse.Overwritten)
        {
            Partition = ["user_id text"],
            Columns =
            [
                "version uuid", "created_ms bigint", "name text", "custom text", "is_disabled boolean",
                "is_hidden boolean", "revoked_before_ms bigint",
            ],
        },
        new("devices", TableUse.Overwritten)
        {
            Partition = ["user_id text"],
            Clustering = ["device text"],
            Columns = ["last_seen_ms bigint", "revoked_before_ms bigint"],
        },
        new("last_seen", TableUse.Overwritten) { Partition = ["user_id text"], Columns = ["time_ms bigint"] },
        new("user_settings", TableUse.Overwritten)
        {
            Partition = ["user_id text"],
            Clustering = ["chat_id bigint"],
            Statics = ["version uuid", "pins int"],
            Columns = ["muted_until_ms bigint", "is_pinned boolean", "hidden_n bigint", "time_ms bigint"],
        },
        new("api_keys", TableUse.Overwritten)
        {
            Partition = ["id text"],
            Columns = ["name text", "secret_hash text", "created_ms bigint", "is_disabled boolean"],
        },
        new("api_key_uses", TableUse.Overwritten) { Partition = ["id text"], Columns = ["used_ms bigint"] },

        // The store's past, and who issues ids.
        new("starts", TableUse.Overwritten)
        {
            Partition = ["scope text"],
            Clustering = ["start_id bigint"],
            Columns = ["from_ms bigint", "to_ms bigint", "is_disowned boolean"],
        },
        new("node_ids", TableUse.Overwritten)
        {
            Partition = ["node_id int"],
            Columns = ["name text", "incarnation uuid", "until_ms bigint"],
        },
    ];

    /// <summary>What several servers know of each other; see the stores of Nodes.</summary>
    private static IReadOnlyList<CassandraTable> OfSeveral { get; } =
    [
        new("nodes", TableUse.Overwritten)
        {
            Partition = ["name text"],
            Columns =
            [
                "incarnation bigint", "address text", "roles int", "rules_lowest int", "rules_highest int",
                "build text", "sign_ms bigint", "clock_ms bigint",
            ],
        },
        new("revocations", TableUse.Appended)
        {
            Partition = ["hour bigint"],
            Clustering = ["time_ms bigint", "id uuid"],
            Columns = ["user_id text", "device text", "before_ms bigint"],
        },
    ];

    /// <summary>Erasures of users; see CassandraErasureStore.</summary>
    private static IReadOnlyList<CassandraTable> OfErasures { get; } =
    [
        new("erasures", TableUse.Overwritten)
        {
            Partition = ["user_id text"],
            Columns =
            [
                "started_ms bigint", "finished_ms bigint", "touched_ms bigint", "chats bigint", "messages bigint",
                "reactions bigint",
            ],
        },
        new("open_erasures", TableUse.Overwritten)
        {
            Partition = ["scope text"],
            Clustering = ["user_id text"],
            Columns = ["started_ms bigint"],
        },
    ];

    /// <summary>Deletions of chats; see CassandraDeletionStore.</summary>
    private static IReadOnlyList<CassandraTable> OfDeletions { get; } =
    [
        new("chat_deletions", TableUse.Overwritten)
        {
            Partition = ["chat_id bigint"],
            Columns = ["deleted_ms bigint", "finished_ms bigint"],
        },
        new("open_deletions", TableUse.Overwritten)
        {
            Partition = ["scope text"],
            Clustering = ["chat_id bigint"],
            Columns = ["deleted_ms bigint"],
        },
    ];

    /// <summary>Of each version of the schema the tables that it adds. A step that was released never changes.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<CassandraTable>> Steps { get; } =
        [OfOneServer, OfSeveral, OfErasures, OfDeletions];

    public static IReadOnlyList<CassandraTable> All { get; } = [.. Steps.SelectMany(static step => step)];
}
