using System.Buffers;
using System.Text;
using CsCheck;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Protocol.Frames;

/// <summary>The JSON codec over random frames and random bytes.</summary>
public sealed class JsonFramesTests
{
    private static readonly string[] Corpus = [.. Vectors.Load("client-frames.json")
        .Concat(Vectors.Load("server-frames.json"))
        .Concat(Vectors.Load("malformed-client-frames.json"))
        .Select(row => row.Data.Item2.Text("frame"))];

    [Fact]
    public void A_client_frame_survives_the_wire() => RandomFrames.Client.Sample(
        frame =>
        {
            var output = new ArrayBufferWriter<byte>();
            JsonFrames.Write(output, frame);
            var read = JsonFrames.ReadClientFrame(output.WrittenSpan);
            return RandomFrames.Same(frame, read.Frame) && read.Number == frame.Id;
        },
        iter: 5_000);

    [Fact]
    public void A_server_frame_survives_the_wire() => RandomFrames.Server.Sample(
        frame =>
        {
            var output = new ArrayBufferWriter<byte>();
            JsonFrames.Write(output, frame);
            var read = JsonFrames.ReadServerFrame(output.WrittenSpan);
            return RandomFrames.Same(frame, read.Frame) && read.Number == frame.Re;
        },
        iter: 5_000);

    [Fact]
    public void A_written_frame_has_no_line_feed_and_no_null() => RandomFrames.Server.Sample(
        frame =>
        {
            var output = new ArrayBufferWriter<byte>();
            JsonFrames.Write(output, frame);
            var text = Encoding.UTF8.GetString(output.WrittenSpan);
            return !text.Contains('\n') && !text.Replace("[1,2.5,null", "", StringComparison.Ordinal).Contains("null");
        },
        iter: 2_000);

    [Fact]
    public void Garbage_is_refused_and_never_throws() =>
        Gen.Select(Gen.Int[0, Corpus.Length - 1], Gen.Int[0, 6], Gen.Int).Sample(
            (at, changes, seed) =>
            {
                var random = new Random(seed);
                var bytes = Encoding.UTF8.GetBytes(Corpus[at]);
                for (var i = 0; i < changes && bytes.Length > 0; i++)
                {
                    bytes[random.Next(bytes.Length)] = random.Next(3) switch
                    {
                        0 => (byte)random.Next(256),
                        1 => (byte)"{}[]\",:\\u0"[random.Next(10)],
                        _ => bytes[random.Next(bytes.Length)],
                    };
                }

                var part = bytes.AsSpan(0, random.Next(4) == 0 ? random.Next(bytes.Length + 1) : bytes.Length);
                var client = JsonFrames.ReadClientFrame(part);
                var server = JsonFrames.ReadServerFrame(part);
                return IsWhole(client.Status, client.Frame, client.Problem)
                    && IsWhole(server.Status, server.Frame, server.Problem);
            },
            iter: 50_000);

    [Fact]
    public void The_default_of_a_read_is_no_success() =>
        Assert.Equal(FrameReadStatus.Malformed, default(FrameRead<ClientFrame>).Status);

    [Theory]
    [InlineData("", "")]
    [InlineData("\n\r\n \n", "")]
    [InlineData("a", "a")]
    [InlineData("a\nb", "a|b")]
    [InlineData("\na\n\n b\r\nc\n", "a| b\r|c")]
    public void A_message_is_split_at_line_feeds(string message, string frames)
    {
        ReadOnlyMemory<byte> rest = Encoding.UTF8.GetBytes(message);
        var found = new List<string>();
        while (JsonFrames.TryTakeFrame(ref rest, out var frame)) found.Add(Encoding.UTF8.GetString(frame.Span));
        Assert.Equal(frames, string.Join('|', found));
    }

    [Theory]
    [InlineData("ä ☕ 漢 😀 👩🏽‍💻", "ä ☕ 漢 😀 👩🏽‍💻")]
    [InlineData("<script> & ' + / \u3000\u2028\ue000\u007f", "<script> & ' + / \u3000\u2028\ue000\u007f")]
    [InlineData("\"\\\b\f\n\r\t\u0000\u001f", """\"\\\b\f\n\r\t\u0000\u001f""")]
    [InlineData("😀\n😀", """😀\n😀""")]
    public void A_text_is_written_as_it_is_but_for_what_JSON_requires(string text, string expected) =>
        Assert.Equal($$$"""{"type":"chats","data":{"cursor":"{{{expected}}}"}}""", Written(text));

    [Fact]
    public void Half_of_a_surrogate_pair_is_written_as_the_replacement_character()
    {
        var halves = new[] { '\ud800', '\udc00' };
        foreach (var half in halves) Assert.Contains("\"a\\ufffdb\"", Written($"a{half}b"), StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_has_its_common_members_first_and_in_one_order()
    {
        var output = new ArrayBufferWriter<byte>();
        JsonFrames.Write(output, new MessageDeleted
        {
            Chat = "1",
            Seq = 2,
            N = 3,
            Id = "4",
            ClientId = "5",
            Sender = "6",
            SentAt = DateTimeOffset.UnixEpoch,
            Target = 7,
        });
        Assert.Equal(
            """
            {"type":"message.deleted","data":{"chat":"1","seq":2,"n":3,"id":"4","client_id":"5","sender":"6",
            """.TrimEnd() + """
            "sent_at":"1970-01-01T00:00:00.000Z","target":7}}
            """,
            Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("", FrameReadStatus.Frame)]
    [InlineData("{}", FrameReadStatus.Frame)]
    [InlineData("""{"cursor":"c1","x":[1]}""", FrameReadStatus.Frame)]
    [InlineData("""{"cursor":1}""", FrameReadStatus.Malformed)]
    [InlineData("{} {}", FrameReadStatus.Malformed)]
    [InlineData("{}]", FrameReadStatus.Malformed)]
    [InlineData("[]", FrameReadStatus.Malformed)]
    [InlineData("null", FrameReadStatus.Malformed)]
    [InlineData("""{"cursor":"\ud800"}""", FrameReadStatus.Malformed)]
    public void The_data_of_a_command_is_read_without_its_envelope(string data, FrameReadStatus expected)
    {
        var read = JsonFrames.ReadClientData(FrameType.Chats, Encoding.UTF8.GetBytes(data));
        Assert.Equal(expected, read.Status);
    }

    [Fact]
    public void The_data_of_an_answer_is_written_without_its_envelope()
    {
        var output = new ArrayBufferWriter<byte>();
        JsonFrames.WriteData(output, new Ack { Chat = "1", Id = "2", Seq = 3, Re = 4 });
        Assert.Equal(
            """{"chat":"1","id":"2","seq":3,"duplicate":false}""", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    private static string Written(string text)
    {
        var output = new ArrayBufferWriter<byte>();
        JsonFrames.Write(output, new ChatsGet { Cursor = text });
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static bool IsWhole(FrameReadStatus status, object? frame, string? problem) => status switch
    {
        FrameReadStatus.Frame => frame is not null && problem is null,
        FrameReadStatus.UnknownType => frame is null && problem is null,
        _ => frame is null && !string.IsNullOrEmpty(problem),
    };
}
