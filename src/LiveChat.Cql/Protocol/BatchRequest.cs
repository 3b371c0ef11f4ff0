namespace LiveChat.Cql.Protocol;

/// <summary>BATCH (4.1.7), always unlogged, of prepared statements.</summary>
internal readonly record struct BatchRequest(
    IReadOnlyList<(PreparedMetadata Prepared, IBoundValues Values)> Statements, QueryParameters Parameters) : IRequest
{
    private const byte Unlogged = 1;
    private const byte ById = 1;

    public Opcode Opcode => Opcode.Batch;

    public void WriteBody(ByteWriter writer, ProtocolVersion version)
    {
        writer.WriteByte(Unlogged);
        writer.WriteShort(Statements.Count);
        foreach (var (prepared, values) in Statements)
        {
            writer.WriteByte(ById);
            writer.WriteShortBytes(prepared.Id);
            values.WriteTo(writer);
        }

        Parameters.WriteForBatch(writer, version);
    }
}
