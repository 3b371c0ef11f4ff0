using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;

namespace LiveChat.Core.Chats;

/// <summary>
/// The rules number 3: number 2, and before the first answer of a direct chat the starter changes messages at most as
/// often as the record says. Edits, reactions and deletions of both members count, since the state holds their number
/// already. A deletion is never refused: it shows nothing, and the starter must be able to take a message back. Pure;
/// any thread.
/// </summary>
internal sealed class RulesV3 : IRules
{
    public const ushort Number = 3;

    private readonly RulesV2 _former = new();

    public Verdict Decide(
        ChatState? state, Record record, Position position, long appendTimeMs, KeyUse? earlier)
    {
        var verdict = _former.Decide(state, record, position, appendTimeMs, earlier);
        return verdict is Verdict.Accepted { Event.Sender: var sender } && IsAboveLimit(state, record, sender)
            ? new Verdict.Refused(Refusal.NotAnswered)
            : verdict;
    }

    /// <summary>The events of a direct chat are its creation, its messages, and changes of them.</summary>
    private static bool IsAboveLimit(ChatState? state, Record record, UserId sender) =>
        record.BodyCase is Kind.Edit or Kind.Reaction
        && RulesV2.IsLimited(state, record, sender)
        && state!.Seq - 1 - state.N >= record.UnansweredMax;
}
