using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Checking;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// Stands between the delivery-workers and the fan-out of one life of a node: notes what is handed over, and spoils
/// it where a fault is planted.
/// </summary>
internal sealed class WatchedSink(World world, Plant plant, Random random, IDeliverySink fanOut) : IDeliverySink
{
    private readonly int _life = world.Life;
    private readonly Dictionary<ChatId, ChatState> _last = [];
    private readonly Dictionary<ChatId, Dictionary<UserId, Member>> _everMembers = [];

    public void Deliver(SequencedEvent chatEvent, ContentFate content)
    {
        var seen = Rendering.Delivered(chatEvent);
        world.Trace($"delivered {seen.Chat}/{seen.Seq} {seen.Content}");
        world.Observed.Sightings.Add(new Sighting(World.Everybody, _life, world.Now, IsPushed: true, seen));
        _last[chatEvent.After.Chat] = chatEvent.After;
        if (plant == Plant.EventNotPushed && random.Next(20) == 0)
            return;
        if (plant == Plant.ErasedShown)
            content = ContentFate.Shown;
        fanOut.Deliver(Spoil(chatEvent), content);
        if (plant == Plant.EventPushedTwice && random.Next(20) == 0)
            fanOut.Deliver(chatEvent, content);
    }

    public void Answer(Record record, DeliveryAnswer answer)
    {
        if (plant == Plant.RefusalAcknowledged && answer.Refusal is not null)
            answer = Guess(record);
        fanOut.Answer(record, answer);
    }

    /// <summary>A record that is about to be appended.</summary>
    public void Appending(ReadOnlyMemory<byte> bytes)
    {
        if (plant == Plant.AcknowledgedBeforeVerdict && RecordEnvelope.Decode(bytes.Span).Record is { } record)
            fanOut.Answer(record, Guess(record));
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
