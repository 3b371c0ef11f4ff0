using System.Text;
using LiveChat.Core.Json;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Chats;

/// <summary>
/// The part of <see cref="RulesV1"/> that changes the roster and the settings. A group has owners, admins and
/// members; whoever creates it owns it, and it never loses its last owner while others remain. A direct chat has two
/// members, for good.
/// </summary>
internal static class MembershipV1
{
    /// <summary>A patch is merged here, so that it meets what is there and loses nothing of it: hence the limit that
    /// ingest keeps of everything else.</summary>
    private const int CustomBytesMax = 4_096;

    public static bool Leads(Member member) => member.Role is Role.Owner or Role.Admin;

    public static Effect Create(Record record, UserId creator)
    {
        var direct = record.Created.Direct;
        var members = new List<Member> { new(creator, direct ? Role.Member : Role.Owner, FromSeq: 1) };
        foreach (var text in record.Created.Members)
        {
            var user = UserId.OfRecord(text);
            if (members.TrueForAll(m => m.User != user))
                members.Add(new Member(user, Role.Member, FromSeq: 1));
        }

        if (members.Count > record.MembersMax)
            return Refusal.ChatFull;
        return new Effect
        {
            Roster = Roster.Create(members),
            Title = record.Created.Title,
            Custom = record.Created.Custom,
            SetsSettings = true,
        };
    }

    public static Effect Add(ChatState state, Record record, Member by)
    {
        if (state.Direct || !Leads(by))
            return Refusal.Forbidden;

        var added = new List<UserId>(record.MembersAdded.Users.Count);
        foreach (var text in record.MembersAdded.Users)
        {
            var user = UserId.OfRecord(text);
            if (!state.Roster.Contains(user) && !added.Contains(user))
                added.Add(user);
        }

        if (added.Count == 0)
            return Refusal.Conflict;
        if (state.Roster.Count + added.Count > record.MembersMax)
            return Refusal.ChatFull;

        var roster = Roster.Create(
            [.. state.Roster.Members, .. added.Select(user => new Member(user, Role.Member, state.Seq + 1))]);
        return new Effect { Roster = roster, Added = added };
    }

    public static Effect Remove(ChatState state, Record record, Member by)
    {
        if (state.Direct)
            return Refusal.Forbidden;

        var user = UserId.OfRecord(record.MemberRemoved.User);
        if (user == by.User)
            return IsLastOwner(state, by) && state.Roster.Count > 1
                ? Refusal.LastOwner
                : new Effect { Roster = state.Roster.Without(user) };

        if (!Leads(by))
            return Refusal.Forbidden;
        if (!state.Roster.TryGet(user, out var removed))
            return Refusal.NotFound;
        if (by.Role == Role.Admin && Leads(removed))
            return Refusal.Forbidden;
        return new Effect { Roster = state.Roster.Without(user) };
    }

    public static Effect ChangeRole(ChatState state, Record record, Member by)
    {
        var role = record.MemberRole.Role;
        if (state.Direct || by.Role != Role.Owner || role is not (Role.Owner or Role.Admin or Role.Member))
            return Refusal.Forbidden;
        if (!state.Roster.TryGet(UserId.OfRecord(record.MemberRole.User), out var member))
            return Refusal.NotFound;
        if (member.Role == role)
            return Refusal.Conflict;
        if (IsLastOwner(state, member))
            return Refusal.LastOwner;
        return new Effect { Roster = state.Roster.With(member with { Role = role }) };
    }

    public static Effect ChangeSettings(ChatState state, Record record, Member by)
    {
        if (state.Direct || !Leads(by))
            return Refusal.Forbidden;

        var settings = record.Settings;
        if (settings.HasIfSeq && settings.IfSeq != (ulong)state.SettingsSeq)
            return Refusal.PreconditionFailed;
        var custom = settings.HasCustomPatch ? MergePatch.Apply(state.Custom, settings.CustomPatch)
            : settings.HasCustom ? settings.Custom
            : null;
        if (settings.HasCustomPatch && Encoding.UTF8.GetByteCount(custom!) > CustomBytesMax)
            return Refusal.CustomTooLong;
        return new Effect
        {
            Title = settings.HasTitle ? settings.Title : null,
            Custom = custom,
            SetsSettings = true,
        };
    }

    public static bool IsLastOwner(ChatState state, Member member) =>
        member.Role == Role.Owner && state.Roster.CountOf(Role.Owner) == 1;
}
