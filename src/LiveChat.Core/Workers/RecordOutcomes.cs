using LiveChat.Core.Chats;
using LiveChat.Core.Log;

namespace LiveChat.Core.Workers;

/// <summary>Makes of a verdict what is handed over: pure functions.</summary>
internal static class RecordOutcomes
{
    /// <summary>Of what the sequencer has just decided; null when there is nothing to hand over.</summary>
    public static RecordOutcome? Of(Record record, Verdict verdict, ContentFate content) => verdict switch
    {
        Verdict.Accepted { Event: var accepted } =>
            new(record, new DeliveryAnswer(accepted.Use, Duplicate: false, Refusal: null), accepted, content),
        Verdict.Duplicate { First: var first } =>
            new(record, new DeliveryAnswer(first, Duplicate: true, Refusal: null)),
        Verdict.Refused { Reason: var reason } =>
            new(record, new DeliveryAnswer(Use: null, Duplicate: false, reason)),
        _ => null, // Skipped: a record at or below the state goes to OfPast.
    };

    /// <summary>Of a record that history was past already, by what history says of it.</summary>
    public static RecordOutcome OfPast(ChatState later, in DecodedEntry entry, in LookedUp found)
    {
        var record = entry.Record;

        // It was refused. The reason is not stored, so the sender is told to try again.
        if (found.Use is not { } use || use.Position > entry.Position) return new RecordOutcome(record, default);
        if (use.Position == entry.Position)
            return new RecordOutcome(
                record,
                new DeliveryAnswer(use, Duplicate: false, Refusal: null),
                Rebuild(later, entry, use, Checked(found.Event, entry)),
                found.Content);
        return use.BodyHash == BodyHash.Of(record)
            ? new RecordOutcome(record, new DeliveryAnswer(use, Duplicate: true, Refusal: null))
            : new RecordOutcome(record, new DeliveryAnswer(Use: null, Duplicate: false, Refusal.DuplicateMismatch));
    }

    /// <summary>The answer alone, once history is past the record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="position">Its position.</param>
    /// <param name="found">What history has under its key.</param>
    public static DeliveryAnswer AnswerOfPast(Record record, Position position, KeyUse? found) => found switch
    {
        { } use when use.Position == position => new DeliveryAnswer(use, Duplicate: false, Refusal: null),
        { } use when use.Position > position => default,
        { } use when use.BodyHash == BodyHash.Of(record) => new DeliveryAnswer(use, Duplicate: true, Refusal: null),
        { } => new DeliveryAnswer(Use: null, Duplicate: false, Refusal.DuplicateMismatch),
        null => default,
    };

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
