namespace LiveChat.Core.History;

/// <summary>What a read took from the store: the unit in which the rates of reads count.</summary>
/// <param name="Rows">Rows, and cells that stand alone.</param>
/// <param name="Bytes">Of what can be large: content and custom data.</param>
internal readonly record struct ReadCost(long Rows, long Bytes)
{
    /// <summary>So many bytes count as a row.</summary>
    public const int BytesPerRow = 256;

    /// <summary>Members of a roster that count as a row.</summary>
    public const int MembersPerRow = 8;

    public long Tokens => Rows + (Bytes / BytesPerRow);

    public static ReadCost operator +(ReadCost one, ReadCost other) =>
        new(one.Rows + other.Rows, one.Bytes + other.Bytes);

    /// <summary>A head with its roster; null is none.</summary>
    public static ReadCost Of(Sequencing.ChatState? head) => head is null
        ? new ReadCost(1, 0)
        : new ReadCost(3 + (head.Roster.Count / MembersPerRow), head.Title.Length + head.Custom.Length);
}
