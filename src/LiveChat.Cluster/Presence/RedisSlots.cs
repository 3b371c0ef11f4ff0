namespace LiveChat.Cluster.Presence;

/// <summary>The slot of a text in a Redis Cluster: CRC-16/XMODEM of its bytes, of 16,384.</summary>
internal static class RedisSlots
{
    private const ushort Polynomial = 0x1021;
    private const int Slots = 16_384;

    /// <param name="text">A text without braces, of ASCII.</param>
    public static int Of(ReadOnlySpan<char> text)
    {
        ushort crc = 0;
        foreach (var letter in text)
        {
            crc ^= (ushort)(letter << 8);
            for (var bit = 0; bit < 8; bit++)
                crc = (ushort)((crc & 0x8000) != 0 ? (crc << 1) ^ Polynomial : crc << 1);
        }

        return crc % Slots;
    }
}
