using System.Buffers.Binary;
using System.Numerics;

namespace LiveChat.Cql.Cluster;

/// <summary>
/// The hash of Cassandra's Murmur3Partitioner: the first half of MurmurHash3 x64 128 with seed 0, except that Cassandra
/// reads the bytes of the last, short block as signed; and the smallest token is not used, it becomes the largest.
/// </summary>
internal static class Murmur3
{
    private const ulong C1 = 0x87c37b91114253d5;
    private const ulong C2 = 0x4cf5ad432745937f;

    public static long Token(ReadOnlySpan<byte> key)
    {
        var hash = Hash(key);
        return hash == long.MinValue ? long.MaxValue : hash;
    }

    private static long Hash(ReadOnlySpan<byte> key)
    {
        ulong h1 = 0, h2 = 0;
        var left = key;
        for (; left.Length >= 16; left = left[16..])
        {
            h1 ^= MixFirst(BinaryPrimitives.ReadUInt64LittleEndian(left));
            h1 = (BitOperations.RotateLeft(h1, 27) + h2) * 5 + 0x52dce729;
            h2 ^= MixSecond(BinaryPrimitives.ReadUInt64LittleEndian(left[8..]));
            h2 = (BitOperations.RotateLeft(h2, 31) + h1) * 5 + 0x38495ab5;
        }

        if (left.Length > 8) h2 ^= MixSecond(ReadSigned(left[8..]));
        if (left.Length > 0) h1 ^= MixFirst(ReadSigned(left[..Math.Min(8, left.Length)]));

        h1 ^= (ulong)key.Length;
        h2 ^= (ulong)key.Length;
        h1 += h2;
        h2 += h1;
        h1 = Finish(h1);
        h2 = Finish(h2);
        return (long)(h1 + h2);
    }

    private static ulong MixFirst(ulong k) => BitOperations.RotateLeft(k * C1, 31) * C2;

    private static ulong MixSecond(ulong k) => BitOperations.RotateLeft(k * C2, 33) * C1;

    private static ulong ReadSigned(ReadOnlySpan<byte> bytes)
    {
        var value = 0UL;
        for (var index = bytes.Length - 1; index >= 0; index--) value ^= (ulong)(sbyte)bytes[index] << (8 * index);
        return value;
    }

    private static ulong Finish(ulong k)
    {
        k ^= k >> 33;
        k *= 0xff51afd7ed558ccd;
        k ^= k >> 33;
        k *= 0xc4ceb9fe1a85ec53;
        return k ^ (k >> 33);
    }
}
