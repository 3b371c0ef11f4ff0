namespace LiveChat.Cql.Protocol;

/// <summary>
/// The checksum of a segment's payload (v5, section 2.1): CRC-32 of IEEE 802.3 over the bytes FA 2D 55 CA and then the
/// payload. Slicing by eight: about 2 GB/s, far above what one connection carries, and no package for it.
/// </summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private static readonly uint[] Tables = CreateTables();
    private static readonly uint Seeded = Update(0xFFFFFFFF, [0xFA, 0x2D, 0x55, 0xCA]);

    public static uint Compute(ReadOnlySpan<byte> payload) => ~Update(Seeded, payload);

    /// <summary>The plain CRC-32 without the four leading bytes; its check value of "123456789" is CBF43926.</summary>
    public static uint ComputePlain(ReadOnlySpan<byte> bytes) => ~Update(0xFFFFFFFF, bytes);

    private static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        var tables = Tables.AsSpan();
        while (bytes.Length >= 8)
        {
            crc ^= BitConverter.IsLittleEndian
                ? BitConverter.ToUInt32(bytes)
                : System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            crc = tables[0x700 | (int)(crc & 0xFF)] ^ tables[0x600 | (int)((crc >> 8) & 0xFF)]
                ^ tables[0x500 | (int)((crc >> 16) & 0xFF)] ^ tables[0x400 | (int)(crc >> 24)]
                ^ tables[0x300 | bytes[4]] ^ tables[0x200 | bytes[5]]
                ^ tables[0x100 | bytes[6]] ^ tables[bytes[7]];
            bytes = bytes[8..];
        }

        foreach (var value in bytes) crc = tables[(int)((crc ^ value) & 0xFF)] ^ (crc >> 8);
        return crc;
    }

    private static uint[] CreateTables()
    {
        var tables = new uint[8 * 256];
        for (var index = 0u; index < 256; index++)
        {
            var crc = index;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ Polynomial : crc >> 1;
            tables[index] = crc;
        }

        for (var index = 256; index < tables.Length; index++)
            tables[index] = (tables[index - 256] >> 8) ^ tables[tables[index - 256] & 0xFF];
        return tables;
    }
}
