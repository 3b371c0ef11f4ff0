using System.Buffers.Binary;
using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Protocol;

/// <summary>
/// The nine bytes before each message: version (with the direction in its highest bit), flags, stream, opcode, body
/// length. v4 calls this the frame header (section 2); v5 calls message and header an envelope (section 2.4).
/// </summary>
internal readonly record struct EnvelopeHeader(
    ProtocolVersion Version, bool IsResponse, EnvelopeFlags Flags, short Stream, Opcode Opcode, int BodyLength)
{
    public const int Size = 9;
    private const byte ResponseBit = 0x80;

    public void Write(Span<byte> destination)
    {
        destination[0] = (byte)((byte)Version | (IsResponse ? ResponseBit : 0));
        destination[1] = (byte)Flags;
        BinaryPrimitives.WriteInt16BigEndian(destination[2..], Stream);
        destination[4] = (byte)Opcode;
        BinaryPrimitives.WriteInt32BigEndian(destination[5..], BodyLength);
    }

    /// <summary>Reads a header and refuses one whose version, opcode or length cannot be.</summary>
    public static EnvelopeHeader Read(ReadOnlySpan<byte> source)
    {
        var version = source[0] & ~ResponseBit;
        var opcode = source[4];
        var length = BinaryPrimitives.ReadInt32BigEndian(source[5..]);
        if (version is < 3 or > 6) throw new CqlProtocolException($"Protocol version {version} was never asked for.");
        if (opcode > (byte)Opcode.AuthSuccess || opcode == 0x04)
            throw new CqlProtocolException($"Opcode 0x{opcode:X2} does not exist.");
        if (length < 0) throw new CqlProtocolException($"A body of {length} bytes does not exist.");
        return new EnvelopeHeader(
            (ProtocolVersion)version, (source[0] & ResponseBit) != 0, (EnvelopeFlags)source[1],
            BinaryPrimitives.ReadInt16BigEndian(source[2..]), (Opcode)opcode, length);
    }
}
