using System.Buffers;
using System.Text;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Protocol;
using LiveChat.Tests.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Fuzzing;

/// <summary>
/// The vectors of the protocol, damaged, through everything that reads JSON of a peer: nothing is thrown, and what is
/// accepted means the same once it was written and read again.
/// </summary>
public sealed class JsonFramesFuzzTests(ITestOutputHelper output)
{
    /// <summary>Readers and writers borrow 16 KB buffers that a thread keeps.</summary>
    private const long BytesAlways = 256 * 1024;

    /// <summary>An item of a list costs 4 bytes on the wire and an object of up to 150 here, several times over.
    /// </summary>
    private const long BytesPerByte = 1_000;

    private static readonly byte[][] Words =
    [
        .. ((string[])[
            "{", "}", "[", "]", ":", ",", "\"", "null", "true", "-0", "1e309", "9007199254740993",
            "18446744073709551616", "\\u0000", "\\ud800", "\\udc00\\ud800", "\\\\ud800", "\n",
            "{\"type\":\"pong\"}\n", "\"id\":1,", "\"data\":{},",
            "\"type\":\"typing\",", "{\"a\":", "\ufeff", "/**/", "NaN", "2026-02-30T00:00:00Z", "\"custom\":{},",
        ]).Select(Encoding.UTF8.GetBytes),
        [0xC3], [0xED, 0xA0, 0x80], [0xFF],
    ];

    private static readonly string[] Types =
        [.. typeof(FrameType).GetFields().Select(field => (string)field.GetValue(null)!)];

    [Fact]
    public void Damaged_frames_are_refused_or_mean_the_same_when_they_are_written_again() =>
        New().Run(output, static random =>
        {
            string[] files = ["client-frames.json", "server-frames.json", "lenient-frames.json",
                "malformed-client-frames.json"];
            byte[][] corpus =
            [
                .. files.SelectMany(file => Vectors.Load(file))
                    .Select(row => Encoding.UTF8.GetBytes(row.Data.Item2.Text("frame"))),
            ];
            return new Mutator(random, corpus, Words).Next;
        });

    [Theory]
    [InlineData("")]
    [InlineData("{\"type\":\"history\",\"id\":1,\"data\":{\"chat\":\"1\",\"before_seq\":1e400}}")]
    [InlineData("{\"type\":\"typing\",\"data\":{\"chat\":\"\\ud800\\\\udc00\",\"on\":true}}")]
    [InlineData("{\"type\":\"mark\",\"id\":1,\"data\":{\"chat\":\"1\",\"read\":9223372036854775808}}")]
    public void Inputs_that_broke_readers_are_read_as_they_should(string text) =>
        New().Check(Encoding.UTF8.GetBytes(text));

    private static Fuzzer New() => new(Accepts, BytesAlways, BytesPerByte);

    private static bool Accepts(byte[] message)
    {
        var isAccepted = false;
        ReadOnlyMemory<byte> rest = message;
        isAccepted |= Check(message, JsonFrames.ReadServerFrame, JsonFrames.Write);
        for (var frames = 0; JsonFrames.TryTakeFrame(ref rest, out var frame); frames++)
        {
            Assert.True(frames <= message.Length, "More frames than bytes.");
            isAccepted |= Check(frame.Span, JsonFrames.ReadClientFrame, JsonFrames.Write);

            // A session ends with a frame that cannot be answered; each costs an exception, so they must not be many.
            if (JsonFrames.ReadClientFrame(frame.Span) is { Status: FrameReadStatus.Malformed, Number: null }) break;
        }

        var type = Types[message.Length % Types.Length];
        var body = JsonFrames.ReadClientData(type, message);
        Assert.Equal(body.Status is FrameReadStatus.Frame, body.Frame is not null);
        return isAccepted;
    }

    private delegate FrameRead<TFrame> Reader<TFrame>(ReadOnlySpan<byte> bytes)
        where TFrame : class;

    private static bool Check<TFrame>(
        ReadOnlySpan<byte> bytes, Reader<TFrame> read, Action<IBufferWriter<byte>, TFrame> write)
        where TFrame : class
    {
        var first = read(bytes);
        Assert.Equal(first.Status is FrameReadStatus.Frame, first.Frame is not null);
        Assert.Equal(first.Status is FrameReadStatus.Malformed, !string.IsNullOrEmpty(first.Problem));
        if (first.Frame is null) return false;

        var written = new ArrayBufferWriter<byte>();
        write(written, first.Frame);
        var second = read(written.WrittenSpan);
        Assert.True(second.Frame is not null, $"What was read cannot be written and read: {second.Problem}");
        Assert.Equal(first.Number, second.Number);
        // A server's times are read to any precision and written in milliseconds; all else stays as it is.
        if (first.Frame is ClientFrame)
            Assert.True(RandomFrames.Same(first.Frame, second.Frame), "It is another frame after it was written.");
        var again = new ArrayBufferWriter<byte>();
        write(again, second.Frame);
        Assert.True(written.WrittenSpan.SequenceEqual(again.WrittenSpan), "It is written in another way.");
        return true;
    }
}
