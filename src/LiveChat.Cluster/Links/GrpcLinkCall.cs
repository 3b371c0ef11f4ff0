using System.Threading.Channels;
using Grpc.Core;
using LiveChat.Core.Links;

namespace LiveChat.Cluster.Links;

/// <summary>
/// One end of a call over two gRPC streams. Any thread writes into a bounded queue, from which one loop writes to the
/// peer; another loop reads ahead a few frames, and one reader takes them. Full means: a frame is refused; and a peer
/// whose frames nobody takes waits, by the flow control of its stream. A frame that cannot be read ends the call, and
/// the end that meets it says so to the other one.
/// </summary>
internal sealed class GrpcLinkCall : ILinkCall
{
    private static readonly WriteOptions MoreFollow = new(WriteFlags.BufferHint);

    private readonly Channel<LinkFrame> _waiting = Channel.CreateBounded<LinkFrame>(
        new BoundedChannelOptions(LinkOptions.FramesWaitingMax) { SingleReader = true });

    private readonly Channel<LinkFrame> _read = Channel.CreateBounded<LinkFrame>(
        new BoundedChannelOptions(LinkOptions.ReadAheadMax) { SingleReader = true, SingleWriter = true });

    private readonly LinkStreams _streams;
    private readonly TimeProvider _time;
    private readonly LinkCounters _counters;
    private readonly CancellationTokenSource _cut;
    private readonly Task _writing;
    private readonly Task _reading;
    private volatile string? _damage;
    private long _bytes;
    private int _isDisposed;

    /// <param name="peer">What the other end said first.</param>
    /// <param name="streams">The streams, behind the openings.</param>
    /// <param name="counters">Count.</param>
    /// <param name="time">The clock of the last flush.</param>
    /// <param name="cancellationToken">Cuts the call.</param>
    public GrpcLinkCall(
        LinkHello peer,
        LinkStreams streams,
        LinkCounters counters,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        (Peer, _streams, _counters, _time) = (peer, streams, counters, time);
        _cut = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        counters.Opened();
        _writing = EndAfterAsync(WriteAsync);
        _reading = EndAfterAsync(ReadAsync);
    }

    public LinkHello Peer { get; }

    public bool TryWrite(LinkFrame frame)
    {
        var size = frame.CalculateSize();
        if (size > LinkOptions.FrameBytesMax)
            throw new ArgumentException($"A frame has {size} bytes, and may have {LinkOptions.FrameBytesMax}.");
        if (Interlocked.Add(ref _bytes, size) <= LinkOptions.BytesWaitingMax && _waiting.Writer.TryWrite(frame))
            return true;
        Interlocked.Add(ref _bytes, -size);
        _counters.Refused();
        return false;
    }

    public async ValueTask<LinkFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        while (await _read.Reader.WaitToReadAsync(cancellationToken))
            if (_read.Reader.TryRead(out var frame))
                return frame;
        return null;
    }

    /// <summary>Writes what waits, for <see cref="LinkOptions.FlushMax"/> at most, and ends the call.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        _waiting.Writer.TryComplete();
        _read.Writer.TryComplete();
        await Task.WhenAny(
            _streams.IsCaller ? Task.WhenAll(_writing, _reading) : _writing,
            Task.Delay(LinkOptions.FlushMax, _time, _cut.Token));
        await _cut.CancelAsync();
        await Task.WhenAll(_writing, _reading);
        await _streams.Close();
        _cut.Dispose();
        _counters.Closed();
    }

    private async Task WriteAsync()
    {
        while (await _waiting.Reader.WaitToReadAsync(_cut.Token))
        {
            while (_waiting.Reader.TryRead(out var frame))
            {
                // Frames that are there together go in one write of the socket.
                _streams.To.WriteOptions = _waiting.Reader.TryPeek(out _) ? MoreFollow : WriteOptions.Default;
                await _streams.To.WriteAsync(new LinkMessage { Frame = frame }, _cut.Token);
                Interlocked.Add(ref _bytes, -frame.CalculateSize());
                _counters.Wrote();
            }
        }

        if (_damage is { } damage) await _streams.WriteAsync(new LinkOpening { Refusal = damage }, _cut.Token);
        await _streams.CompleteWritesAsync();
    }

    private async Task ReadAsync()
    {
        while (await NextAsync() is { } message)
        {
            if (message.Opening is { } opening && LinkOpenings.RefusalOf(opening) is { } refusal)
                throw new InvalidDataException($"It cannot read what this node sent. {refusal}");

            if (message.Frame is not { } frame) continue; // Of a newer build.
            _counters.Read();
            try
            {
                await _read.Writer.WriteAsync(frame, _cut.Token);
            }
            catch (ChannelClosedException)
            {
                // This end is done with the call; what comes until the other one is, is passed over.
            }
        }
    }

    /// <summary>The next message; null at the end.</summary>
    /// <exception cref="InvalidDataException">It cannot be read.</exception>
    private async Task<LinkMessage?> NextAsync()
    {
        try
        {
            return await _streams.ReadAsync(_cut.Token);
        }
        catch (Exception e) when (LinkErrors.IsDamage(e))
        {
            _damage = LinkErrors.Text(e);
            throw new InvalidDataException($"It sent what cannot be read. {_damage}", e);
        }
    }

    private async Task EndAfterAsync(Func<Task> loop)
    {
        InvalidDataException? damage = null;
        try
        {
            await loop();
        }
        catch (InvalidDataException e)
        {
            damage = e; // What waits is written, and then the other end is told.
        }
        catch (Exception e) when (LinkErrors.IsEnd(e))
        {
            await _cut.CancelAsync(); // A half of a call is none.
        }

        _waiting.Writer.TryComplete();
        _read.Writer.TryComplete(damage);
    }
}
