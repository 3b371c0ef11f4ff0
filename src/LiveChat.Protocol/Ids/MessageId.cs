using System.Globalization;

namespace LiveChat.Protocol.Ids;

/// <summary>
/// The identity of a record and of the event that it becomes: a Snowflake id, a decimal string on the wire.
/// It is identity only, never order: order within a chat is <c>seq</c>.
/// </summary>
/// <param name="Value">The 64 bits; zero is no id.</param>
public readonly record struct MessageId(ulong Value)
{
    /// <summary>Reads a decimal string of 1 to 20 digits; anything else, and zero, is refused.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out MessageId id)
    {
        var ok = Snowflake.TryParse(text, out var value);
        id = new MessageId(value);
        return ok;
    }

    /// <summary>The moment in which the id was issued, to the millisecond, by the issuing node's clock.</summary>
    public DateTimeOffset IssuedAt => DateTimeOffset.FromUnixTimeMilliseconds(Snowflake.UnixMilliseconds(Value));

    /// <summary>The decimal string that goes to the wire.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
