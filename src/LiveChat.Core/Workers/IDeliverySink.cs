using LiveChat.Core.Chats;
using LiveChat.Core.Log;

namespace LiveChat.Core.Workers;

/// <summary>
/// Where delivery-workers hand over what the sequencer said. Called by one worker at a time per partition, in the
/// order of the log; must not block (outboxes are bounded and answer for themselves).
/// </summary>
internal interface IDeliverySink
{
    /// <summary>An event for everybody who may see it: members whose stay covers it, and whom it removes.</summary>
    void Deliver(SequencedEvent chatEvent, ContentFate content);

    /// <summary>The terminal answer to whoever waits for the record, if anybody on this node does.</summary>
    void Answer(Record record, DeliveryAnswer answer);
}

/// <summary>What became of a record.</summary>
/// <param name="Use">Where the command is; absent when it was refused.</param>
/// <param name="Duplicate">It was there before this record.</param>
/// <param name="Refusal">Why it is nowhere; null with no use either: refused, the reason is not stored.</param>
internal readonly record struct DeliveryAnswer(KeyUse? Use, bool Duplicate, Refusal? Refusal);
