using LiveChat.Core.Chats;
using LiveChat.Core.Log;

namespace LiveChat.Core.Workers;

/// <summary>
/// Says to the sink what became of a record, once: the event, then the terminal answer to its sender. Called by the
/// loop of one partition.
/// </summary>
internal sealed class HandOver(IDeliverySink sink)
{
    /// <summary>What the sequencer has just decided.</summary>
    public void Tell(Record record, Verdict verdict, ContentFate content)
    {
        switch (verdict)
        {
            case Verdict.Accepted { Event: var accepted }:
                sink.Deliver(accepted, content);
                sink.Answer(record, new DeliveryAnswer(accepted.Use, Duplicate: false, Refusal: null));
                break;
            case Verdict.Duplicate { First: var first }:
                sink.Answer(record, new DeliveryAnswer(first, Duplicate: true, Refusal: null));
                break;
            case Verdict.Refused { Reason: var reason }:
                sink.Answer(record, new DeliveryAnswer(Use: null, Duplicate: false, reason));
                break;
            case Verdict.Skipped:
                break; // A record at or below the state goes to TellAgain.
        }
    }

    /// <summary>What history, which was past the record already, says of it.</summary>
    public void TellAgain(ChatState later, in DecodedEntry entry, in LookedUp found)
    {
        var record = entry.Record;
        if (found.Use is not { } use || use.Position > entry.Position)
        {
            // It was refused. The reason is not stored, so the sender is told to try again.
            sink.Answer(record, default);
        }
        else if (use.Position == entry.Position)
        {
            sink.Deliver(Rebuild(later, entry, use, Checked(found.Event, entry)), found.Content);
            sink.Answer(record, new DeliveryAnswer(use, Duplicate: false, Refusal: null));
        }
        else if (use.BodyHash == BodyHash.Of(record))
        {
            sink.Answer(record, new DeliveryAnswer(use, Duplicate: true, Refusal: null));
        }
        else
        {
            sink.Answer(record, new DeliveryAnswer(Use: null, Duplicate: false, Refusal.DuplicateMismatch));
        }
    }

    private static StoredEvent Checked(StoredEvent? stored, in DecodedEntry entry) =>
        stored is not null && stored.Position == entry.Position.Value
            ? stored
            : throw new InvalidOperationException("An event below the head is not what its key says.");

    /// <summary>
    /// The event with its own numbers and settings, on the roster of the later state: of those members, whose stay
    /// covers it. Who left since pulls what is missing up to the removal.
    /// </summary>
    private static SequencedEvent Rebuild(ChatState later, in DecodedEntry entry, in KeyUse use, StoredEvent stored)
    {
        // The stored record says the settings after the change, also those that the sender left as they were.
        var settings = stored.Record.Settings;
        var roster = Roster.Create(later.Roster.Members.ToArray().Where(member => member.FromSeq <= (long)stored.Seq));
        return new SequencedEvent
        {
            Record = settings is null ? entry.Record : stored.Record,
            Sender = entry.Key.Sender,
            ClientId = entry.Key.ClientId,
            BodyHash = use.BodyHash,
            Added = [.. stored.Added.Select(Protocol.Ids.UserId.OfRecord)],
            Before = null,
            After = later with
            {
                Seq = (long)stored.Seq,
                N = (long)stored.N,
                Position = entry.Position,
                TimeMs = stored.TimeMs,
                Title = settings?.Title ?? later.Title,
                Custom = settings?.Custom ?? later.Custom,
                Roster = roster,
            },
        };
    }
}
