using LiveChat.Core.Chats;
using LiveChat.Core.Log;

namespace LiveChat.Tests.Simulation;

/// <summary>Rules with a planted mistake. One instance a worker, so that they can disagree.</summary>
internal sealed class PlantedRules(IRules right, Plant plant, TimeProvider time) : IRules
{
    private int _decided;

    public static RulesTable Table(Plant plant, TimeProvider time) =>
        new(new Dictionary<ushort, IRules>
        {
            [RulesV1.Number] = new PlantedRules(new RulesV1(), plant, time),
            [RulesV2.Number] = new PlantedRules(new RulesV2(), plant, time),
            [RulesV3.Number] = new PlantedRules(new RulesV3(), plant, time),
            [RulesV4.Number] = new PlantedRules(new RulesV4(), plant, time),
        });

    public Verdict Decide(ChatState? state, Record record, Position position, long appendTimeMs, KeyUse? earlier)
    {
        _decided++;
        var given = record;
        switch (plant)
        {
            case Plant.KeyCheckOff:
                return right.Decide(state, record, position, appendTimeMs, null);
            case Plant.UnansweredNotLimited when record.Message is not null:
                record = record.Clone();
                record.UnansweredMax = 0;
                break;
            case Plant.ChangesOfTheUnansweredNotLimited when record.Edit is not null || record.Reaction is not null:
                record = record.Clone();
                record.UnansweredMax = 0;
                break;
            case Plant.MismatchPasses when earlier is { } use && !IsSkipped(state, position):
                return new Verdict.Duplicate(use);
            case Plant.PositionCheckOff when IsSkipped(state, position):
                return right.Decide(state! with { Position = Position.None }, record, position, appendTimeMs, earlier);
            case Plant.DeletedChatTakesMessages when state is { IsDeleted: true } && record.Message is not null:
                return RulesV1.Decide(
                    state, record, position, appendTimeMs, earlier, static (_, _, _) => Effect.None);
            case Plant.WorkersDisagree when _decided % 50 == 0 && earlier is null && !IsSkipped(state, position):
                return new Verdict.Refused(Refusal.Forbidden);
        }

        return right.Decide(state, record, position, appendTimeMs, earlier) is Verdict.Accepted { Event: var made }
            ? new Verdict.Accepted(made with { After = Spoil(made), Record = given })
            : right.Decide(state, record, position, appendTimeMs, earlier);
    }

    private ChatState Spoil(SequencedEvent made) => plant switch
    {
        Plant.SeqSkips when made.After.Seq % 7 == 0 => made.After with { Seq = made.After.Seq + 1 },
        Plant.EditsCount when made.Record.BodyCase == Record.BodyOneofCase.Edit =>
            made.After with { N = made.After.N + 1 },
        Plant.AnswerNotNoted => made.After with { Awaits = made.Before?.Awaits ?? made.After.Awaits },
        Plant.StampFromClock => made.After with
        {
            Stamp = Math.Max((made.Before?.Stamp ?? 0) + 1, time.GetUtcNow().ToUnixTimeMilliseconds() * 1000),
        },
        _ => made.After,
    };

    private static bool IsSkipped(ChatState? state, Position position) =>
        state is not null && position <= state.Position;
}
