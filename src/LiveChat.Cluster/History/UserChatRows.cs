using LiveChat.Cluster.Store;
using LiveChat.Core.History;
using LiveChat.Cql;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cluster.History;

/// <summary>Reads rows of <c>user_chats</c>, which history and the users' side write. Any thread.</summary>
internal sealed class UserChatRows(CassandraSession session)
{
    /// <summary>What a row says, in the order of <see cref="Read"/>.</summary>
    public const string Columns =
        "chat_id, from_seq, to_seq, pull, head_seq, head_n, head_time_ms, read_seq, read_n, read_time_ms";

    private const string ReadOne = $"SELECT {Columns} FROM user_chats WHERE user_id = ? AND chat_id = ?";

    public async ValueTask<UserChat?> ReadAsync(UserId user, ChatId chat, CancellationToken cancellationToken)
    {
        using var read = (await session.BindAsync(ReadOne, cancellationToken))
            .Set(0, user.Value).Set(1, (long)chat.Value);
        using var rows = await session.ReadAsync(read, cancellationToken);
        return rows.Count == 0 ? null : Read(rows[0]);
    }

    /// <summary>Null before the membership is there: a mark or a head makes no member.</summary>
    public static UserChat? Read(Row row) => row.IsNull(1) ? null : new UserChat
    {
        Chat = new ChatId((ulong)row.GetInt64(0)),
        FromSeq = row.GetInt64(1),
        ToSeq = row.GetInt64(2) is > 0 and var toSeq ? toSeq : null,
        Pull = row.GetBoolean(3),
        HeadSeq = NumberAt(row, 4),
        HeadN = NumberAt(row, 5),
        HeadTimeMs = NumberAt(row, 6),
        ReadSeq = NumberAt(row, 7),
        ReadN = NumberAt(row, 8),
        ReadTimeMs = NumberAt(row, 9),
    };

    private static long NumberAt(Row row, int ordinal) => row.IsNull(ordinal) ? 0 : row.GetInt64(ordinal);
}
