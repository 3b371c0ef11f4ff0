using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Connections;

/// <summary>
/// What is to be sent on one connection. Requests are encoded by their callers, under the lock, straight behind each
/// other; the writer loop swaps the full buffer for an empty one and sends it as one write, so requests that come
/// together go together. A request that is alone is sent by its caller, which saves it the way through another thread.
/// One of them sends at a time. Full (<see cref="BytesMax"/>) means that callers wait until the next swap.
/// </summary>
internal sealed class OutputBuffer(ProtocolVersion version, bool isSegmented, int bodyBytesMax) : IDisposable
{
    private const int BytesMax = 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly AsyncSignal _signal = new();
    private ByteWriter _filling = new(16 * 1024);
    private ByteWriter _sending = new(16 * 1024);
    private TaskCompletionSource? _room;
    private bool _isSending;
    private bool _isClosed;

    /// <summary>Null when there is room, otherwise a task that ends when there may be.</summary>
    public Task? WaitForRoom()
    {
        lock (_lock)
        {
            if (_filling.Length < BytesMax || _isClosed) return null;
            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task;
        }
    }

    /// <summary>
    /// Encodes a request. With <paramref name="isAlone"/>, and when nobody is sending, returns the bytes for the caller
    /// to send and then say so by <see cref="Sent"/>; otherwise nothing, and the writer loop sends them.
    /// </summary>
    public ReadOnlyMemory<byte> Append<TRequest>(in TRequest request, short stream, bool isAlone)
        where TRequest : struct, IRequest
    {
        lock (_lock)
        {
            if (_isClosed) return default; // the stream table has failed, or will fail, this request
            EnvelopeWriter.Write(_filling, request, stream, version, isSegmented, bodyBytesMax);
            if (isAlone && !_isSending)
            {
                _isSending = true;
                Swap();
                return _sending.WrittenMemory;
            }
        }

        _signal.Set();
        return default;
    }

    /// <summary>The bytes from <see cref="Append"/> or <see cref="TakeAsync"/> have been sent.</summary>
    public void Sent()
    {
        lock (_lock)
        {
            _isSending = false;
            if (_filling.Length == 0) return;
        }

        _signal.Set();
    }

    /// <summary>For the writer loop: the next bytes, valid until <see cref="Sent"/>; empty when closed.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> TakeAsync()
    {
        while (true)
        {
            lock (_lock)
            {
                if (_isClosed) return default;
                if (_filling.Length > 0 && !_isSending)
                {
                    _isSending = true;
                    Swap();
                    return _sending.WrittenMemory;
                }
            }

            await _signal.WaitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Ends the writer loop and lets go all who wait for room.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            _room?.TrySetResult();
            _room = null;
        }

        _signal.Set();
    }

    /// <summary>Gives the buffers back, unless somebody still sends from one: then they are garbage.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (_isSending) return;
            _filling.Dispose();
            _sending.Dispose();
        }
    }

    private void Swap()
    {
        (_sending, _filling) = (_filling, _sending);
        _filling.Clear();
        _room?.TrySetResult();
        _room = null;
    }
}
