namespace LiveChat.Cql.Protocol;

/// <summary>
/// The checksum of a segment's header (v5, section 2.1): 24 bits, polynomial 0x1974F0B, start value 0x875060, over the
/// header's bytes in the order in which they are sent.
/// </summary>
internal static class Crc24
{
    private const int Initial = 0x875060;
    private const int Polynomial = 0x1974F0B;

    /// <summary>The checksum of the lowest <paramref name="count"/> bytes of <paramref name="header"/>.</summary>
    public static int Compute(long header, int count)
    {
        var crc = Initial;
        for (var index = 0; index < count; index++)
        {
            crc ^= (int)(header & 0xFF) << 16;
            header >>= 8;
            for (var bit = 0; bit < 8; bit++)
            {
                crc <<= 1;
                if ((crc & 0x1000000) != 0) crc ^= Polynomial;
            }
        }

        return crc;
    }
}
