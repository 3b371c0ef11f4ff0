using System.Globalization;

namespace LiveChat.Protocol.Ids;

/// <summary>
/// The layout of a Snowflake id, most significant first: 41 bits of milliseconds since <see cref="Epoch"/>,
/// 10 bits of node, 13 bits of sequence. 64 bits, unsigned; the time is exhausted in the year 2094.
/// </summary>
public static class Snowflake
{
    /// <summary>Bits of the sequence within one millisecond of one node: 8,192 ids.</summary>
    public const int SequenceBits = 13;

    /// <summary>Bits of the node id: 1,024 nodes that issue ids.</summary>
    public const int NodeBits = 10;

    /// <summary>Bits of the time in milliseconds.</summary>
    public const int TimeBits = 41;

    /// <summary>2025-01-01T00:00:00Z in Unix milliseconds: fixed and public for ever.</summary>
    public const long EpochUnixMilliseconds = 1_735_689_600_000;

    /// <summary>The zero of the ids' time.</summary>
    public static DateTimeOffset Epoch => DateTimeOffset.FromUnixTimeMilliseconds(EpochUnixMilliseconds);

    /// <summary>The Unix time in milliseconds that the id carries.</summary>
    public static long UnixMilliseconds(ulong id) => (long)(id >> (NodeBits + SequenceBits)) + EpochUnixMilliseconds;

    /// <summary>The node that issued the id.</summary>
    public static int Node(ulong id) => (int)(id >> SequenceBits) & ((1 << NodeBits) - 1);

    internal static bool TryParse(ReadOnlySpan<char> text, out ulong value)
    {
        value = 0;
        return text.Length is > 0 and <= 20
            && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
            && value != 0;
    }
}
