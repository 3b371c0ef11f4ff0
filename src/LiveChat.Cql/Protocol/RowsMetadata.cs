using LiveChat.Cql.Values;

namespace LiveChat.Cql.Protocol;

/// <summary>
/// What stands before the rows of a result (4.2.5.2). <see cref="Columns"/> is null when the server was asked to leave
/// the description away; <see cref="NewId"/> is set when a v5 server says that the known description is out of date.
/// </summary>
internal sealed record RowsMetadata(int ColumnCount, Column[]? Columns, byte[]? PagingState, byte[]? NewId)
{
    public static RowsMetadata Read(ref BodyReader reader)
    {
        var flags = reader.ReadInt();
        var count = reader.ReadInt();
        if (count < 0) throw new Errors.CqlProtocolException($"A result cannot have {count} columns.");
        byte[]? pagingState = null;
        if ((flags & ColumnsReader.HasMorePages) != 0 && reader.TryReadBytes(out var state))
            pagingState = state.ToArray();
        var newId = (flags & ColumnsReader.MetadataChanged) != 0 ? reader.ReadShortBytes().ToArray() : null;
        var columns = (flags & ColumnsReader.NoMetadata) != 0 ? null : ColumnsReader.Read(ref reader, flags, count);
        return new RowsMetadata(count, columns, pagingState, newId);
    }
}
