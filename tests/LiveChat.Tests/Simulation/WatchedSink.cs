using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Checking;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// Stands between the delivery-workers and the owner's half of the fan-out, in one life of a node: notes what is handed
/// over, and spoils it where a fault is planted.
/// </summary>
internal sealed class WatchedSink(World world, Plant plant, Random random, IDeliverySink addressing) : IDeliverySink
{
    private readonly int _life = world.Life;
    private readonly Dictionary<ChatId, ChatState> _last = [];
    private readonly Dictionary<ChatId, Dictionary<UserId, Member>> _everMembers = [];

    public ValueTask HandAsync(RecordOutcome outcome, CancellationToken cancellationToken)
    {
        var handing = HandSpoiledAsync(outcome, cancellationToken);
        return plant == Plant.HandedWhenDecided ? ValueTask.CompletedTask : handing;
    }

    private ValueTask HandSpoiledAsync(RecordOutcome outcome, CancellationToken cancellationToken)
    {
        if (plant == Plant.RefusalAcknowledged && outcome.Answer.Refusal is not null)
            outcome = outcome with { Answer = Guess(outcome.Record) };
        if (outcome.Event is not { } chatEvent) return addressing.HandAsync(outcome, cancellationToken);
        Note(chatEvent);
        if (IsUntold(outcome.Record)) return addressing.HandAsync(outcome with { Event = null }, cancellationToken);
        if (plant == Plant.EventNotPushed && random.Next(20) == 0)
            return addressing.HandAsync(outcome with { Event = null }, cancellationToken);
        if (plant == Plant.ErasedShown)
            outcome = outcome with { Content = ContentFate.Shown };
        var handing = addressing.HandAsync(outcome with { Event = Spoil(chatEvent) }, cancellationToken);
        return plant == Plant.EventPushedTwice && random.Next(20) == 0
            ? addressing.HandAsync(outcome, cancellationToken)
            : handing;
    }

    private bool IsUntold(Record record) => plant switch
    {
        Plant.DeletionNotTold => record.ChatDeleted is not null,
        Plant.ErasureNotTold => record is { Erasure: true, ChatDeleted: null },
        _ => false,
    };

    private void Note(SequencedEvent chatEvent)
    {
        var seen = Rendering.Delivered(chatEvent);
        world.Trace($"delivered {seen.Chat}/{seen.Seq} {seen.Content}");

        // Each event of a chat is told once in it.
        var telling = (world.RepeatsOf(seen.Chat) * 1_000) + _life;
        world.Observed.Sightings.Add(new Sighting(World.Everybody, telling, world.Now, IsPushed: true, seen));
        _last[chatEvent.After.Chat] = chatEvent.After;
    }

    /// <summary>A record that is about to be appended.</summary>
    public void Appending(ReadOnlyMemory<byte> bytes)
    {
        if (plant == Plant.AcknowledgedBeforeVerdict && RecordEnvelope.Decode(bytes.Span).Record is { } record)
            _ = addressing.HandAsync(new RecordOutcome(record, Guess(record)), CancellationToken.None).AsTask();
    }

    private DeliveryAnswer Guess(Record record)
    {
        var seq = (_last.GetValueOrDefault(new ChatId(record.Chat))?.Seq ?? 0) + 1;
        return new DeliveryAnswer(
            new KeyUse(seq, seq, Position.None, new MessageId(record.Id), BodyHash.Of(record)), false, null);
    }

    private SequencedEvent Spoil(SequencedEvent chatEvent)
    {
        var after = chatEvent.After;
        switch (plant)
        {
            case Plant.PushedToFormerMembers:
                if (!_everMembers.TryGetValue(after.Chat, out var ever))
                    _everMembers[after.Chat] = ever = [];
                foreach (var member in after.Roster.Members)
                    ever[member.User] = member;
                return chatEvent with { After = after with { Roster = Roster.Create(ever.Values) } };
            case Plant.PastShown:
                var members = after.Roster.Members.ToArray().Select(static member => member with { FromSeq = 1 });
                return chatEvent with { After = after with { Roster = Roster.Create(members) } };
            default:
                return chatEvent;
        }
    }
}
