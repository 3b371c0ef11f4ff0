using System.Buffers;
using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Protocol;

/// <summary>
/// Cuts the bytes of one connection into messages. v4 sends envelopes as they are; v5 puts them into segments as soon
/// as the answer to STARTUP has passed (2.3.1), for which <see cref="SwitchToSegments"/> is called between two
/// messages. Memory follows what has arrived, not what a length announces. A body above the limit is passed over: its
/// header is a message of its own, <see cref="Response.IsPassedOver"/>, and those behind it are not lost. Used by the
/// connection's answer loop alone.
/// </summary>
internal sealed class EnvelopeReader(int bodyBytesMax) : IDisposable
{
    /// <summary>The payload of the segment at work, and how much of it was handed out.</summary>
    private readonly ByteWriter _payload = new(4096);
    private int _payloadOffset;

    /// <summary>The parts so far of a message that is larger than a segment.</summary>
    private readonly ByteWriter _parts = new(16);
    private bool _isSegmented;

    /// <summary>How much of a body above the limit is still to come.</summary>
    private long _toPassOver;

    public void SwitchToSegments() => _isSegmented = true;

    /// <summary>
    /// Takes the next message off the front of <paramref name="input"/>; false when more bytes are needed.
    /// </summary>
    public bool TryRead(ref ReadOnlySequence<byte> input, out Response response) =>
        _isSegmented ? TryReadSegmented(ref input, out response) : TryReadPlain(ref input, out response);

    public void Dispose()
    {
        _payload.Dispose();
        _parts.Dispose();
    }

    private bool TryReadPlain(ref ReadOnlySequence<byte> input, out Response response)
    {
        response = default;
        if (_toPassOver > 0)
        {
            var passed = Math.Min(_toPassOver, input.Length);
            _toPassOver -= passed;
            input = input.Slice(passed);
        }

        if (input.Length < EnvelopeHeader.Size) return false;
        Span<byte> bytes = stackalloc byte[EnvelopeHeader.Size];
        input.Slice(0, EnvelopeHeader.Size).CopyTo(bytes);
        var header = EnvelopeHeader.Read(bytes);
        if (header.BodyLength > bodyBytesMax)
        {
            _toPassOver = header.BodyLength;
            input = input.Slice(EnvelopeHeader.Size);
            response = new Response(header, []);
            return true;
        }

        if (input.Length - EnvelopeHeader.Size < header.BodyLength) return false;
        var buffer = Rent(header.BodyLength);
        input.Slice(EnvelopeHeader.Size, header.BodyLength).CopyTo(buffer);
        input = input.Slice(EnvelopeHeader.Size + header.BodyLength);
        response = new Response(header, buffer);
        return true;
    }

    private bool TryReadSegmented(ref ReadOnlySequence<byte> input, out Response response)
    {
        while (true)
        {
            if (_payloadOffset < _payload.Length)
            {
                response = TakeFromPayload();
                return true;
            }

            if (!TryReadSegment(ref input, out var isSelfContained))
            {
                response = default;
                return false;
            }

            if (isSelfContained)
            {
                if (_parts.Length > 0 || _toPassOver > 0)
                    throw new CqlProtocolException("A self-contained segment came between the parts of a message.");
            }
            else if (TryJoin(out response))
            {
                return true;
            }
        }
    }

    private bool TryReadSegment(ref ReadOnlySequence<byte> input, out bool isSelfContained)
    {
        isSelfContained = false;
        if (input.Length < Segment.HeaderSize) return false;
        Span<byte> bytes = stackalloc byte[Segment.HeaderSize];
        input.Slice(0, Segment.HeaderSize).CopyTo(bytes);
        (var length, isSelfContained) = Segment.ReadHeader(bytes);
        var total = Segment.HeaderSize + length + Segment.TrailerSize;
        if (input.Length < total) return false;
        _payload.Clear();
        _payloadOffset = 0;
        input.Slice(Segment.HeaderSize, length).CopyTo(_payload.Reserve(length));
        var trailer = bytes[..Segment.TrailerSize];
        input.Slice(Segment.HeaderSize + length, Segment.TrailerSize).CopyTo(trailer);
        Segment.CheckTrailer(_payload.Written, trailer);
        input = input.Slice(total);
        return true;
    }

    private Response TakeFromPayload()
    {
        var left = _payload.Written[_payloadOffset..];
        if (left.Length < EnvelopeHeader.Size)
            throw new CqlProtocolException("A self-contained segment ends inside a header.");
        var header = EnvelopeHeader.Read(left);
        if (left.Length - EnvelopeHeader.Size < header.BodyLength)
            throw new CqlProtocolException("A self-contained segment ends inside a body.");
        _payloadOffset += EnvelopeHeader.Size + header.BodyLength;
        return header.BodyLength > bodyBytesMax
            ? new Response(header, [])
            : Copy(header, left.Slice(EnvelopeHeader.Size, header.BodyLength));
    }

    /// <summary>Adds the payload to the message that is longer than a segment; true when it is whole.</summary>
    private bool TryJoin(out Response response)
    {
        response = default;
        _payloadOffset = _payload.Length;
        if (_toPassOver > 0)
        {
            PassOver(_payload.Length);
            return false;
        }

        _parts.WriteRaw(_payload.Written);
        if (_parts.Length < EnvelopeHeader.Size) return false;
        var header = EnvelopeHeader.Read(_parts.Written);
        var total = EnvelopeHeader.Size + (long)header.BodyLength;
        if (header.BodyLength > bodyBytesMax)
        {
            _toPassOver = total;
            PassOver(_parts.Length);
            _parts.Clear();
            response = new Response(header, []);
            return true;
        }

        if (_parts.Length > total) throw Longer();
        if (_parts.Length < total) return false;
        response = Copy(header, _parts.Written.Slice(EnvelopeHeader.Size, header.BodyLength));
        _parts.Clear();
        return true;
    }

    private void PassOver(int length)
    {
        if (length > _toPassOver) throw Longer();
        _toPassOver -= length;
    }

    private static CqlProtocolException Longer() =>
        new("The parts of a message are longer together than its header says.");

    private static Response Copy(EnvelopeHeader header, ReadOnlySpan<byte> body)
    {
        var buffer = Rent(body.Length);
        body.CopyTo(buffer);
        return new Response(header, buffer);
    }

    private static byte[] Rent(int length) => length == 0 ? [] : ArrayPool<byte>.Shared.Rent(length);
}
