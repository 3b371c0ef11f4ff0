namespace LiveChat.Core.History;

/// <summary>What a read took from the store: the unit in which the rates of reads count.</summary>
/// <param name="Rows">Rows that were looked at, each cell of one by itself, there or not.</param>
/// <param name="Bytes">Of what can be large: content, custom data, names.</param>
internal readonly record struct ReadCost(long Rows, long Bytes)
{
    /// <summary>So many bytes count as a row.</summary>
    public const int BytesPerRow = 256;

    /// <summary>Members of a roster that count as a row: a user's id has up to 64 bytes.</summary>
    public const int MembersPerRow = 4;

    /// <summary>A user's row of a chat: an entry of the index, and four cells.</summary>
    public static readonly ReadCost UserChat = new(6, 2 * BytesPerRow);

    public long Tokens => Rows + (Bytes / BytesPerRow);

    public static ReadCost operator +(ReadCost one, ReadCost other) =>
        new(one.Rows + other.Rows, one.Bytes + other.Bytes);

    public static ReadCost operator *(ReadCost one, int count) => new(one.Rows * count, one.Bytes * count);

    /// <summary>A head with its roster; null is none.</summary>
    public static ReadCost Of(Chats.ChatState? head) => head is null
        ? new ReadCost(1, 0)
        : new ReadCost(3 + (head.Roster.Count / MembersPerRow), head.Title.Length + head.Custom.Length);

    /// <summary>Stays of one user; there is a look behind the last.</summary>
    public static ReadCost Of(IReadOnlyList<MemberStay> stays) => new(1 + stays.Count, 0);

    /// <summary>So many users' rows, of which these are known.</summary>
    public static ReadCost Of(int asked, IReadOnlyList<Identities.UserRow> users) =>
        new(asked, users.Sum(static row => (row.Name?.Length ?? 0L) + (row.Custom?.Length ?? 0)));
}
