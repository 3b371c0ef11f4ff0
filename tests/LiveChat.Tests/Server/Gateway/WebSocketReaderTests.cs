using System.Text;
using CsCheck;
using LiveChat.Protocol;
using LiveChat.Server.Gateway;
using Xunit;
using static LiveChat.Tests.Server.Gateway.ClientFrames;

namespace LiveChat.Tests.Server.Gateway;

/// <summary>
/// The reader of RFC 6455 against the cases of the usual conformance suite, and more: every case in one piece, byte by
/// byte, and cut at random.
/// </summary>
public sealed class WebSocketReaderTests
{
    private const int MessageMax = Limits.FrameBytesMax;

    /// <summary>Bytes, and what must be read from them; the last is a code when it is a violation.</summary>
    public static TheoryData<string, byte[], string> Cases()
    {
        var cases = new TheoryData<string, byte[], string>();
        foreach (var length in (int[])[0, 1, 125, 126, 127, 128, 65_535, 65_536])
            cases.Add($"a text of {length} bytes", Message(new string('*', length)), $"Text {length} End");
        Controls(cases);
        Reserved(cases);
        Fragments(cases);
        Characters(cases);
        Closes(cases);
        Lengths(cases);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task What_is_read_does_not_depend_on_how_it_was_cut(string name, byte[] bytes, string expected)
    {
        Assert.Equal(expected, await ReadAsync(bytes, bytes.Length + 1));
        if (bytes.Length <= 2_000) Assert.Equal(expected, await ReadAsync(bytes, 1));
        var random = new Random(bytes.Length);
        for (var round = 0; round < 20; round++)
            Assert.Equal(expected, await ReadAsync(
                bytes, [.. Enumerable.Range(0, 17).Select(_ => 1 + random.Next(bytes.Length + 1))]));
        Assert.NotEmpty(name);
    }

    [Fact]
    public async Task A_violation_is_noticed_with_the_first_byte_that_shows_it()
    {
        Assert.Equal(1, await GivenAsync([0x90, .. new byte[20]]));
        Assert.Equal(1, await GivenAsync([0x83, .. new byte[20]]));
        Assert.Equal(2, await GivenAsync([0x81, 0x05, .. new byte[20]]));

        // A header that promises 40,000 bytes of text, and a third byte that is no UTF-8.
        var text = Frame(Text, [0x61, 0xC3, 0x28, .. new byte[40_000]]);
        Assert.Equal(4 + 4 + 3, await GivenAsync(text));

        static async Task<int> GivenAsync(byte[] bytes)
        {
            using var stream = new PieceStream(bytes, 1);
            using var reader = new WebSocketReader(stream, MessageMax);
            Assert.Equal(WebSocketReadKind.Violation, (await reader.ReadAsync(CancellationToken.None)).Kind);
            return stream.Given;
        }
    }

    [Fact]
    public void Any_bytes_in_any_pieces_end_in_a_violation_or_the_end() =>
        Gen.Select(Gen.Byte.Array[0, 400], Gen.Int[1, 50].Array[1, 8]).Sample(
            (bytes, sizes) => Ends(bytes, sizes) == Ends(bytes, [bytes.Length + 1]), iter: 20_000);

    [Fact]
    public void Good_frames_with_a_few_bytes_changed_read_the_same_however_they_are_cut()
    {
        var good = Frame(Text, "héllo"u8.ToArray(), final: false).Concat(Frame(Ping, [1, 2])).Concat(
            Frame(Continuation, Encoding.UTF8.GetBytes("wörld"))).Concat(Message("next")).ToArray();
        Gen.Select(Gen.Int[0, good.Length - 1].Array[1, 3], Gen.Byte, Gen.Int[1, 9].Array[1, 8]).Sample(
            (at, value, sizes) =>
            {
                var bytes = good.ToArray();
                foreach (var place in at) bytes[place] = value;
                return Ends(bytes, sizes) == Ends(bytes, [bytes.Length + 1]);
            },
            iter: 20_000);
    }

    [Fact]
    public void Utf8_in_pieces_is_what_it_is_in_one() =>
        Gen.Select(Gen.Byte.Array[0, 24], Gen.Int[1, 4].Array[1, 6]).Sample(
            (bytes, sizes) =>
            {
                var through = 0;
                var isGood = true;
                for (int at = 0, piece = 0; at < bytes.Length && isGood; piece++)
                {
                    at = Math.Min(bytes.Length, at + sizes[piece % sizes.Length]);
                    isGood = Utf8Check.TryAdvance(bytes.AsSpan(0, at), ref through);
                }

                return (isGood && through == bytes.Length) == System.Text.Unicode.Utf8.IsValid(bytes);
            },
            iter: 100_000);

    private static void Controls(TheoryData<string, byte[], string> cases)
    {
        cases.Add("an empty ping", Frame(Ping, []), "Ping 0 End");
        cases.Add("a ping of 125 bytes", Frame(Ping, new byte[125]), "Ping 125 End");
        cases.Add("a ping of 126 bytes", Frame(Ping, new byte[126]), "Violation 1002");
        cases.Add("a ping in pieces", Frame(Ping, [1], final: false), "Violation 1002");
        cases.Add("a pong in pieces", Frame(Pong, [1], final: false), "Violation 1002");
        cases.Add("a pong that nobody asked for", Frame(Pong, [1, 2, 3]), "Pong 0 End");
        cases.Add("an unmasked frame", Frame(Text, [0x61], masked: false), "Violation 1002");
        cases.Add("an unmasked ping", Frame(Ping, [], masked: false), "Violation 1002");
        cases.Add("binary", Frame(Binary, [1, 2, 3]), "Violation 1003");
    }

    private static void Reserved(TheoryData<string, byte[], string> cases)
    {
        for (var bits = 1; bits <= 7; bits++)
            cases.Add($"reserved bits {bits}", Frame(Text, [0x61], reserved: bits), "Violation 1002");
        foreach (var opcode in (int[])[3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
            cases.Add($"opcode {opcode}", Frame(opcode, [0x61]), "Violation 1002");
    }

    private static void Fragments(TheoryData<string, byte[], string> cases)
    {
        var first = Frame(Text, [0x61], final: false);
        var last = Frame(Continuation, [0x62]);
        cases.Add("two fragments", [.. first, .. last], "Text 2 End");
        cases.Add("a ping between two", [.. first, .. Frame(Ping, [7]), .. last], "Ping 1 Text 2 End");
        cases.Add("empty fragments", [.. Frame(Text, [], final: false), .. Frame(Continuation, [])], "Text 0 End");
        cases.Add("a continuation of nothing", last, "Violation 1002");
        cases.Add("a continuation after the end", [.. first, .. last, .. last], "Text 2 Violation 1002");
        cases.Add("a new text within", [.. first, .. Message("b")], "Violation 1002");
        cases.Add("a new binary within", [.. first, .. Frame(Binary, [1])], "Violation 1002");
        cases.Add("a close within", [.. first, .. Frame(Close, [])], "Close 0");
        cases.Add(
            "a message after one in fragments", [.. first, .. last, .. Message("next")], "Text 2 Text 4 End");
        var more = Frame(Continuation, [0x62], final: false);
        cases.Add(
            "too many fragments", [.. first, .. Enumerable.Repeat(more, 1_100).SelectMany(part => part)],
            "Violation 1009");
        cases.Add(
            "too many empty fragments",
            [.. first, .. Enumerable.Repeat(Frame(Continuation, [], final: false), 1_100).SelectMany(part => part)],
            "Violation 1009");
    }

    private static void Characters(TheoryData<string, byte[], string> cases)
    {
        byte[][] good = [[0xC3, 0xA4], [0xE2, 0x82, 0xAC], [0xF0, 0x9F, 0x98, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], [0]];
        foreach (var character in good)
        {
            var name = Convert.ToHexString(character);
            cases.Add($"the character {name}", Frame(Text, character), $"Text {character.Length} End");
            if (character.Length < 2) continue;
            cases.Add(
                $"the character {name} in two fragments",
                [.. Frame(Text, character[..1], final: false), .. Frame(Continuation, character[1..])],
                $"Text {character.Length} End");
            cases.Add($"half of {name}", Frame(Text, character[..^1]), "Violation 1007");
        }

        byte[][] bad =
        [
            [0x80], [0xBF], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xC3, 0x28], [0xE2, 0x28, 0xA1],
        ];
        foreach (var bytes in bad)
            cases.Add($"no character: {Convert.ToHexString(bytes)}", Frame(Text, [0x61, .. bytes]), "Violation 1007");
        cases.Add(
            "no character over two fragments",
            [.. Frame(Text, [0x61, 0xC3], final: false), .. Frame(Continuation, [0x28])],
            "Violation 1007");
    }

    private static void Closes(TheoryData<string, byte[], string> cases)
    {
        cases.Add("a close that says nothing", Frame(Close, []), "Close 0");
        cases.Add("a close of one byte", Frame(Close, [3]), "Violation 1002");
        cases.Add("a close of 126 bytes", Frame(Close, new byte[126]), "Violation 1002");
        foreach (var code in (int[])[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
            cases.Add($"a close with {code}", CloseWith(code, "bye"u8.ToArray()), "Close 0");
        foreach (var code in (int[])[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
            cases.Add($"a close with {code}", CloseWith(code), "Violation 1002");
        cases.Add("a close whose reason is no text", CloseWith(1000, [0xC3, 0x28]), "Violation 1007");
        cases.Add("data after a close", [.. Frame(Close, []), .. Message("late")], "Close 0");
    }

    private static void Lengths(TheoryData<string, byte[], string> cases)
    {
        cases.Add("a short length in two bytes", Frame(Text, [0x61], lengthBytes: 2), "Violation 1002");
        cases.Add("a short length in eight bytes", Frame(Text, new byte[300], lengthBytes: 8), "Violation 1002");
        cases.Add("a ping with a long length", Frame(Ping, [1], lengthBytes: 2), "Violation 1002");
        cases.Add("2^63 bytes", Frame(Text, [0x61], lengthBytes: 8, length: 1UL << 63), "Violation 1002");
        cases.Add("2^63-1 bytes", Frame(Text, [0x61], lengthBytes: 8, length: long.MaxValue), "Violation 1009");
        cases.Add("one byte too many", Frame(Text, [0x61], length: MessageMax + 1UL), "Violation 1009");
        cases.Add(
            "one byte too many over two fragments",
            [.. Frame(Text, new byte[MessageMax], final: false), .. Frame(Continuation, [0x61])],
            "Violation 1009");
    }

    private static async Task<string> ReadAsync(byte[] bytes, params int[] sizes)
    {
        using var stream = new PieceStream(bytes, sizes);
        using var reader = new WebSocketReader(stream, MessageMax);
        var said = new List<string>();
        while (true)
        {
            var read = await reader.ReadAsync(CancellationToken.None);
            said.Add(read.Kind switch
            {
                WebSocketReadKind.Violation => $"Violation {(int)read.Code}",
                WebSocketReadKind.End => "End",
                _ => $"{read.Kind} {read.Payload.Length}",
            });
            if (read.Kind is WebSocketReadKind.Close or WebSocketReadKind.Violation or WebSocketReadKind.End)
                return string.Join(' ', said);
        }
    }

    private static string Ends(byte[] bytes, int[] sizes)
    {
        var read = ReadAsync(bytes, sizes);
        Assert.True(read.IsCompletedSuccessfully, "It waits for what is there.");
        return read.GetAwaiter().GetResult();
    }
}
