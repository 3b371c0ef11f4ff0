using System.Buffers;
using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Protocol;

/// <summary>
/// One message from the server: its header and its body in a rented array. Whoever takes it calls <see cref="Return"/>
/// once, or passes the array on.
/// </summary>
internal readonly record struct Response(EnvelopeHeader Header, byte[] Buffer)
{
    /// <summary>The body was above the limit: it is not there.</summary>
    public bool IsPassedOver => Buffer.Length < Header.BodyLength;

    public ReadOnlySpan<byte> Body => Buffer.AsSpan(0, Header.BodyLength);

    public void Return()
    {
        if (Buffer.Length > 0) ArrayPool<byte>.Shared.Return(Buffer);
    }

    /// <summary>Reads what may stand before the message: tracing id, warnings, custom payload (section 4).</summary>
    public static string[] ReadPrefix(ref BodyReader reader, EnvelopeFlags flags)
    {
        if ((flags & EnvelopeFlags.Compressed) != 0)
            throw new CqlProtocolException("A compressed body came although no compression was agreed upon.");
        if ((flags & EnvelopeFlags.Tracing) != 0) reader.ReadUuid();
        var warnings = (flags & EnvelopeFlags.Warning) != 0 ? reader.ReadStringList() : [];
        if ((flags & EnvelopeFlags.CustomPayload) != 0) reader.SkipBytesMap();
        return warnings;
    }

    /// <summary>Reads an ERROR body into its exception.</summary>
    public CqlServerException ReadError()
    {
        var reader = new BodyReader(Body);
        var warnings = ReadPrefix(ref reader, Header.Flags);
        var exception = ErrorReader.Read(ref reader, Header.Version);
        exception.Warnings = warnings;
        return exception;
    }
}
