using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Log;

/// <summary>
/// Which partition a chat's records go to: the finaliser of SplitMix64 (Steele, Lea and Flood, 2014) over the chat
/// id, modulo the number of partitions. It is written out here, and held by golden values in a test, because every
/// log implementation must agree for ever: a library's hash that changes would tear a chat's order apart. The low
/// bits of a Snowflake id are a sequence that mostly starts at 0, hence a mixer and not the plain remainder.
/// </summary>
internal static class Partitioner
{
    public static int PartitionOf(ChatId chat, int partitions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        return (int)(Mix(chat.Value) % (ulong)partitions);
    }

    /// <summary>A bijection of 64 bits in which every bit of the input moves about half of the output.</summary>
    internal static ulong Mix(ulong value)
    {
        unchecked
        {
            value += 0x9E37_79B9_7F4A_7C15;
            value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
            value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
            return value ^ (value >> 31);
        }
    }
}
