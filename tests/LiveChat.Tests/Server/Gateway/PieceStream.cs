namespace LiveChat.Tests.Server.Gateway;

/// <summary>Bytes that arrive in pieces of given sizes, the sizes taken round and round.</summary>
internal sealed class PieceStream(ReadOnlyMemory<byte> bytes, params int[] sizes) : Stream
{
    private int _at;
    private int _piece;

    /// <summary>How many bytes were asked for and given.</summary>
    public int Given => _at;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return ValueTask.FromResult(0);
        var count = Math.Min(Math.Min(sizes[_piece++ % sizes.Length], buffer.Length), bytes.Length - _at);
        bytes.Slice(_at, count).CopyTo(buffer);
        _at += count;
        return ValueTask.FromResult(count);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
