using LiveChat.Protocol.Frames;

namespace LiveChat.EndToEnd.Groups;

/// <summary>An event, in what makes two of them the same; its content is the text, or whom it added or removed.
/// </summary>
internal sealed record Seen(long Seq, long N, string Id, string Sender, string Type, string Content)
{
    public static Seen Of(ChatEvent happened) => new(
        happened.Seq,
        happened.N,
        happened.Id,
        happened.Sender,
        happened.GetType().Name,
        happened switch
        {
            MessageCreated message => message.Body?.Text ?? "",
            MemberAdded added => string.Join(' ', added.Users),
            MemberRemoved removed => removed.User,
            _ => "",
        });
}
