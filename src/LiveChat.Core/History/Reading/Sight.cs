using LiveChat.Core.Log;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History.Reading;

/// <summary>
/// The one place that decides what a stay shows to its user: of an event, pushed or read, and of the markers of
/// others. Whether there still is content is not decided here: <see cref="FoldedEvent"/> knows it of a read,
/// <see cref="Chats.ContentFate"/> says it of a push.
/// </summary>
internal static class Sight
{
    /// <summary>Whether the event may tell of what it acts on: an edit its body, a reaction its emoji. What lies before
    /// the stay is not the reader's to see.</summary>
    public static bool ShowsTarget(StoredEvent stored, MemberStay stay) =>
        stored.Record.Target is not { Seq: > 0 } target || (long)target.Seq >= stay.FromSeq;

    /// <summary>How far another member is, each part if it lies in the reader's stay; null when neither does. Only in
    /// direct chats it is said what reached a device.</summary>
    public static Receipt? OfMarker(UserId user, long deliveredSeq, long readSeq, MemberStay stay, bool isDirect)
    {
        long? delivered = isDirect && deliveredSeq > 0 && stay.Covers(deliveredSeq) ? deliveredSeq : null;
        long? read = readSeq > 0 && stay.Covers(readSeq) ? readSeq : null;
        return delivered is null && read is null
            ? null
            : new Receipt { User = user.Value, Delivered = delivered, Read = read };
    }

    /// <summary>The same of what rose, with the number of messages read.</summary>
    public static Receipt? ReceiptOf(MarkerRaise raise, MemberStay stay, bool isDirect)
    {
        var receipt = OfMarker(raise.User, raise.DeliveredSeq, raise.ReadSeq, stay, isDirect);
        return receipt is { Read: not null } ? receipt with { ReadN = raise.ReadN } : receipt;
    }
}
