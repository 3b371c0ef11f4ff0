using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Tests.Protocol;

/// <summary>The two checksums of v5, against values that do not come from this code.</summary>
public sealed class ChecksumTests
{
    [Fact]
    public void The_plain_CRC32_gives_the_published_check_value() =>
        Assert.Equal(0xCBF43926u, Crc32.ComputePlain("123456789"u8));

    [Fact]
    public void The_CRC32_of_a_payload_is_the_plain_one_behind_four_fixed_bytes()
    {
        var payload = Enumerable.Range(0, 1000).Select(value => (byte)(value * 7)).ToArray();
        for (var length = 0; length < payload.Length; length += 13)
        {
            byte[] whole = [0xFA, 0x2D, 0x55, 0xCA, .. payload[..length]];
            Assert.Equal(Crc32.ComputePlain(whole), Crc32.Compute(payload.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Slicing_by_eight_agrees_with_bit_by_bit()
    {
        var random = new Random(1);
        for (var length = 0; length < 64; length++)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            Assert.Equal(BitByBit(bytes), Crc32.ComputePlain(bytes));
        }
    }

    [Theory]
    [InlineData(0x020000 | 9, 3)]
    [InlineData(0, 3)]
    [InlineData(0x1FFFF, 3)]
    public void The_CRC24_agrees_with_long_division(int header, int count)
    {
        var remainder = 0x875060L;
        for (var index = 0; index < count; index++)
        {
            remainder ^= ((header >> (8 * index)) & 0xFFL) << 16;
            for (var bit = 23; bit >= 16; bit--)
            {
                remainder = (remainder & 0x800000) != 0 ? ((remainder << 1) ^ 0x1974F0B) & 0xFFFFFF : remainder << 1;
            }
        }

        Assert.Equal((int)remainder, Crc24.Compute(header, count));
    }

    private static uint BitByBit(byte[] bytes)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        }

        return ~crc;
    }
}
