using System.Buffers.Binary;

namespace LiveChat.Tests.Fuzzing;

/// <summary>
/// Makes bad inputs of good ones: a few changes each, of the kinds that parsers have been broken with (flipped bits,
/// extreme numbers, cut, doubled and repeated parts, parts of another input, words of the format). Pure chance of the
/// seed; used by one thread.
/// </summary>
/// <param name="random">Where chance comes from.</param>
/// <param name="corpus">Good inputs.</param>
/// <param name="words">What the format's readers look for.</param>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> corpus, IReadOnlyList<byte[]> words)
{
    /// <summary>A little more than the longest message that is taken.</summary>
    private const int BytesMax = 70 * 1024;

    private const int ChangesMax = 5;
    private const int RepeatsMax = 2_000;

    private static readonly ulong[] Numbers =
    [
        0, 1, 0x7D, 0x7E, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
        0x001F_FFFF_FFFF_FFFF, 0x0020_0000_0000_0000, long.MaxValue, 1UL << 63, ulong.MaxValue,
    ];

    /// <summary>A good input, changed or as it is.</summary>
    public byte[] Next()
    {
        var bytes = new List<byte>(Any(corpus));
        for (var changes = random.Next(ChangesMax + 1); changes > 0; changes--) Change(bytes);
        if (bytes.Count > BytesMax) bytes.RemoveRange(BytesMax, bytes.Count - BytesMax);
        return [.. bytes];
    }

    private void Change(List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        var length = random.Next(Math.Min(64, bytes.Count - at) + 1);
        switch (random.Next(9))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 4:
                Repeat(bytes, at, length);
                break;
            case 5:
                var other = Any(corpus);
                var from = random.Next(other.Length + 1);
                bytes.InsertRange(at, other[from..random.Next(from, other.Length + 1)]);
                break;
            case 6:
                bytes.InsertRange(at, Any(words));
                break;
            case 7:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            default:
                Overwrite(bytes, at);
                break;
        }
    }

    private void Repeat(List<byte> bytes, int at, int length)
    {
        var part = bytes.GetRange(at, length);
        var times = Math.Min(random.Next(4) == 0 ? random.Next(RepeatsMax) : 2, BytesMax / Math.Max(1, length));
        for (; times > 0; times--) bytes.InsertRange(at, part);
    }

    private void Overwrite(List<byte> bytes, int at)
    {
        Span<byte> number = stackalloc byte[sizeof(ulong)];
        var value = Numbers[random.Next(Numbers.Length)];
        var size = 1 << random.Next(4);
        if (random.Next(2) == 0) BinaryPrimitives.WriteUInt64LittleEndian(number, value);
        else BinaryPrimitives.WriteUInt64BigEndian(number, value << (64 - (size * 8)));
        for (var i = 0; i < size && at + i < bytes.Count; i++) bytes[at + i] = number[i];
    }

    private byte[] Any(IReadOnlyList<byte[]> choices) => choices[random.Next(choices.Count)];
}
