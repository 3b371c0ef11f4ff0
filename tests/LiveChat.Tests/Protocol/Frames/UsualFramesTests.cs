using System.Buffers;
using System.Text;
using System.Text.Json;
using CsCheck;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Protocol.Frames;

/// <summary>What is read and written without the serializer is what the serializer reads and writes.</summary>
public sealed class UsualFramesTests
{
    private static readonly string[] Data =
    [
        """{"chat":"1","client_id":"2","body":{"text":"hi"}}""",
        """{"body":{"reply_to":3,"format":"markdown","text":"\u00e9 \"x\" ☕"},"client_id":"2","chat":"1"}""",
    ];

    /// <summary>Pieces that, put somewhere into a usual message, make something that is not usual, or not right.
    /// </summary>
    private static readonly string[] Pieces =
    [
        "null", "\"\"", "1.0", "1e3", "-1", "99999999999999999999", "true", "[]", "{}", ",\"chat\":\"9\"",
        "\"chat\":\"9\",", "\"text\":\"9\",", "\"mentions\":[\"ann\"],", "\"custom\":{\"a\":1},", "\"more\":{},",
        "\"reply_to\":4,", "\"Chat\":\"9\",", "\"c\\u0068at\":\"9\",", "\"body\":{},", " ",
    ];

    [Fact]
    public void A_usual_frame_is_written_as_the_serializer_writes_it()
    {
        var usual = 0;
        RandomFrames.Of<Ack>().Sample(Look, iter: 2_000);
        RandomFrames.Of<MessageCreated>().Sample(Look, iter: 20_000);
        Assert.InRange(usual, 2_100, 21_000);

        void Look(ServerFrame frame)
        {
            var output = new ArrayBufferWriter<byte>();
            using var writer = new Utf8JsonWriter(output, JsonFrames.WriterOptions);
            if (!UsualFrames.TryWriteData(writer, frame)) return;
            writer.Flush();
            Interlocked.Increment(ref usual);
            Assert.Equal(Serialized(frame), Encoding.UTF8.GetString(output.WrittenSpan));
        }
    }

    [Fact]
    public void Every_member_of_a_usual_frame_is_written_or_makes_it_unusual() => RandomFrames.Server.Sample(
        frame =>
        {
            var output = new ArrayBufferWriter<byte>();
            JsonFrames.WriteData(output, frame);
            Assert.Equal(Serialized(frame), Encoding.UTF8.GetString(output.WrittenSpan));
        },
        iter: 5_000);

    [Fact]
    public void What_is_read_as_a_usual_message_is_what_the_serializer_reads()
    {
        var usual = 0;
        Gen.Select(Gen.Int[0, Data.Length - 1], Gen.Int[0, Pieces.Length - 1], Gen.Int[0, 200], Gen.Int[0, 12]).Sample(
            (at, piece, where, cut) =>
            {
                var text = Data[at];
                var from = Math.Min(where, text.Length);
                Look(text[..from] + Pieces[piece] + text[Math.Min(text.Length, from + cut)..]);
            },
            iter: 100_000);
        Assert.True(usual > 1_000, $"{usual} usual ones");
        foreach (var text in Data) Look(text);
        RandomFrames.Of<MessageSend>().Sample(
            frame =>
            {
                var output = new ArrayBufferWriter<byte>();
                JsonSerializer.Serialize(new Utf8JsonWriter(output), frame, FrameJsonContext.Default.MessageSend);
                Look(Encoding.UTF8.GetString(output.WrittenSpan));
            },
            iter: 5_000);

        void Look(string text)
        {
            if (!IsJson(text)) return; // Refused before anything is built from it.
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            reader.Read();
            if (UsualFrames.ReadMessage(reader, 7) is not { } read) return;
            Interlocked.Increment(ref usual);
            Assert.Equal(JsonSerializer.Deserialize(text, FrameJsonContext.Default.MessageSend)! with { Id = 7 }, read);
        }
    }

    [Theory]
    [InlineData("""{"chat":null,"client_id":"2","body":{"text":"hi"}}""")]
    [InlineData("""{"client_id":"2","body":{"text":"hi"}}""")]
    [InlineData("""{"chat":"1","body":{"text":"hi"}}""")]
    [InlineData("""{"chat":"1","client_id":"2"}""")]
    [InlineData("""{"chat":"1","client_id":"2","body":{}}""")]
    [InlineData("""{"chat":"1","chat":"1","client_id":"2","body":{"text":"hi"}}""")]
    [InlineData("""{"chat":"1","client_id":"2","body":{"text":"hi"},"body":{"text":"hi"}}""")]
    [InlineData("""{"chat":"1","client_id":"2","body":{"text":"hi","text":"ho"}}""")]
    [InlineData("""{"chat":"1","client_id":"2","body":{"text":"hi","reply_to":1.5}}""")]
    [InlineData("""{"chat":"1","client_id":"2","body":{"text":"hi","mentions":[]}}""")]
    [InlineData("""{"chat":"1","client_id":"2","body":{"text":"hi","custom":{}}}""")]
    [InlineData("""{"chat":"1","client_id":"2","body":{"text":"hi"},"more":1}""")]
    [InlineData("""[]""")]
    public void What_is_unusual_is_left_to_the_serializer(string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        reader.Read();
        Assert.Null(UsualFrames.ReadMessage(reader, 7));
    }

    private static bool IsJson(string text)
    {
        try
        {
            JsonDocument.Parse(text).Dispose();
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string Serialized(ServerFrame frame)
    {
        var output = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(output, JsonFrames.WriterOptions);
        if (frame is ErrorFrame error)
            JsonSerializer.Serialize(writer, error.Problem, FrameJsonContext.Default.Problem);
        else if (frame is UnknownEvent unknown)
            JsonSerializer.Serialize(writer, unknown, FrameJsonContext.Default.UnknownEvent);
        else
            JsonSerializer.Serialize(writer, frame, FrameTable.ShapeOf(frame.GetType()));
        writer.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
