using System.Buffers;

namespace LiveChat.Client;

/// <summary>Reads server-sent events: the data of each, its lines separated by line feeds. Comments and other fields
/// are passed over. Used by one caller at a time.</summary>
internal sealed class EventReader(Stream stream)
{
    /// <summary>More than this is no event of a server of ours.</summary>
    private const int EventBytesMax = 4 * 1024 * 1024;

    private static readonly byte[] Data = "data:"u8.ToArray();

    private readonly ArrayBufferWriter<byte> _event = new();
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    /// <summary>The data of the next event, valid until the next call; null at the end of the stream.</summary>
    /// <exception cref="IOException">The stream broke, or an event is too long.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        _event.ResetWrittenCount();
        while (true)
        {
            while (TryTakeLine(out var line))
            {
                if (line.IsEmpty && _event.WrittenCount > 0) return _event.WrittenMemory;
                Take(line.Span);
            }

            if (!await FillAsync(cancellationToken).ConfigureAwait(false)) return null;
        }
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith(Data)) return;
        var data = line[Data.Length..];
        if (data.StartsWith(" "u8)) data = data[1..];
        if (_event.WrittenCount + data.Length > EventBytesMax) throw new IOException("The event is too long.");
        if (_event.WrittenCount > 0) _event.Write("\n"u8);
        _event.Write(data);
    }

    private bool TryTakeLine(out ReadOnlyMemory<byte> line)
    {
        var rest = _buffer.AsMemory(_start.._end);
        var length = rest.Span.IndexOf((byte)'\n');
        line = default;
        if (length < 0) return false;
        line = rest[..length];
        if (line.Span.EndsWith("\r"u8)) line = line[..^1];
        _start += length + 1;
        return true;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == EventBytesMax) throw new IOException("The line is too long.");
        if (_end == _buffer.Length) Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, EventBytesMax));
        var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += count;
        return count > 0;
    }
}
