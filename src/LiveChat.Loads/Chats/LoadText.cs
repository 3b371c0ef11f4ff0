using System.Globalization;
using System.Text;

namespace LiveChat.Loads.Chats;

/// <summary>
/// The text of a message under load: the sender, the sender's own number of the message, the slot of the messages in
/// flight, and the time from which its latency counts. A checksum and the filling show every altered character.
/// </summary>
/// <param name="Sender">The sender's place among the senders of the chat, up to 999.</param>
/// <param name="Slot">The slot, up to 999.</param>
/// <param name="Number">1, 2, 3, … for each sender.</param>
/// <param name="Timestamp">A timestamp of the load's clock.</param>
internal readonly record struct LoadText(int Sender, int Slot, long Number, long Timestamp)
{
    /// <summary>Characters of a text, all of them ASCII.</summary>
    public const int Length = 100;

    private const int FieldsLength = 35;
    private const int CheckLength = 8;
    private const char Filling = 'x';

    /// <summary>How a text begins in the JSON of every server.</summary>
    public static ReadOnlySpan<byte> Mark => "\"@"u8;

    public override string ToString()
    {
        var fields = string.Create(
            CultureInfo.InvariantCulture, $"{Sender:D3}{Slot:D3}{Number:D10}{Timestamp:D19}");
        var check = CheckOf(Encoding.ASCII.GetBytes(fields));
        return string.Create(CultureInfo.InvariantCulture, $"@{fields}{check:x8}").PadRight(Length, Filling);
    }

    /// <summary>Reads the next text of a frame and moves behind its mark. False when there is none.</summary>
    /// <param name="frame">The frame, or what is left of it.</param>
    /// <param name="text">The text; null when it is not as it was sent.</param>
    public static bool TryTake(ref ReadOnlySpan<byte> frame, out LoadText? text)
    {
        text = null;
        var at = frame.IndexOf(Mark);
        if (at < 0) return false;
        frame = frame[(at + Mark.Length)..];
        var end = frame.IndexOf((byte)'"');
        if (end >= 0) text = Read(frame[..end]);
        return true;
    }

    /// <summary>Reads a text without its mark; null when it is not as it was sent.</summary>
    public static LoadText? Read(ReadOnlySpan<byte> text)
    {
        if (text.Length != Length - 1 || text[(FieldsLength + CheckLength)..].IndexOfAnyExcept((byte)Filling) >= 0)
            return null;
        var fields = text[..FieldsLength];
        return fields.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
            && uint.TryParse(
                text.Slice(FieldsLength, CheckLength),
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out var check)
            && check == CheckOf(fields)
            ? new LoadText(
                (int)Digits(fields, 0, 3), (int)Digits(fields, 3, 3), Digits(fields, 6, 10), Digits(fields, 16, 19))
            : null;
    }

    /// <summary>FNV-1a.</summary>
    private static uint CheckOf(ReadOnlySpan<byte> fields)
    {
        var check = 2_166_136_261u;
        foreach (var one in fields) check = unchecked((check ^ one) * 16_777_619u);
        return check;
    }

    private static long Digits(ReadOnlySpan<byte> from, int start, int count) =>
        long.Parse(from.Slice(start, count), NumberStyles.None, CultureInfo.InvariantCulture);
}
