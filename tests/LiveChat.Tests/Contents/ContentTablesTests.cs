using LiveChat.Cluster.Store;
using LiveChat.Embedded.History;
using Xunit;

namespace LiveChat.Tests.Contents;

/// <summary>A new table is moved and exported, or is here with the reason why not.</summary>
public sealed class ContentTablesTests
{
    /// <summary>Read by <c>StoredContents</c>.</summary>
    private static readonly string[] Moved =
    [
        "chat_head", "events", "edits", "reactions", "reaction_changes", "chat_members", "client_keys", "user_chats",
        "markers", "chat_ids", "users", "devices", "user_settings", "api_keys",
    ];

    [Fact]
    public void Every_table_of_a_data_folder_is_moved_or_made_again() => Assert.Equal(
        Moved.Append("chats_by_time").Append("default").Order(StringComparer.Ordinal),
        HistoryDatabase.Families().Names.Order(StringComparer.Ordinal));

    [Fact]
    public void Every_table_of_a_keyspace_is_filled_by_a_move_or_is_the_clusters_own()
    {
        string[] filled =
        [
            .. Moved, "last_seen", "api_key_uses", "erasures", "open_erasures", "chat_deletions",
            "open_deletions", "starts", "node_ids",
        ];
        string[] own = ["installation", "log_offsets", "maintenance", "nodes", "revocations"];
        Assert.Equal(
            filled.Concat(own).Order(StringComparer.Ordinal),
            CassandraTables.All.Select(static table => table.Name).Order(StringComparer.Ordinal));
    }
}
