using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>blob (5.3) as an array of its own.</summary>
internal sealed class BlobCodec : CqlCodec<byte[]>
{
    internal override CqlType Type => CqlType.Of(CqlTypeKind.Blob);

    internal override bool Accepts(CqlType type) => type.Kind == CqlTypeKind.Blob;

    internal override void Write(ByteWriter writer, byte[] value, CqlType type, Column column) =>
        writer.WriteRaw(value);

    internal override byte[] Read(ReadOnlySpan<byte> bytes, CqlType type, Column column) => bytes.ToArray();
}
