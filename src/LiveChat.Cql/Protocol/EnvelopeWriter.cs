namespace LiveChat.Cql.Protocol;

/// <summary>
/// Puts one request behind what is in a writer already: v4 and the handshake as header and body; v5 each in a segment
/// of its own, closed in place without a copy, or in several when it is larger than a segment.
/// </summary>
internal static class EnvelopeWriter
{
    /// <summary>Appends the request. When encoding fails the writer is left as it was.</summary>
    public static void Write<TRequest>(
        ByteWriter writer, in TRequest request, short stream, ProtocolVersion version, bool isSegmented,
        int bodyBytesMax)
        where TRequest : struct, IRequest
    {
        var start = writer.Length;
        try
        {
            if (isSegmented) writer.Reserve(Segment.HeaderSize);
            var envelope = writer.Length;
            writer.Reserve(EnvelopeHeader.Size);
            request.WriteBody(writer, version);
            var bodyLength = writer.Length - envelope - EnvelopeHeader.Size;
            if (bodyLength > bodyBytesMax)
                throw new ArgumentException($"The request has {bodyLength} bytes, the limit is {bodyBytesMax}.");
            var header = new EnvelopeHeader(version, false, EnvelopeFlags.None, stream, request.Opcode, bodyLength);
            header.Write(writer.At(envelope, EnvelopeHeader.Size));
            if (isSegmented) Close(writer, start);
        }
        catch
        {
            writer.Truncate(start);
            throw;
        }
    }

    private static void Close(ByteWriter writer, int start)
    {
        var length = writer.Length - start - Segment.HeaderSize;
        if (length > Segment.PayloadBytesMax)
        {
            Split(writer, start, length);
            return;
        }

        Segment.WriteHeader(writer.At(start, Segment.HeaderSize), length, selfContained: true);
        var trailer = writer.Reserve(Segment.TrailerSize);
        Segment.WriteTrailer(trailer, writer.At(start + Segment.HeaderSize, length));
    }

    private static void Split(ByteWriter writer, int start, int length)
    {
        using var whole = new ByteWriter(length);
        whole.WriteRaw(writer.At(start + Segment.HeaderSize, length));
        writer.Truncate(start);
        for (var offset = 0; offset < length; offset += Segment.PayloadBytesMax)
        {
            var part = whole.At(offset, Math.Min(Segment.PayloadBytesMax, length - offset));
            Segment.WriteHeader(writer.Reserve(Segment.HeaderSize), part.Length, selfContained: false);
            writer.WriteRaw(part);
            Segment.WriteTrailer(writer.Reserve(Segment.TrailerSize), part);
        }
    }
}
