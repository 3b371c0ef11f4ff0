using System.Buffers.Text;
using System.Globalization;

namespace LiveChat.Bench.Pairs;

/// <summary>What a text says of its message: who sent it as his how manieth, in which slot of what is in flight, and
/// when.</summary>
internal readonly record struct LoadText(int Sender, int Slot, long Number, long Timestamp)
{
    private const int Bytes = 100;

    /// <summary>What a text begins with, in the JSON of either protocol.</summary>
    public static ReadOnlySpan<byte> Mark => "\"@"u8;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"@{Sender:D3}{Slot:D3}{Number:D10}{Timestamp:D19}").PadRight(Bytes, 'x');

    /// <summary>Reads the next text of a frame and moves behind its mark; false when there is none.</summary>
    public static bool TryTake(ref ReadOnlySpan<byte> frame, out LoadText text)
    {
        text = default;
        var at = frame.IndexOf(Mark);
        if (at < 0) return false;
        frame = frame[(at + Mark.Length)..];
        text = new LoadText(
            (int)Digits(frame, 0, 3), (int)Digits(frame, 3, 3), Digits(frame, 6, 10), Digits(frame, 16, 19));
        return true;
    }

    private static long Digits(ReadOnlySpan<byte> from, int start, int count) =>
        Utf8Parser.TryParse(from.Slice(start, count), out long value, out var used) && used == count
            ? value
            : throw new FormatException("A text is not as it was sent.");
}
