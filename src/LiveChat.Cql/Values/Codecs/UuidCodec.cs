using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>uuid (5.22) and timeuuid (5.19), in the byte order of RFC 4122. A timeuuid must be of version 1.</summary>
internal sealed class UuidCodec() : FixedCodec<Guid>(16, CqlTypeKind.Uuid, CqlTypeKind.TimeUuid)
{
    protected override void Check(Guid value, CqlType type, Column column)
    {
        if (type.Kind == CqlTypeKind.TimeUuid && value.Version != 1)
            throw new CqlTypeException(column, typeof(Guid), $"the UUID is of version {value.Version}, not 1.");
    }

    protected override void Write(Span<byte> destination, Guid value) =>
        value.TryWriteBytes(destination, bigEndian: true, out _);

    protected override Guid Read(ReadOnlySpan<byte> source, Column column) => new(source, bigEndian: true);
}
