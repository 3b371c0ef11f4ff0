using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace LiveChat.Cql.Protocol;

/// <summary>
/// A growing run of bytes with the notations of the specification (v5, section 3). The array comes from the shared pool
/// and goes back by <see cref="Dispose"/>; a writer that is not disposed is only garbage. Not thread-safe.
/// </summary>
internal sealed class ByteWriter(int initialBytes = 256) : IDisposable
{
    /// <summary>Twice of what output may pile up to.</summary>
    private const int KeptBytesMax = 2 * 1024 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(initialBytes);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _buffer.AsMemory(0, Length);

    /// <summary>Begins anew. One huge message must not keep its array for ever.</summary>
    public void Clear()
    {
        if (_buffer.Length > KeptBytesMax) Dispose();
        Length = 0;
    }

    /// <summary>Gives back the bytes behind <paramref name="length"/>: what a refused value began to write.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>
    /// Puts what was written from <paramref name="start"/> on in the place of <paramref name="count"/> bytes before it.
    /// </summary>
    public void MoveBack(int start, int offset, int count)
    {
        var between = start - offset - count;
        var tail = _buffer.AsSpan(offset + count, Length - offset - count);
        tail[..between].Reverse(); // each backwards, then both: they have changed places
        tail[between..].Reverse();
        tail.Reverse();
        tail.CopyTo(_buffer.AsSpan(offset));
        Length -= count;
    }

    public Span<byte> Reserve(int count)
    {
        if (_buffer.Length - Length < count) Grow(count);
        var span = _buffer.AsSpan(Length, count);
        Length += count;
        return span;
    }

    public Span<byte> At(int offset, int count) => _buffer.AsSpan(0, Length).Slice(offset, count);

    public void WriteByte(byte value) => Reserve(1)[0] = value;

    public void WriteShort(int value) => BinaryPrimitives.WriteUInt16BigEndian(Reserve(2), checked((ushort)value));

    public void WriteInt(int value) => BinaryPrimitives.WriteInt32BigEndian(Reserve(4), value);

    public void WriteLong(long value) => BinaryPrimitives.WriteInt64BigEndian(Reserve(8), value);

    public void WriteRaw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    public void PatchInt(int offset, int value) => BinaryPrimitives.WriteInt32BigEndian(At(offset, 4), value);

    /// <summary>[string]: two bytes of length, then UTF-8.</summary>
    public void WriteString(string value)
    {
        var count = Encoding.UTF8.GetByteCount(value);
        WriteShort(count);
        Encoding.UTF8.GetBytes(value, Reserve(count));
    }

    /// <summary>[long string]: four bytes of length, then UTF-8.</summary>
    public void WriteLongString(string value)
    {
        var count = Encoding.UTF8.GetByteCount(value);
        WriteInt(count);
        Encoding.UTF8.GetBytes(value, Reserve(count));
    }

    /// <summary>[bytes]: four bytes of length, then the bytes.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        WriteInt(bytes.Length);
        WriteRaw(bytes);
    }

    /// <summary>[short bytes]: two bytes of length, then the bytes.</summary>
    public void WriteShortBytes(ReadOnlySpan<byte> bytes)
    {
        WriteShort(bytes.Length);
        WriteRaw(bytes);
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        Length = 0;
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
    }

    private void Grow(int count)
    {
        var wanted = Math.Max((long)_buffer.Length * 2, (long)Length + count);
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(wanted, Array.MaxLength));
        _buffer.AsSpan(0, Length).CopyTo(larger);
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
