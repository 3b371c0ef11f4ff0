using System.Buffers;
using System.Runtime.InteropServices;
using CsCheck;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Tests.Protocol;

/// <summary>Cutting a byte stream into messages, however the network cuts it.</summary>
public sealed class EnvelopeReaderTests
{
    private static readonly Gen<(bool IsSegmented, int[] Sizes, int Chunk)> Streams =
        Gen.Select(Gen.Bool, Gen.OneOf(Gen.Int[0, 300], Gen.Int[100_000, 300_000]).Array[1, 6], Gen.Int[1, 5000]);

    [Fact]
    public void Messages_arrive_whole_however_the_stream_is_cut() => Streams.Sample(
        input =>
        {
            var bytes = Encode(input.Sizes, input.IsSegmented);
            Assert.Equal(input.Sizes, Decode(bytes, input.Chunk, input.IsSegmented));
        },
        iter: 60);

    [Fact]
    public void Several_messages_in_one_segment_are_several_messages()
    {
        using var envelopes = new ByteWriter();
        for (var size = 0; size < 3; size++)
            EnvelopeWriter.Write(envelopes, new AuthResponseRequest(new byte[size]), 1, ProtocolVersion.V5, false, 100);
        Assert.Equal([0, 1, 2], Decode(Wrap(envelopes.Written, true), 1000, true));
    }

    [Fact]
    public void A_flipped_bit_anywhere_in_a_segment_is_refused()
    {
        var good = Encode([20], true);
        for (var bit = 0; bit < good.Length * 8; bit++)
        {
            var bad = good.ToArray();
            bad[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<CqlProtocolException>(() => Decode(bad, 1000, true));
        }
    }

    [Theory]
    [InlineData("04 00 0000 08 FFFFFFFF")]
    [InlineData("84 00 0000 04 00000000")] // no such opcode
    [InlineData("84 00 0000 11 00000000")]
    [InlineData("47 00 0000 08 00000000")] // no such version: HTTP, perhaps
    public void A_header_that_cannot_be_is_refused_before_its_body_comes(string hex) =>
        Assert.Throws<CqlProtocolException>(() => Decode(Hex.Bytes(hex), 100, false));

    [Fact]
    public void A_self_contained_segment_between_parts_is_refused()
    {
        var part = Wrap(Hex.Bytes("05 00 0001 08 00000064 00"), false);
        var whole = Wrap(Hex.Bytes("05 00 0001 08 00000000"), true);
        Assert.Throws<CqlProtocolException>(() => Decode([.. part, .. whole], 1000, true));
    }

    [Fact]
    public void A_self_contained_segment_must_hold_whole_messages()
    {
        Assert.Throws<CqlProtocolException>(() => Decode(Wrap(Hex.Bytes("05 00 0001"), true), 1000, true));
        Assert.Throws<CqlProtocolException>(
            () => Decode(Wrap(Hex.Bytes("05 00 0001 08 00000002 00"), true), 1000, true));
    }

    [Fact]
    public void Parts_longer_than_their_message_are_refused() => Assert.Throws<CqlProtocolException>(() =>
        Decode(Wrap(Hex.Bytes("05 00 0001 08 00000001 00 00"), false), 1000, true));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_body_above_the_limit_is_passed_over_without_being_kept(bool isSegmented)
    {
        const int Limit = 200_000;
        var bytes = Encode([1, Limit, 3, 70_000], isSegmented); // with four bytes of length, the second is above it
        using var reader = new EnvelopeReader(Limit);
        if (isSegmented) reader.SwitchToSegments();
        var sizes = new List<(int, bool)>();
        var input = ReadOnlySequence<byte>.Empty;
        for (var end = 1; end <= bytes.Length; end++)
        {
            input = new ReadOnlySequence<byte>(bytes.AsMemory((end - 1 - (int)input.Length)..end));
            while (reader.TryRead(ref input, out var message))
            {
                sizes.Add((message.Header.BodyLength, message.IsPassedOver));
                message.Return();
            }
        }

        Assert.Equal([(5, false), (Limit + 4, true), (7, false), (70_004, false)], sizes);
        Assert.True(input.IsEmpty);
    }

    [Fact]
    public void A_small_limit_holds_inside_of_a_segment_too()
    {
        using var reader = new EnvelopeReader(2);
        reader.SwitchToSegments();
        var input = new ReadOnlySequence<byte>(
            Wrap(Hex.Bytes("05 00 0001 08 00000003 00 00 00 05 00 0002 08 00000001 00"), true));
        Assert.True(reader.TryRead(ref input, out var large) && large is { IsPassedOver: true, Header.Stream: 1 });
        Assert.True(reader.TryRead(ref input, out var small) && small is { IsPassedOver: false, Header.Stream: 2 });
    }

    [Fact]
    public void Parts_longer_than_a_message_that_is_passed_over_are_refused()
    {
        using var reader = new EnvelopeReader(2);
        reader.SwitchToSegments();
        var input = new ReadOnlySequence<byte>(
            [.. Wrap(Hex.Bytes("05 00 0001 08 00000003 00"), false), .. Wrap(new byte[3], false)]);
        Assert.True(reader.TryRead(ref input, out _));
        Assert.Throws<CqlProtocolException>(() => reader.TryRead(ref input, out _));
    }

    [Fact]
    public void One_large_message_does_not_keep_its_memory()
    {
        using var writer = new ByteWriter();
        writer.Reserve(50_000_000);
        writer.Clear();
        writer.WriteInt(1);
        Assert.True(MemoryMarshal.TryGetArray(writer.WrittenMemory, out var kept));
        Assert.InRange(kept.Array!.Length, 4, 1 << 21);
    }

    private static byte[] Encode(int[] sizes, bool isSegmented)
    {
        using var writer = new ByteWriter();
        foreach (var size in sizes)
        {
            EnvelopeWriter.Write(
                writer, new AuthResponseRequest(new byte[size]), 1, ProtocolVersion.V5, isSegmented, 1 << 20);
        }

        return writer.Written.ToArray();
    }

    private static byte[] Wrap(ReadOnlySpan<byte> payload, bool isSelfContained)
    {
        using var writer = new ByteWriter();
        Segment.WriteHeader(writer.Reserve(6), payload.Length, isSelfContained);
        writer.WriteRaw(payload);
        Segment.WriteTrailer(writer.Reserve(4), payload);
        return writer.Written.ToArray();
    }

    /// <summary>The token lengths of the AUTH_RESPONSE messages in the stream, given to the reader in pieces.</summary>
    private static int[] Decode(byte[] bytes, int chunk, bool isSegmented)
    {
        using var reader = new EnvelopeReader(1 << 20);
        if (isSegmented) reader.SwitchToSegments();
        var sizes = new List<int>();
        var consumed = 0;
        for (var end = 0; end < bytes.Length;)
        {
            end = Math.Min(bytes.Length, end + chunk);
            var left = new ReadOnlySequence<byte>(bytes.AsMemory(consumed..end));
            while (reader.TryRead(ref left, out var message))
            {
                var body = new BodyReader(message.Body);
                Assert.True(body.TryReadBytes(out var token));
                sizes.Add(token.Length);
                message.Return();
            }

            consumed = end - (int)left.Length;
        }

        Assert.Equal(bytes.Length, consumed);
        return [.. sizes];
    }
}
