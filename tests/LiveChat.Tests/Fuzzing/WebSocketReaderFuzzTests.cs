using System.Text.Unicode;
using LiveChat.Protocol;
using LiveChat.Server.Gateway;
using LiveChat.Tests.Server.Gateway;
using Xunit;
using static LiveChat.Tests.Server.Gateway.ClientFrames;

namespace LiveChat.Tests.Fuzzing;

/// <summary>
/// What clients send as WebSocket frames, damaged: read in one piece, cut at random and byte by byte it is the same;
/// what was read, framed anew, reads the same; nothing beyond the limits comes out, and only codes that are ours to
/// give.
/// </summary>
public sealed class WebSocketReaderFuzzTests(ITestOutputHelper output)
{
    private const int MessageMax = Limits.FrameBytesMax;

    /// <summary>Buffers of a whole message are rented three times over, in sizes that are powers of two.</summary>
    private const long BytesAlways = 1_500_000;

    private const long BytesPerByte = 2_000;

    private static readonly byte[][] Words =
    [
        [0x81, 0x80, 0, 0, 0, 0], [0x01, 0x80, 0, 0, 0, 0], [0x00, 0x80, 0, 0, 0, 0], [0x80, 0x80, 0, 0, 0, 0],
        [0x89, 0x80, 0, 0, 0, 0], [0x8A, 0x80, 0, 0, 0, 0], [0x88, 0x82, 0, 0, 0, 0, 3, 232], [0x81, 0xFE, 0, 126],
        [0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0], [0xF0, 0x9F, 0x98, 0x80], [0xED, 0xA0, 0x80],
    ];

    [Fact]
    public void Damaged_frames_read_the_same_however_they_are_cut() =>
        New().Run(output, static random =>
        {
            byte[][] corpus = [.. WebSocketReaderTests.Cases().Select(row => row.Data.Item2).Where(Fits)];
            return new Mutator(random, corpus, Words).Next;

            static bool Fits(byte[] bytes) => bytes.Length is > 0 and < 4_000;
        });

    [Theory]
    [InlineData("")]
    [InlineData("81FEFFFF00000000")] // A header alone that promises 64 KB.
    [InlineData("81FFFFFFFFFFFFFFFFFF00000000")]
    [InlineData("018100000000C3890000000000808100000000A4")] // A character in two fragments, a ping between.
    [InlineData("018000000000008000000000808000000000")] // Three fragments of nothing.
    public void Inputs_that_broke_readers_are_read_as_they_should(string hex) =>
        New().Check(Convert.FromHexString(hex));

    private static Fuzzer New() => new(Accepts, BytesAlways, BytesPerByte);

    private static bool Accepts(byte[] bytes)
    {
        var (whole, code) = Read(bytes, bytes.Length + 1);
        var random = new Random(bytes.Length);
        Assert.True(Same((whole, code), Read(bytes, [.. Enumerable.Range(0, 7).Select(_ => 1 + random.Next(30))])));
        if (bytes.Length <= 1_000)
            Assert.True(Same((whole, code), Read(bytes, 1)), "Byte by byte it is something else.");

        byte[] anew = [.. whole.SelectMany(read => Frame((int)read.Opcode, read.Payload))];
        if (whole.Count > 0)
            Assert.True(Same((whole, null), Read(anew, anew.Length + 1)), "Anew it is something else.");
        return code is null;
    }

    /// <summary>What was read, and the code of the violation that ended it.</summary>
    private static (List<(WebSocketOpcode Opcode, byte[] Payload)> Read, CloseCode? Code) Read(
        byte[] bytes, params int[] sizes)
    {
        var all = new List<(WebSocketOpcode, byte[])>();
        using var stream = new PieceStream(bytes, sizes);
        using var reader = new WebSocketReader(stream, MessageMax);
        while (true)
        {
            var reading = reader.ReadAsync(CancellationToken.None).AsTask();
            Assert.True(reading.IsCompletedSuccessfully, "It waits for what is there.");
            var read = reading.GetAwaiter().GetResult();
            Assert.True(all.Count <= bytes.Length, "More comes out than went in.");
            switch (read.Kind)
            {
                case WebSocketReadKind.Text:
                    Assert.True(read.Payload.Length <= MessageMax && Utf8.IsValid(read.Payload.Span));
                    all.Add((WebSocketOpcode.Text, read.Payload.ToArray()));
                    break;
                case WebSocketReadKind.Ping:
                    Assert.True(read.Payload.Length <= WebSocketFrame.ControlBytesMax);
                    all.Add((WebSocketOpcode.Ping, read.Payload.ToArray()));
                    break;
                case WebSocketReadKind.Pong:
                    all.Add((WebSocketOpcode.Pong, []));
                    break;
                case WebSocketReadKind.Violation:
                    Assert.Contains(read.Code, Codes);
                    return (all, read.Code);
                default:
                    return (all, null);
            }
        }
    }

    private static readonly CloseCode[] Codes =
    [
        CloseCode.ProtocolError, CloseCode.UnsupportedData, CloseCode.InvalidPayload, CloseCode.MessageTooBig,
    ];

    private static bool Same(
        (List<(WebSocketOpcode Opcode, byte[] Payload)> Read, CloseCode? Code) one,
        (List<(WebSocketOpcode Opcode, byte[] Payload)> Read, CloseCode? Code) other) =>
        one.Code == other.Code && one.Read.Count == other.Read.Count && one.Read.Zip(other.Read).All(
            pair => pair.First.Opcode == pair.Second.Opcode
                && pair.First.Payload.AsSpan().SequenceEqual(pair.Second.Payload));
}
