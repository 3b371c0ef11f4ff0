using LiveChat.Cql.Values;

namespace LiveChat.Cql.Protocol;

/// <summary>Reads <c>[global_table_spec][col_spec …]</c>, which result and prepared metadata share (4.2.5.2).</summary>
internal static class ColumnsReader
{
    public const int GlobalTableSpec = 0x0001;
    public const int HasMorePages = 0x0002;
    public const int NoMetadata = 0x0004;
    public const int MetadataChanged = 0x0008;

    public static Column[] Read(ref BodyReader reader, int flags, int count)
    {
        var isGlobal = (flags & GlobalTableSpec) != 0;
        var keyspace = isGlobal ? reader.ReadString() : string.Empty;
        var table = isGlobal ? reader.ReadString() : string.Empty;
        var columns = new Column[reader.CheckCount(count, 4)];
        for (var index = 0; index < columns.Length; index++)
        {
            if (!isGlobal)
            {
                keyspace = reader.ReadString();
                table = reader.ReadString();
            }

            columns[index] = new Column(keyspace, table, reader.ReadString(), CqlType.Read(ref reader));
        }

        return columns;
    }
}
