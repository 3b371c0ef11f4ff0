using CsCheck;
using Google.Protobuf;
using LiveChat.Core.Log;
using LiveChat.Tests.Chats;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Log;

public sealed class RecordEnvelopeTests
{
    [Fact]
    public void A_record_comes_back_as_it_was_with_its_rules_number()
    {
        Gens.Record.Select(Gen.UShort).Sample((record, rules) =>
        {
            var bytes = RecordEnvelope.Encode(record, rules);
            var decoded = RecordEnvelope.Decode(bytes);
            return decoded.Status == EnvelopeStatus.Ok
                && decoded.Rules == rules
                && decoded.Record!.Equals(record)
                && bytes.Length == record.CalculateSize() + RecordEnvelope.OverheadBytes;
        });
    }

    [Fact]
    public void Any_flipped_bit_and_any_cut_fails_the_checksum()
    {
        Gens.Record.Select(Gen.UInt).Sample((record, where) =>
        {
            var bytes = RecordEnvelope.Encode(record, 1);
            var bit = (int)(where % (uint)(bytes.Length * 8));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var flipped = RecordEnvelope.Decode(bytes).Status;
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var cut = RecordEnvelope.Decode(bytes.AsSpan(0, (int)(where % (uint)bytes.Length))).Status;
            return flipped == EnvelopeStatus.ChecksumFailed && cut == EnvelopeStatus.ChecksumFailed;
        });
    }

    [Fact]
    public void Arbitrary_bytes_are_never_a_record()
    {
        Gen.Byte.Array[0, 200].Sample(bytes =>
            RecordEnvelope.Decode(bytes).Status == EnvelopeStatus.ChecksumFailed);
    }

    [Theory]
    [InlineData(0, 2)] // a later format
    [InlineData(1, 9)] // a kind below the known ones
    [InlineData(1, 20)] // a later kind
    [InlineData(1, 12)] // a known kind, but not that of the record
    public void What_this_version_does_not_know_is_unknown_and_not_damage(int offset, byte value)
    {
        var bytes = RecordEnvelope.Encode(Records.Message("ann", 1), 1);
        bytes[offset] = value;
        Seal(bytes);
        Assert.Equal(EnvelopeStatus.Unknown, RecordEnvelope.Decode(bytes).Status);
    }

    [Fact]
    public void A_good_checksum_over_an_unreadable_record_is_an_exception_since_the_partition_must_stop()
    {
        var bytes = new byte[RecordEnvelope.OverheadBytes + 1];
        bytes[0] = RecordEnvelope.Format;
        bytes[1] = (byte)Record.BodyOneofCase.Message;
        bytes[4] = 0xFF;
        Seal(bytes);
        Assert.Throws<InvalidProtocolBufferException>(() => RecordEnvelope.Decode(bytes));
    }

    [Fact]
    public void The_bytes_of_version_1_never_change()
    {
        var record = new Record
        {
            Id = 1, Chat = 2, Sender = "ann", ClientId = ByteString.CopyFrom(new byte[16]),
            MembersMax = 256, PullAt = 50, PushBelow = 40,
            Message = new Message { Body = new Body { Text = "hi" } },
        };
        Assert.Equal(
            "010B0100090100000000000000110200000000000000"
            + "1A03616E6E221000000000000000000000000000000000288002303238285A060A040A026869"
            + "B2DDF9AD0B2C2B18",
            Convert.ToHexString(RecordEnvelope.Encode(record, 1)));
    }

    [Fact]
    public void A_tick_has_no_record_and_is_as_well_guarded_as_one()
    {
        var bytes = RecordEnvelope.Tick.ToArray();
        Assert.Equal("01130000AEE2AC9E25B6FB05", Convert.ToHexString(bytes));
        Assert.Equal(new DecodedRecord(EnvelopeStatus.Tick, 0, null), RecordEnvelope.Decode(bytes));
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(EnvelopeStatus.ChecksumFailed, RecordEnvelope.Decode(bytes).Status);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    private static void Seal(byte[] bytes) =>
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(
            bytes.AsSpan(bytes.Length - 8), System.IO.Hashing.XxHash3.HashToUInt64(bytes.AsSpan(0, bytes.Length - 8)));
}
