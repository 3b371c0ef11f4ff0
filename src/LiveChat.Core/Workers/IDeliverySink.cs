using LiveChat.Core.Chats;
using LiveChat.Core.Log;

namespace LiveChat.Core.Workers;

/// <summary>
/// Where delivery-workers hand over what became of a record. Called by one worker at a time per partition, in the
/// order of the log. A call may begin before the former one has ended; what it hands over stays behind what the former
/// one did. It never fails because a receiver is away or full: the way to the receiver answers for that.
/// </summary>
internal interface IDeliverySink
{
    /// <summary>Hands over the event, if there is one, then the answer. Ends when nothing is left to hand over: the
    /// partition counts the record only then. Ends at once on one node.</summary>
    /// <param name="outcome">What became of the record.</param>
    /// <param name="cancellationToken">The worker ends.</param>
    ValueTask HandAsync(RecordOutcome outcome, CancellationToken cancellationToken);
}

/// <summary>What became of a record.</summary>
/// <param name="Record">The record.</param>
/// <param name="Answer">The terminal answer to its sender.</param>
/// <param name="Event">The event that it became, for everybody who may see it: members whose stay covers it, and whom
/// it removes. Null when it became none.</param>
/// <param name="Content">Whether the event's content may be shown.</param>
internal readonly record struct RecordOutcome(
    Record Record, DeliveryAnswer Answer, SequencedEvent? Event = null, ContentFate Content = ContentFate.Shown);

/// <summary>The answer to the sender of a record.</summary>
/// <param name="Use">Where the command is; absent when it was refused.</param>
/// <param name="Duplicate">It was there before this record.</param>
/// <param name="Refusal">Why it is nowhere; null with no use either: refused, the reason is not stored.</param>
internal readonly record struct DeliveryAnswer(KeyUse? Use, bool Duplicate, Refusal? Refusal);
