using System.Buffers.Binary;
using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Protocol;

/// <summary>
/// The outer frame of v5 without compression (section 2.1): three bytes little-endian that hold 17 bits of payload
/// length and one bit "self contained", their CRC-24, the payload, its CRC-32. A self-contained segment carries whole
/// envelopes; otherwise it carries a part of one.
/// </summary>
internal static class Segment
{
    public const int HeaderSize = 6;
    public const int TrailerSize = 4;

    /// <summary>128 KiB less one, what 17 bits can say.</summary>
    public const int PayloadBytesMax = (1 << 17) - 1;

    private const int SelfContainedBit = 1 << 17;

    public static void WriteHeader(Span<byte> destination, int payloadLength, bool selfContained)
    {
        var header = payloadLength | (selfContained ? SelfContainedBit : 0);
        var crc = Crc24.Compute(header, 3);
        Write24(destination, header);
        Write24(destination[3..], crc);
    }

    public static void WriteTrailer(Span<byte> destination, ReadOnlySpan<byte> payload) =>
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Crc32.Compute(payload));

    public static (int PayloadLength, bool SelfContained) ReadHeader(ReadOnlySpan<byte> source)
    {
        var header = Read24(source);
        if (Crc24.Compute(header, 3) != Read24(source[3..]))
            throw new CqlProtocolException("The checksum of a segment's header is wrong.");
        return (header & PayloadBytesMax, (header & SelfContainedBit) != 0);
    }

    public static void CheckTrailer(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> trailer)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != Crc32.Compute(payload))
            throw new CqlProtocolException("The checksum of a segment's payload is wrong.");
    }

    private static void Write24(Span<byte> destination, int value)
    {
        destination[0] = (byte)value;
        destination[1] = (byte)(value >> 8);
        destination[2] = (byte)(value >> 16);
    }

    private static int Read24(ReadOnlySpan<byte> source) => source[0] | (source[1] << 8) | (source[2] << 16);
}
