using LiveChat.Cql.Errors;
using LiveChat.Cql.Values;

namespace LiveChat.Cql.Protocol;

/// <summary>Turns a response to QUERY, EXECUTE, BATCH or PREPARE into its result, or throws its error.</summary>
internal static class ResultReader
{
    /// <summary>
    /// Reads a result and takes over the response's array. <paramref name="known"/> describes the columns when the
    /// server leaves the description away.
    /// </summary>
    public static RowSet ReadRows(in Response response, Column[]? known)
    {
        var isTaken = false;
        try
        {
            var reader = Open(response, out var kind, out var warnings);
            switch (kind)
            {
                case ResultKind.Void:
                    return warnings.Length == 0 ? RowSet.Empty : new RowSet(warnings);
                case ResultKind.Rows:
                    var metadata = RowsMetadata.Read(ref reader);
                    var columns = metadata.Columns ?? known
                        ?? throw new CqlProtocolException("Rows came without a description of their columns.");
                    if (columns.Length != metadata.ColumnCount)
                        throw new CqlProtocolException(
                            $"Rows have {metadata.ColumnCount} columns, their description {columns.Length}.");
                    var rows = RowSet.Read(response, ref reader, metadata, columns, warnings);
                    isTaken = true;
                    return rows;
                case ResultKind.SetKeyspace:
                    return new RowSet(warnings) { Keyspace = reader.ReadString() };
                case ResultKind.SchemaChange:
                    return new RowSet(warnings) { SchemaChange = SchemaChange.Read(ref reader) };
                case ResultKind.Prepared:
                default:
                    throw new CqlProtocolException($"Result kind {(int)kind} does not answer a query.");
            }
        }
        finally
        {
            if (!isTaken) response.Return();
        }
    }

    public static PreparedMetadata ReadPrepared(in Response response)
    {
        try
        {
            var reader = Open(response, out var kind, out _);
            return kind == ResultKind.Prepared
                ? PreparedMetadata.Read(ref reader, response.Header.Version)
                : throw new CqlProtocolException($"Result kind {(int)kind} does not answer PREPARE.");
        }
        finally
        {
            response.Return();
        }
    }

    private static BodyReader Open(in Response response, out ResultKind kind, out string[] warnings)
    {
        if (response.Header.Opcode == Opcode.Error) throw response.ReadError();
        if (response.Header.Opcode != Opcode.Result)
            throw new CqlProtocolException($"{response.Header.Opcode} came where RESULT was due.");
        var reader = new BodyReader(response.Body);
        warnings = Response.ReadPrefix(ref reader, response.Header.Flags);
        kind = (ResultKind)reader.ReadInt();
        return reader;
    }
}
