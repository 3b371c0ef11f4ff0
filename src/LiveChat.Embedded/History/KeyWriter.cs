using System.Buffers.Binary;
using System.Text;

namespace LiveChat.Embedded.History;

/// <summary>
/// Builds composite keys that sort as their parts do: numbers big-endian, texts closed by a zero byte (no id and no
/// device contains one).
/// </summary>
internal ref struct KeyWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _length;

    public readonly ReadOnlySpan<byte> Key => _buffer[.._length];

    public KeyWriter Number(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(_buffer[_length..], value);
        _length += 8;
        return this;
    }

    public KeyWriter Number(long value) => Number((ulong)value);

    public KeyWriter Byte(byte value)
    {
        _buffer[_length++] = value;
        return this;
    }

    public KeyWriter Text(string value)
    {
        _length += Encoding.UTF8.GetBytes(value, _buffer[_length..]);
        return Byte(0);
    }

    public KeyWriter Id(Guid value)
    {
        value.TryWriteBytes(_buffer[_length..], bigEndian: true, out var written);
        _length += written;
        return this;
    }
}
