using System.Buffers.Binary;
using LiveChat.Protocol;

namespace LiveChat.Server.Gateway;

/// <summary>
/// The frames of RFC 6455 section 5.2: a byte of flags and opcode, a byte of mask flag and length (126: two more bytes
/// follow, 127: eight), the mask when the client is the sender, the payload. What is read is checked as early as its
/// bytes allow; what is written is never masked and never fragmented.
/// </summary>
internal static class WebSocketFrame
{
    /// <summary>The longest header that a server writes.</summary>
    public const int HeaderBytesMax = 10;

    /// <summary>The longest payload of a control frame.</summary>
    public const int ControlBytesMax = 125;

    private const int Final = 0x80;
    private const int Reserved = 0x70;
    private const int OpcodeBits = 0x0F;
    private const int Masked = 0x80;
    private const int Length16 = 126;
    private const int Length64 = 127;
    private const int MaskBytes = 4;

    /// <summary>
    /// Reads a client's header. False: more bytes are needed, or <paramref name="isViolation"/> says that no more will
    /// mend it.
    /// </summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> bytes, out WebSocketHeader header, out bool isViolation)
    {
        header = default;
        isViolation = true;
        if (bytes.Length > 0 && !IsFirstByteGood(bytes[0])) return false;
        if (bytes.Length > 1 && !IsSecondByteGood(bytes[0], bytes[1])) return false;
        isViolation = false;
        if (bytes.Length < 2) return false;

        var length = (ulong)(bytes[1] & ~Masked);
        var lengthBytes = length switch { Length16 => sizeof(ushort), Length64 => sizeof(ulong), _ => 0 };
        var size = 2 + lengthBytes + MaskBytes;
        if (bytes.Length < size) return false;
        if (lengthBytes == sizeof(ushort)) length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        if (lengthBytes == sizeof(ulong)) length = BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]);

        // The length is in the fewest bytes that hold it, and its highest bit is clear.
        isViolation = (lengthBytes == sizeof(ushort) && length < Length16)
            || (lengthBytes == sizeof(ulong) && length is <= ushort.MaxValue or > long.MaxValue);
        if (isViolation) return false;
        header = new WebSocketHeader(
            (WebSocketOpcode)(bytes[0] & OpcodeBits),
            (bytes[0] & Final) != 0,
            (long)length,
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[(size - MaskBytes)..]),
            size);
        return true;
    }

    /// <summary>
    /// Writes a header that ends where <paramref name="room"/> ends, since the length is known last.
    /// </summary>
    /// <returns>Where in the room it begins.</returns>
    public static int WriteHeader(Span<byte> room, WebSocketOpcode opcode, int payloadBytes)
    {
        var size = payloadBytes < Length16 ? 2 : payloadBytes <= ushort.MaxValue ? 4 : HeaderBytesMax;
        var header = room[^size..];
        header[0] = (byte)(Final | (int)opcode);
        header[1] = (byte)(size switch { 2 => payloadBytes, 4 => Length16, _ => Length64 });
        if (size == 4) BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)payloadBytes);
        if (size == HeaderBytesMax) BinaryPrimitives.WriteUInt64BigEndian(header[2..], (ulong)payloadBytes);
        return room.Length - size;
    }

    /// <summary>Takes the mask off; <paramref name="at"/> is where in the frame's payload the bytes begin.</summary>
    public static void Unmask(Span<byte> payload, uint mask, long at)
    {
        mask = uint.RotateRight(mask, (int)(at % MaskBytes) * 8);
        var both = ((ulong)mask << 32) | mask;
        while (payload.Length >= sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(payload, BinaryPrimitives.ReadUInt64LittleEndian(payload) ^ both);
            payload = payload[sizeof(ulong)..];
        }

        for (var i = 0; i < payload.Length; i++) payload[i] ^= (byte)(both >> (i * 8));
    }

    /// <summary>What a close frame may hold (section 7.4): nothing, or a code that may be sent and a reason in UTF-8.
    /// </summary>
    public static CloseCode? CheckClose(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty) return null;
        if (payload.Length == 1) return CloseCode.ProtocolError;
        var code = BinaryPrimitives.ReadUInt16BigEndian(payload);
        if (code is not (>= 1000 and <= 1003 or >= 1007 and <= 1014 or >= 3000 and <= 4999))
            return CloseCode.ProtocolError;
        return System.Text.Unicode.Utf8.IsValid(payload[2..]) ? null : CloseCode.InvalidPayload;
    }

    private static bool IsFirstByteGood(byte first) =>
        (first & Reserved) == 0
        && (WebSocketOpcode)(first & OpcodeBits) is var opcode
        && Enum.IsDefined(opcode)
        && (opcode < WebSocketOpcode.Close || (first & Final) != 0);

    private static bool IsSecondByteGood(byte first, byte second) =>
        (second & Masked) != 0
        && ((WebSocketOpcode)(first & OpcodeBits) < WebSocketOpcode.Close || (second & ~Masked) <= ControlBytesMax);
}

/// <summary>What a frame is.</summary>
internal enum WebSocketOpcode
{
    Continuation = 0x0,
    Text = 0x1,
    Binary = 0x2,
    Close = 0x8,
    Ping = 0x9,
    Pong = 0xA,
}

/// <summary>The header of a client's frame.</summary>
/// <param name="Opcode">What the frame is.</param>
/// <param name="IsFinal">Whether the message ends with it.</param>
/// <param name="Length">Bytes of payload.</param>
/// <param name="Mask">The mask, its first byte lowest.</param>
/// <param name="Size">Bytes of the header itself.</param>
internal readonly record struct WebSocketHeader(
    WebSocketOpcode Opcode, bool IsFinal, long Length, uint Mask, int Size)
{
    public bool IsControl => Opcode >= WebSocketOpcode.Close;
}
