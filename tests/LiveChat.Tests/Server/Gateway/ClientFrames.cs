using System.Buffers.Binary;
using System.Text;

namespace LiveChat.Tests.Server.Gateway;

/// <summary>Frames as a client sends them, right and wrong, byte by byte.</summary>
internal static class ClientFrames
{
    public const int Continuation = 0;
    public const int Text = 1;
    public const int Binary = 2;
    public const int Close = 8;
    public const int Ping = 9;
    public const int Pong = 10;

    /// <param name="opcode">What it is.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="final">Whether the message ends with it.</param>
    /// <param name="reserved">The three reserved bits.</param>
    /// <param name="masked">Whether it is masked, as it must be.</param>
    /// <param name="lengthBytes">How the length is written: 0, 2 or 8 bytes; the fewest when absent.</param>
    /// <param name="length">The length that the header names; that of the payload when absent.</param>
    public static byte[] Frame(
        int opcode,
        byte[] payload,
        bool final = true,
        int reserved = 0,
        bool masked = true,
        int? lengthBytes = null,
        ulong? length = null)
    {
        var named = length ?? (ulong)payload.Length;
        var size = lengthBytes ?? (named < 126 ? 0 : named <= ushort.MaxValue ? 2 : 8);
        var frame = new List<byte>
        {
            (byte)((final ? 0x80 : 0) | (reserved << 4) | opcode),
            (byte)((masked ? 0x80 : 0) | (size switch { 0 => (int)named, 2 => 126, _ => 127 })),
        };
        var wide = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(wide, named);
        frame.AddRange(wide[(8 - size)..]);
        byte[] mask = masked ? [0x37, 0xFA, 0x21, 0x3D] : [];
        frame.AddRange(mask);
        frame.AddRange(payload.Select((value, i) => masked ? (byte)(value ^ mask[i % 4]) : value));
        return [.. frame];
    }

    public static byte[] Message(string text) => Frame(Text, Encoding.UTF8.GetBytes(text));

    public static byte[] CloseWith(int code, byte[]? reason = null) =>
        Frame(Close, [(byte)(code >> 8), (byte)code, .. reason ?? []]);
}
