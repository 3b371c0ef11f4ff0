using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>A type whose values all have the same number of bytes.</summary>
internal abstract class FixedCodec<T>(int size, CqlTypeKind kind, CqlTypeKind alternative) : CqlCodec<T>
{
    protected FixedCodec(int size, CqlTypeKind kind)
        : this(size, kind, kind)
    {
    }

    internal sealed override CqlType Type => CqlType.Of(kind);

    internal sealed override bool Accepts(CqlType type) => type.Kind == kind || type.Kind == alternative;

    internal sealed override void Write(ByteWriter writer, T value, CqlType type, Column column)
    {
        Check(value, type, column);
        Write(writer.Reserve(size), value);
    }

    internal sealed override T Read(ReadOnlySpan<byte> bytes, CqlType type, Column column) =>
        bytes.Length == size
            ? Read(bytes, column)
            : throw Malformed(column, $"the value has {bytes.Length} bytes instead of {size}.");

    /// <summary>Refuses a value of the .NET type that the CQL type does not have.</summary>
    protected virtual void Check(T value, CqlType type, Column column)
    {
    }

    protected abstract void Write(Span<byte> destination, T value);

    protected abstract T Read(ReadOnlySpan<byte> source, Column column);
}
