using System.Globalization;

namespace LiveChat.Protocol.Ids;

/// <summary>The identity of a chat: a Snowflake id, a decimal string on the wire.</summary>
/// <param name="Value">The 64 bits; zero is no chat.</param>
public readonly record struct ChatId(ulong Value)
{
    /// <summary>Reads a decimal string of 1 to 20 digits; anything else, and zero, is refused.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ChatId id)
    {
        var ok = Snowflake.TryParse(text, out var value);
        id = new ChatId(value);
        return ok;
    }

    /// <summary>The decimal string that goes to the wire.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
