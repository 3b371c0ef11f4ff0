using System.Diagnostics;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Chats;

/// <summary>
/// The rules number 1. In this order: skipped, duplicate (also for a sender who was removed since), refused, event.
/// What a member may do is in <see cref="MembershipV1"/>; here are the common questions (is the chat there, is the
/// sender a member, is the key from the future) and what an event does to the counters. Pure; any thread.
/// </summary>
internal sealed class RulesV1 : IRules
{
    public const ushort Number = 1;

    /// <summary>How far a key's time may be above max(T, append time).</summary>
    public const long KeyAheadMsMax = 60_000;

    /// <summary>How far an id's time counts above the append time.</summary>
    public const long IdAheadMsMax = 3_600_000;

    public Verdict Decide(
        ChatState? state, Record record, Position position, long appendTimeMs, KeyUse? earlier) =>
        Decide(state, record, position, appendTimeMs, earlier, EffectOf);

    /// <summary>Decides by other permissions: everything else is as in number 1.</summary>
    public static Verdict Decide(
        ChatState? state,
        Record record,
        Position position,
        long appendTimeMs,
        KeyUse? earlier,
        Func<ChatState?, Record, UserId, Effect> effectOf)
    {
        if (state is not null && position <= state.Position)
            return Verdict.Skipped.Instance;

        var hash = BodyHash.Of(record);
        if (earlier is { } first)
            return first.BodyHash == hash
                ? new Verdict.Duplicate(first)
                : new Verdict.Refused(Refusal.DuplicateMismatch);

        var key = CommandKey.Of(record);
        var effect = effectOf(state, record, key.Sender);
        if (effect.Refusal is { } reason)
            return new Verdict.Refused(reason);
        if (key.ClientId.UnixMilliseconds > Math.Max(state?.TimeMs ?? 0, appendTimeMs) + KeyAheadMsMax)
            return new Verdict.Refused(Refusal.ClockAhead);

        return new Verdict.Accepted(new SequencedEvent
        {
            Record = record,
            Sender = key.Sender,
            ClientId = key.ClientId,
            BodyHash = hash,
            Added = effect.Added ?? [],
            Before = state,
            After = After(state, record, position, appendTimeMs, effect),
        });
    }

    private static Effect EffectOf(ChatState? state, Record record, UserId sender)
    {
        if (record.BodyCase == Record.BodyOneofCase.Created)
            return state is null ? MembershipV1.Create(record, sender) : Refusal.Conflict;
        if (state is null || !state.Roster.TryGet(sender, out var member))
            return Refusal.NotFound;

        return record.BodyCase switch
        {
            Record.BodyOneofCase.Message => Effect.None,
            Record.BodyOneofCase.Edit => OnTarget(state, record, member, allowedToOthers: false),
            Record.BodyOneofCase.Delete =>
                OnTarget(state, record, member, allowedToOthers: MembershipV1.Leads(member)),
            Record.BodyOneofCase.Reaction => OnTarget(state, record, member, allowedToOthers: true),
            Record.BodyOneofCase.MembersAdded => MembershipV1.Add(state, record, member),
            Record.BodyOneofCase.MemberRemoved => MembershipV1.Remove(state, record, member),
            Record.BodyOneofCase.MemberRole => MembershipV1.ChangeRole(state, record, member),
            Record.BodyOneofCase.Settings => MembershipV1.ChangeSettings(state, record, member),
            Record.BodyOneofCase.None or Record.BodyOneofCase.Created or _ =>
                throw new UnreachableException("The envelope refuses unknown kinds."),
        };
    }

    /// <summary>The target's seq, sender and kind never change, so ingest may have read them at any time.</summary>
    private static Effect OnTarget(ChatState state, Record record, Member member, bool allowedToOthers)
    {
        var target = record.Target;
        if (target is null || !target.IsMessage || target.Seq > (ulong)state.Seq || target.Seq < (ulong)member.FromSeq)
            return Refusal.NotFound;
        return allowedToOthers || target.Sender == member.User.Value ? Effect.None : Refusal.Forbidden;
    }

    private static ChatState After(
        ChatState? before, Record record, Position position, long appendTimeMs, in Effect effect)
    {
        var seq = (before?.Seq ?? 0) + 1;
        var idTimeMs = Math.Min(Snowflake.UnixMilliseconds(record.Id), appendTimeMs + IdAheadMsMax);
        var direct = before?.Direct ?? record.Created.Direct;
        var roster = effect.Roster ?? before!.Roster; // A creation always has a roster.
        return new ChatState
        {
            Chat = before?.Chat ?? new ChatId(record.Chat),
            Seq = seq,
            Position = position,
            TimeMs = Math.Max(before?.TimeMs ?? 0, Math.Max(appendTimeMs, idTimeMs)),
            Stamp = Math.Max((before?.Stamp ?? 0) + 1, appendTimeMs * 1000),
            N = (before?.N ?? 0) + (record.BodyCase == Record.BodyOneofCase.Message ? 1 : 0),
            Direct = direct,
            Pull = effect.Roster is null ? before!.Pull : Pull(before?.Pull ?? false, direct, roster.Count, record),
            Title = effect.Title ?? before?.Title ?? "",
            Custom = effect.Custom ?? before?.Custom ?? "",
            SettingsSeq = effect.SetsSettings ? seq : before!.SettingsSeq,
            Roster = roster,
        };
    }

    /// <summary>Judged when the roster changes, with the limits stamped into that record.</summary>
    private static bool Pull(bool pull, bool direct, int members, Record limits) =>
        !direct && (pull ? members >= limits.PushBelow : members >= limits.PullAt);
}
