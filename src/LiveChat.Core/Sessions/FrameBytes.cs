using System.Buffers;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Sessions;

/// <summary>A server's frame in the form in which it goes over the wire.</summary>
internal static class FrameBytes
{
    public static ReadOnlyMemory<byte> Of(ServerFrame frame)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        JsonFrames.Write(buffer, frame);
        return buffer.WrittenMemory;
    }
}
