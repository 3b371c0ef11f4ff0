namespace LiveChat.Cql.Protocol;

/// <summary>
/// &lt;query_parameters&gt; of QUERY and EXECUTE (4.1.4) and the tail of BATCH (4.1.7). The flags are one byte in v4
/// and four in v5. A page size of 0 asks for everything at once.
/// </summary>
internal readonly record struct QueryParameters(
    Consistency Consistency,
    Consistency? SerialConsistency = null,
    long? TimestampMicroseconds = null,
    int PageSize = 0,
    ReadOnlyMemory<byte> PagingState = default)
{
    private const int ValuesFlag = 0x01;
    private const int SkipMetadataFlag = 0x02;
    private const int PageSizeFlag = 0x04;
    private const int PagingStateFlag = 0x08;
    private const int SerialConsistencyFlag = 0x10;
    private const int TimestampFlag = 0x20;

    public void Write(ByteWriter writer, ProtocolVersion version, IBoundValues? values, bool skipMetadata)
    {
        var flags = CommonFlags();
        if (values is { Count: > 0 }) flags |= ValuesFlag;
        if (skipMetadata) flags |= SkipMetadataFlag;
        if (PageSize > 0) flags |= PageSizeFlag;
        if (!PagingState.IsEmpty) flags |= PagingStateFlag;
        writer.WriteShort((ushort)Consistency);
        WriteFlags(writer, version, flags);
        if (values is { Count: > 0 }) values.WriteTo(writer);
        if (PageSize > 0) writer.WriteInt(PageSize);
        if (!PagingState.IsEmpty) writer.WriteBytes(PagingState.Span);
        WriteCommon(writer);
    }

    public void WriteForBatch(ByteWriter writer, ProtocolVersion version)
    {
        writer.WriteShort((ushort)Consistency);
        WriteFlags(writer, version, CommonFlags());
        WriteCommon(writer);
    }

    private int CommonFlags() =>
        (SerialConsistency is null ? 0 : SerialConsistencyFlag) | (TimestampMicroseconds is null ? 0 : TimestampFlag);

    private static void WriteFlags(ByteWriter writer, ProtocolVersion version, int flags)
    {
        if (version >= ProtocolVersion.V5) writer.WriteInt(flags);
        else writer.WriteByte((byte)flags);
    }

    private void WriteCommon(ByteWriter writer)
    {
        if (SerialConsistency is { } serial) writer.WriteShort((ushort)serial);
        if (TimestampMicroseconds is { } timestamp) writer.WriteLong(timestamp);
    }
}
