using LiveChat.Core.History;
using LiveChat.Core.Links;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>Markers as signals and back. Pure. What cannot be read ends the call that brought it.</summary>
internal static class MarkSignals
{
    public static Signal Of(ChatId chat, IEnumerable<MarkerRaise> rose) => new()
    {
        Rises = new Signal.Types.Rises
        {
            Chat = chat.Value,
            Items =
            {
                rose.Select(static raise => new Signal.Types.Rise
                {
                    User = raise.User.Value,
                    Delivered = raise.DeliveredSeq,
                    Read = raise.ReadSeq,
                    ReadN = raise.ReadN,
                }),
            },
        },
    };

    /// <exception cref="InvalidDataException">The frame is damaged.</exception>
    public static IEnumerable<MarkerRaise> Read(Signal.Types.Rises rises) => rises.Items.Select(rise => new MarkerRaise(
        new ChatId(rises.Chat), LinkUsers.Of(rise.User), rise.Delivered, rise.Read, rise.ReadN, TimeMs: 0));

    public static Signal Of(ChatId chat, Receipt own)
    {
        var mark = new Signal.Types.OwnMark { Chat = chat.Value, User = own.User };
        if (own.Delivered is { } delivered) mark.Delivered = delivered;
        if (own.Read is { } read) mark.Read = read;
        if (own.ReadN is { } readN) mark.ReadN = readN;
        return new Signal { OwnMark = mark };
    }

    /// <exception cref="InvalidDataException">The frame is damaged.</exception>
    public static Receipt Read(Signal.Types.OwnMark mark) => new()
    {
        User = LinkUsers.Of(mark.User).Value,
        Delivered = mark.HasDelivered ? mark.Delivered : null,
        Read = mark.HasRead ? mark.Read : null,
        ReadN = mark.HasReadN ? mark.ReadN : null,
    };
}
