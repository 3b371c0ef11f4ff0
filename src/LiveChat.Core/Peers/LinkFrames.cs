using Google.Protobuf;
using LiveChat.Core.Chats;
using LiveChat.Core.FanOut;
using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>Hand-overs as frames and back. Pure. What cannot be read ends the call that brought it.</summary>
internal static class LinkFrames
{
    public static LinkFrame Of(HandOver handOver, HandedEvent? chatEvent, bool withAnswer) => new()
    {
        Handed = new HandedOver
        {
            Chat = handOver.Chat.Value,
            Record = handOver.Record,
            Answer = withAnswer ? Of(handOver.Answer) : null,
            Event = chatEvent is null ? null : Of(chatEvent),
        },
    };

    /// <exception cref="InvalidDataException">The frame is damaged.</exception>
    public static HandOver Read(HandedOver frame) => new(
        new ChatId(frame.Chat),
        frame.Record,
        frame.Answer is { } answer ? Read(answer) : default,
        frame.Event is { } chatEvent ? Read(chatEvent) : null);

    private static HandedAnswer Of(in DeliveryAnswer answer) => answer.Use is { } use
        ? new HandedAnswer
        {
            Taken = true,
            Duplicate = answer.Duplicate,
            Refusal = (uint)(answer.Refusal ?? 0),
            Id = use.Id.Value,
            Seq = use.Seq,
            N = use.N,
            Position = use.Position.Value,
        }
        : new HandedAnswer { Duplicate = answer.Duplicate, Refusal = (uint)(answer.Refusal ?? 0) };

    /// <summary>A refusal that a newer build knows is told as one whose reason is not stored.</summary>
    private static DeliveryAnswer Read(HandedAnswer answer)
    {
        Refusal? refusal = Enum.IsDefined((Refusal)answer.Refusal) ? (Refusal)answer.Refusal : null;
        return answer.Taken
            ? new DeliveryAnswer(
                new KeyUse(answer.Seq, answer.N, new Position(answer.Position), new MessageId(answer.Id), 0),
                answer.Duplicate,
                refusal)
            : new DeliveryAnswer(null, answer.Duplicate, refusal);
    }

    private static EventFor Of(HandedEvent chatEvent)
    {
        var frame = new EventFor
        {
            Stored = chatEvent.Stored,
            Content = (uint)chatEvent.Content,
            Removed = chatEvent.Removed?.Value ?? "",
            Pull = chatEvent.IsPull,
        };
        foreach (var member in chatEvent.Recipients.Span)
            frame.Recipients.Add(new Recipient { User = member.User.Value, FromSeq = member.FromSeq });
        return frame;
    }

    private static HandedEvent Read(EventFor frame)
    {
        if (frame.Stored?.Record is null) throw new InvalidDataException("A frame has no event.");
        var content = (ContentFate)frame.Content;
        var recipients = new Member[frame.Recipients.Count];
        for (var i = 0; i < recipients.Length; i++)
            recipients[i] = new Member(
                LinkUsers.Of(frame.Recipients[i].User), Role.Member, frame.Recipients[i].FromSeq);
        return new HandedEvent(
            frame.Stored,
            Enum.IsDefined(content) ? content : ContentFate.Unknown,
            recipients,
            frame.Removed.Length == 0 ? null : LinkUsers.Of(frame.Removed),
            frame.Pull);
    }

    public static LinkFrame Of(Sign sign, IEnumerable<UserId> recipients)
    {
        var shown = new Links.Shown
        {
            Chat = sign.Chat.Value, Frame = UnsafeByteOperations.UnsafeWrap(sign.Frame), Ends = sign.Ends,
            Open = sign.Open,
        };
        shown.Users.AddRange(recipients.Select(static user => user.Value));
        return new LinkFrame { Shown = shown };
    }

    public static Sign Read(Links.Shown frame) => new(
        new ChatId(frame.Chat), [.. frame.Users.Select(LinkUsers.Of)], frame.Frame.Memory, frame.Ends, frame.Open);
}
