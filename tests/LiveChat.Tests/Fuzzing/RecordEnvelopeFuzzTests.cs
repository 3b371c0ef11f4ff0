using System.Buffers.Binary;
using System.IO.Hashing;
using Google.Protobuf;
using LiveChat.Core.Log;
using LiveChat.Tests.Chats;
using Xunit;

namespace LiveChat.Tests.Fuzzing;

/// <summary>
/// Records of every kind, damaged, mostly under a checksum that holds, as a faulty writer would leave them. They are
/// damage, unknown, a record that encodes to the same record again, or the one exception that stops a partition.
/// </summary>
public sealed class RecordEnvelopeFuzzTests(ITestOutputHelper output)
{
    private const int ChecksumBytes = 8;
    private const long BytesAlways = 1024 * 1024;

    /// <summary>
    /// Found by this test: Protobuf joins a body that is there again with the former, so a record with many bodies
    /// costs the square of its length. Only ingest writes records, and each has one; longer inputs show nothing else.
    /// </summary>
    private const int BytesMax = 2_000;

    /// <summary>An empty message in a list costs 2 bytes in the log and an object here, in each of three readings.
    /// </summary>
    private const long BytesPerByte = 500;

    private static readonly byte[][] Words =
    [
        [0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x5A, 0x00], [0x52, 0x02, 0x0A, 0x00],
        [0x0B], [0x0C], [0x0F], [0x1A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0x22, 0x00], [0xFA, 0x3F, 0x01, 0x00],
    ];

    [Fact]
    public void Damaged_records_are_known_as_such_or_encode_to_themselves() =>
        New().Run(output, static random =>
        {
            byte[][] corpus = [.. Records.Story().Select(record => RecordEnvelope.Encode(record, 1))];
            var mutator = new Mutator(random, corpus, Words);
            return () =>
            {
                var bytes = mutator.Next();
                if (bytes.Length > BytesMax) bytes = bytes[..BytesMax];
                if (random.Next(10) > 0) bytes = Sealed(bytes);
                return bytes;
            };
        });

    [Theory]
    [InlineData("")]
    [InlineData("010B0100")]
    [InlineData("010B0100" + "5A00" + "0000000000000000")]
    [InlineData("010B0100" + "0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B" + "0000000000000000")] // Groups within groups.
    [InlineData("010B0100" + "5AFFFFFFFF07" + "0000000000000000")] // A body that promises 2 GB.
    public void Inputs_that_broke_readers_are_read_as_they_should(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        New().Check(bytes);
        New().Check(Sealed(bytes));
    }

    [Fact]
    public void A_body_that_is_there_again_is_joined_with_the_former()
    {
        byte[] users = [0x7A, 0x05, 0x0A, 0x03, (byte)'c', (byte)'a', (byte)'t'];
        byte[] record = [0x01, 0x0F, 0x01, 0x00, .. Enumerable.Repeat(users, 200).SelectMany(part => part)];
        var bytes = Sealed([.. record, .. new byte[ChecksumBytes]]);
        Assert.True(New().Check(bytes));
        Assert.Equal(200, RecordEnvelope.Decode(bytes).Record!.MembersAdded.Users.Count);
    }

    private static Fuzzer New() => new(Accepts, BytesAlways, BytesPerByte);

    private static bool Accepts(byte[] bytes)
    {
        DecodedRecord first;
        try
        {
            first = RecordEnvelope.Decode(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }

        Assert.Equal(first.Status is EnvelopeStatus.Ok, first.Record is not null);
        if (first.Record is null) return false;
        var encoded = RecordEnvelope.Encode(first.Record, first.Rules);
        var second = RecordEnvelope.Decode(encoded);
        Assert.Equal((EnvelopeStatus.Ok, first.Rules), (second.Status, second.Rules));
        Assert.True(first.Record.Equals(second.Record), "It is another record after it was written.");
        Assert.True(encoded.AsSpan().SequenceEqual(RecordEnvelope.Encode(second.Record!, second.Rules)));
        return true;
    }

    private static byte[] Sealed(byte[] bytes)
    {
        if (bytes.Length < ChecksumBytes) return bytes;
        byte[] whole = [.. bytes];
        var end = whole.Length - ChecksumBytes;
        BinaryPrimitives.WriteUInt64LittleEndian(whole.AsSpan(end), XxHash3.HashToUInt64(whole.AsSpan(0, end)));
        return whole;
    }
}
