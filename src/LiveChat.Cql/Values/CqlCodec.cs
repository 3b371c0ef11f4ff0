using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values;

/// <summary>
/// Writes and reads the values of one .NET type (v5, section 5). Codecs are immutable and shared; the closed set of
/// them stands in <see cref="CqlCodecs"/>.
/// </summary>
/// <typeparam name="T">The .NET type.</typeparam>
public abstract class CqlCodec<T>
{
    private protected CqlCodec()
    {
    }

    /// <summary>What a value is written as where the server does not say what it wants.</summary>
    internal abstract CqlType Type { get; }

    internal abstract bool Accepts(CqlType type);

    /// <summary>Writes the value without its length. <paramref name="column"/> is for errors only.</summary>
    internal abstract void Write(ByteWriter writer, T value, CqlType type, Column column);

    /// <summary>Reads a value that is not null. <paramref name="column"/> is for errors only.</summary>
    internal abstract T Read(ReadOnlySpan<byte> bytes, CqlType type, Column column);

    internal virtual T ReadNull(Column column) =>
        throw new CqlTypeException(column, typeof(T), "the value is null.");

    internal virtual bool IsNull(T value) => value is null;

    /// <summary>Writes the value as [bytes], with its length in front.</summary>
    internal void WriteCell(ByteWriter writer, T value, CqlType type, Column column)
    {
        if (IsNull(value))
        {
            writer.WriteInt(-1);
            return;
        }

        var start = writer.Length;
        writer.WriteInt(0);
        Write(writer, value, type, column);
        writer.PatchInt(start, writer.Length - start - 4);
    }

    /// <summary>Reads a [bytes] that stands inside a collection or tuple.</summary>
    internal T ReadCell(ref BodyReader reader, CqlType type, Column column) =>
        reader.TryReadBytes(out var bytes) ? Read(bytes, type, column) : ReadNull(column);

    private protected static CqlTypeException Malformed(Column column, string reason) =>
        new(column, typeof(T), reason);
}
