using System.Buffers.Binary;
using System.Text;

namespace LiveChat.Embedded.History;

/// <summary>
/// Builds composite keys that sort as their parts do: numbers big-endian, texts in UTF-8 and closed by a zero byte.
/// A zero character within a text becomes the bytes C0 80, which no UTF-8 has: no text ends a part early, and every
/// other text has the key that it always had. Two different lists of parts never have one key.
/// </summary>
internal ref struct KeyWriter(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _length;

    /// <summary>What stands in a key for the character U+0000.</summary>
    public static ReadOnlySpan<byte> EscapedZero => [0xC0, 0x80];

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

    /// <exception cref="ArgumentException">The buffer is too short.</exception>
    public KeyWriter Text(string value)
    {
        for (var rest = value.AsSpan(); ;)
        {
            var zero = rest.IndexOf('\0');
            _length += Encoding.UTF8.GetBytes(zero < 0 ? rest : rest[..zero], _buffer[_length..]);
            if (zero < 0) return Byte(0);
            EscapedZero.CopyTo(_buffer[_length..]);
            _length += EscapedZero.Length;
            rest = rest[(zero + 1)..];
        }
    }

    public KeyWriter Id(Guid value)
    {
        value.TryWriteBytes(_buffer[_length..], bigEndian: true, out var written);
        _length += written;
        return this;
    }
}
