using System.Globalization;

namespace LiveChat.Loads.Chats;

/// <summary>Chats with all members online, some of whom send and keep a number of messages in flight.</summary>
/// <param name="Chats">How many chats.</param>
/// <param name="Members">Devices in each, one per member.</param>
/// <param name="Senders">Members who send.</param>
/// <param name="InFlight">Messages of each sender that are not acknowledged yet, or not with all other members.</param>
internal sealed record ChatLoad(int Chats, int Members, int Senders, int InFlight)
{
    /// <summary>Reads <c>100x1</c> (pairs, in flight) or <c>4x49x5x1</c> (chats, members, senders, in flight).
    /// </summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static ChatLoad Parse(string text)
    {
        var parts = Array.ConvertAll(text.Split('x'), part => int.Parse(part, CultureInfo.InvariantCulture));
        return parts switch
        {
            [var pairs, var inFlight] => new ChatLoad(pairs, 2, 1, inFlight),
            [var chats, var members, var senders, var inFlight] => new ChatLoad(chats, members, senders, inFlight),
            _ => throw new FormatException($"{text} is no load: 100x1 or 4x49x5x1."),
        };
    }

    public override string ToString() => Members == 2
        ? $"{Chats} pairs, {InFlight} in flight"
        : $"{Chats} groups of {Members}, {Senders} senders, {InFlight} in flight";
}
