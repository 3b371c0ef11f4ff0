using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Cql;

namespace LiveChat.Cluster.History;

/// <summary>A row of <c>edits</c>.</summary>
/// <param name="Target">The message's seq.</param>
/// <param name="EditSeq">The edit's seq.</param>
/// <param name="Row">What it says; null when it was erased, or cannot be read.</param>
/// <param name="Deleted">The seq of the delete that erased it.</param>
/// <param name="IsBroken">Whether it cannot be read.</param>
/// <param name="Bytes">What its content takes.</param>
internal readonly record struct FoundEdit(
    long Target, long EditSeq, EditRow? Row, long? Deleted, bool IsBroken, int Bytes)
{
    /// <param name="row">A row of <see cref="HistoryCql.ReadEdits"/>.</param>
    public static FoundEdit Read(Row row)
    {
        var (target, seq, bytes) = (row.GetInt64(0), row.GetInt64(1), row.GetBytes(2).Length);
        if (!row.IsNull(3)) return new FoundEdit(target, seq, null, row.GetInt64(3), false, bytes);
        if (row.IsNull(2) || !EventCells.TryParse(Body.Parser, row.GetBytes(2), out var body))
            return new FoundEdit(target, seq, null, null, true, bytes);
        return new FoundEdit(target, seq, new EditRow(0, target, seq, body!), null, false, bytes);
    }
}
