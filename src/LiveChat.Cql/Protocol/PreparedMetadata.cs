using LiveChat.Cql.Values;

namespace LiveChat.Cql.Protocol;

/// <summary>
/// The answer to PREPARE (4.2.5.4): the statement's id, in v5 the id of its result description, the bind markers, which
/// of them make the partition key (none when not all of it is bound), and the result's columns.
/// </summary>
internal sealed record PreparedMetadata(
    byte[] Id, byte[]? ResultId, Column[] Parameters, int[] PartitionKey, Column[]? ResultColumns)
{
    public static PreparedMetadata Read(ref BodyReader reader, ProtocolVersion version)
    {
        var id = reader.ReadShortBytes().ToArray();
        var resultId = version >= ProtocolVersion.V5 ? reader.ReadShortBytes().ToArray() : null;
        var flags = reader.ReadInt();
        var columnCount = reader.ReadInt();
        var partitionKey = new int[reader.ReadCount(2)];
        for (var index = 0; index < partitionKey.Length; index++)
        {
            partitionKey[index] = reader.ReadShort();
            if (partitionKey[index] >= columnCount)
                throw new Errors.CqlProtocolException($"Bind marker {partitionKey[index]} of {columnCount} is no key.");
        }

        var parameters = columnCount == 0 ? [] : ColumnsReader.Read(ref reader, flags, columnCount);
        return new PreparedMetadata(id, resultId, parameters, partitionKey, RowsMetadata.Read(ref reader).Columns);
    }
}
