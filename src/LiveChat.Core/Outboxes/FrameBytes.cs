using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Outboxes;

/// <summary>
/// A server's frame in the form in which it goes over the wire: bytes of exactly its length, since it waits in
/// outboxes. A JSON writer asks for 4 KB as soon as 256 bytes do not do, so it writes into rented memory first.
/// </summary>
internal static class FrameBytes
{
    private const int UsualBytes = 4096;

    public static ReadOnlyMemory<byte> Of(ServerFrame frame)
    {
        using var buffer = new MessageBuffer(UsualBytes);
        JsonFrames.Write(buffer, frame);
        return buffer.Written.ToArray();
    }
}
