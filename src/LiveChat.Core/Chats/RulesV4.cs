using System.Diagnostics;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;

namespace LiveChat.Core.Chats;

/// <summary>
/// The rules number 4: number 3, and records of an erasure. In such a record the server takes back, in the sender's
/// name, what the sender left: messages and reactions, also after the sender has left the chat, and the membership,
/// also of a direct chat. It adds nothing: a record of an erasure that would add something is refused, and so is a
/// command that would add an erased user to a chat. The deletion of
/// a chat removes every member and the settings, and is the chat's last event: whatever comes behind it is refused,
/// also a repetition. Pure; any thread.
/// </summary>
internal sealed class RulesV4 : IRules
{
    public const ushort Number = 4;

    private readonly RulesV3 _former = new();

    public Verdict Decide(
        ChatState? state, Record record, Position position, long appendTimeMs, KeyUse? earlier)
    {
        if (state is { IsDeleted: true } && position > state.Position) return new Verdict.Refused(Refusal.NotFound);
        if (!record.Erasure)
        {
            // A repetition of what was taken before the erasure is answered as the first one was.
            var former = _former.Decide(state, record, position, appendTimeMs, earlier);
            return record.AddsErased && former is Verdict.Accepted
                ? new Verdict.Refused(Refusal.UserErased)
                : former;
        }

        var verdict = RulesV1.Decide(state, record, position, appendTimeMs, earlier, EffectOf);

        // Whose answer is awaited does not change: an erasure is no answer. A deletion ends that too.
        return verdict is Verdict.Accepted { Event: var accepted }
            && record.ChatDeleted is null
            && state?.Awaits is { } awaits
            ? new Verdict.Accepted(accepted with { After = accepted.After with { Awaits = awaits } })
            : verdict;
    }

    private static Effect EffectOf(ChatState? state, Record record, UserId erased)
    {
        if (state is null) return Refusal.NotFound;
        return record.BodyCase switch
        {
            Kind.Delete => OnTarget(state, record, isAllowed: record.Target?.Sender == erased.Value),
            Kind.Reaction => OnTarget(state, record, isAllowed: !record.Reaction.On),
            Kind.MemberRemoved => Leave(state, record, erased),
            Kind.MemberRole => HandOver(state, record, erased),
            Kind.ChatDeleted => Delete(state, record),
            Kind.Created or Kind.Message or Kind.Edit or Kind.MembersAdded or Kind.Settings => Refusal.Forbidden,
            Kind.None or _ => throw new UnreachableException("The envelope refuses unknown kinds."),
        };
    }

    private static Effect OnTarget(ChatState state, Record record, bool isAllowed)
    {
        if (record.Target is not { IsMessage: true } target || target.Seq == 0 || target.Seq > (ulong)state.Seq)
            return Refusal.NotFound;
        return isAllowed ? Effect.None : Refusal.Forbidden;
    }

    private static Effect Leave(ChatState state, Record record, UserId erased)
    {
        if (record.MemberRemoved.User != erased.Value) return Refusal.Forbidden;
        if (!state.Roster.TryGet(erased, out var member)) return Refusal.NotFound;
        return MembershipV1.IsLastOwner(state, member) && state.Roster.Count > 1
            ? Refusal.LastOwner
            : new Effect { Roster = state.Roster.Without(erased) };
    }

    /// <summary>The record names whom it removes, so that who is told needs no look at the chat. It is refused when
    /// the members are others now: the server reads them again.</summary>
    private static Effect Delete(ChatState state, Record record)
    {
        var named = record.ChatDeleted.Members;
        if (named.Count != state.Roster.Count) return Refusal.Conflict;
        for (var i = 0; i < named.Count; i++)
            if (named[i] != state.Roster.Members[i].User.Value)
                return Refusal.Conflict;
        return new Effect { Roster = Roster.Empty, Title = "", Custom = "", SetsSettings = true };
    }

    /// <summary>An owner who leaves makes another member the owner.</summary>
    private static Effect HandOver(ChatState state, Record record, UserId erased) =>
        record.MemberRole.Role is Role.Owner && state.Roster.TryGet(erased, out var owner)
            ? MembershipV1.ChangeRole(state, record, owner)
            : Refusal.Forbidden;
}
