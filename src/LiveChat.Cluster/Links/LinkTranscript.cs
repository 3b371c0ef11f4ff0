using System.Buffers.Binary;

namespace LiveChat.Cluster.Links;

/// <summary>What both ends of a call said before one proved something, as bytes that are the same at both ends and at
/// no other call.</summary>
internal readonly struct LinkTranscript
{
    private LinkTranscript(byte[] bytes) => Bytes = bytes;

    public byte[] Bytes { get; }

    /// <param name="proving">Whose proof it is: 1 the caller's, 2 that of the called node.</param>
    /// <param name="caller">What the caller said first.</param>
    /// <param name="called">What the called node answered.</param>
    public static LinkTranscript Of(byte proving, LinkOpening caller, LinkOpening called)
    {
        using var bytes = new MemoryStream();
        bytes.Write("livechat link 1\n"u8);
        bytes.WriteByte(proving);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var part in (ReadOnlySpan<Google.Protobuf.ByteString>)
            [caller.Nonce, caller.Hello, called.Nonce, called.Hello])
        {
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            bytes.Write(length);
            bytes.Write(part.Span);
        }

        return new LinkTranscript(bytes.ToArray());
    }
}
