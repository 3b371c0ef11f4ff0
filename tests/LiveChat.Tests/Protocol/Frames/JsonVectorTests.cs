using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Protocol.Frames;

/// <summary>The golden vectors: what they say is what goes over the wire. Compared as JSON: escapes are free.</summary>
public sealed class JsonVectorTests
{
    public static TheoryData<string, JsonElement> ClientFrames => Vectors.Load("client-frames.json");

    public static TheoryData<string, JsonElement> ServerFrames => Vectors.Load("server-frames.json");

    public static TheoryData<string, JsonElement> LenientFrames => Vectors.Load("lenient-frames.json");

    public static TheoryData<string, JsonElement> MalformedFrames => Vectors.Load("malformed-client-frames.json");

    [Theory]
    [MemberData(nameof(ClientFrames), DisableDiscoveryEnumeration = true)]
    public void A_client_frame_is_read_and_written_as_the_vector_says(string name, JsonElement vector) =>
        AssertSame(vector.Text("frame"), Rewrite(name, "client", vector.Text("frame")));

    [Theory]
    [MemberData(nameof(ServerFrames), DisableDiscoveryEnumeration = true)]
    public void A_server_frame_is_read_and_written_as_the_vector_says(string name, JsonElement vector) =>
        AssertSame(vector.Text("frame"), Rewrite(name, "server", vector.Text("frame")));

    [Theory]
    [MemberData(nameof(LenientFrames), DisableDiscoveryEnumeration = true)]
    public void What_is_unknown_is_ignored(string name, JsonElement vector) =>
        AssertSame(vector.Text("reads_as"), Rewrite(name, vector.Text("side"), vector.Text("frame")));

    [Theory]
    [MemberData(nameof(MalformedFrames), DisableDiscoveryEnumeration = true)]
    public void A_malformed_frame_is_refused_with_its_number_where_that_is_certain(string name, JsonElement vector)
    {
        var read = JsonFrames.ReadClientFrame(Encoding.UTF8.GetBytes(vector.Text("frame")));

        Assert.True(read.Status == FrameReadStatus.Malformed, $"{name}: {read}");
        Assert.Null(read.Frame);
        Assert.NotEmpty(read.Problem!);
        Assert.Equal(vector.TryGetProperty("id", out var id) ? id.GetUInt32() : null, read.Number);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused()
    {
        byte[] frame = [.. "{\"type\":\"chats\",\"id\":1,\"data\":{\"cursor\":\""u8, 0xC3, .. "\"}}"u8];
        Assert.Equal(FrameReadStatus.Malformed, JsonFrames.ReadClientFrame(frame).Status);
    }

    [Fact]
    public void Every_type_of_frame_has_a_vector()
    {
        var types = new HashSet<string>();
        foreach (var file in (string[])["client-frames.json", "server-frames.json"])
        {
            foreach (var row in Vectors.Load(file))
            {
                var frame = JsonDocument.Parse(row.Data.Item2.Text("frame"));
                types.Add(frame.RootElement.Text("type"));
            }
        }

        var names = typeof(FrameType).GetFields().Select(field => (string)field.GetValue(null)!);
        Assert.Equal(names.Order(), types.Order());
    }

    private static void AssertSame(string? expected, string? actual)
    {
        if (expected is null || actual is null) Assert.Equal(expected, actual);
        else Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(actual)), actual);
    }

    private static string? Rewrite(string name, string side, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var output = new ArrayBufferWriter<byte>();
        if (side == "client")
        {
            var read = JsonFrames.ReadClientFrame(bytes);
            Assert.True(read.Status != FrameReadStatus.Malformed, $"{name}: {read.Problem}");
            if (read.Frame is null) return null;
            JsonFrames.Write(output, read.Frame);
        }
        else
        {
            var read = JsonFrames.ReadServerFrame(bytes);
            Assert.True(read.Status != FrameReadStatus.Malformed, $"{name}: {read.Problem}");
            if (read.Frame is null) return null;
            JsonFrames.Write(output, read.Frame);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
