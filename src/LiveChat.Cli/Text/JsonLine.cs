using System.Buffers;
using System.Text;
using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Text;

/// <summary>Frames as one line of JSON, for other programs.</summary>
internal static class JsonLine
{
    /// <summary>The whole frame, as it is on the wire.</summary>
    public static string Frame(ServerFrame frame)
    {
        var output = new ArrayBufferWriter<byte>();
        JsonFrames.Write(output, frame);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>Its data alone.</summary>
    public static string Data(ServerFrame frame)
    {
        var output = new ArrayBufferWriter<byte>();
        JsonFrames.WriteData(output, frame);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
