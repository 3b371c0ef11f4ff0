using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;

namespace LiveChat.Core.Chats;

/// <summary>
/// The rules number 2: number 1, and a direct chat waits for its first answer. The member who did not start the chat
/// answers it by a message of any kind; until then the starter writes at most as many messages as the record says.
/// A creation with a limit of 0 makes a chat that waits for nothing. Pure; any thread.
/// </summary>
internal sealed class RulesV2 : IRules
{
    public const ushort Number = 2;

    private readonly RulesV1 _former = new();

    public Verdict Decide(
        ChatState? state, Record record, Position position, long appendTimeMs, KeyUse? earlier)
    {
        var verdict = _former.Decide(state, record, position, appendTimeMs, earlier);
        if (verdict is not Verdict.Accepted { Event: var accepted }) return verdict;
        if (IsAboveLimit(state, record, accepted.Sender)) return new Verdict.Refused(Refusal.NotAnswered);
        return AwaitsAfter(state?.Awaits, record) is { } awaits
            ? new Verdict.Accepted(accepted with { After = accepted.After with { Awaits = awaits } })
            : verdict;
    }

    /// <summary>Whose answer the chat awaits after an event.</summary>
    public static UserId? AwaitsAfter(UserId? before, Record record) => record.BodyCase switch
    {
        Kind.Created when record.Created.Direct && record.UnansweredMax > 0 =>
            UserId.OfRecord(record.Created.Members[0]),
        Kind.Message when before?.Value == record.Sender => null,
        _ => before,
    };

    /// <summary>Whether the record has a limit and is the starter's, before the first answer.</summary>
    public static bool IsLimited(ChatState? state, Record record, UserId sender) =>
        record.UnansweredMax > 0 && state?.Awaits is { } other && other != sender;

    /// <summary>All messages before the first answer are the starter's, so the chat's count is theirs.</summary>
    private static bool IsAboveLimit(ChatState? state, Record record, UserId sender) =>
        record.BodyCase == Kind.Message
        && IsLimited(state, record, sender)
        && state!.N >= record.UnansweredMax;
}
