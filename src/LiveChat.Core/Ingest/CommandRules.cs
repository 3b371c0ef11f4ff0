using System.Diagnostics;
using Google.Protobuf;
using Google.Protobuf.Collections;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Ingest;

/// <summary>
/// What makes a command whole whose fields are well-formed (<see cref="FieldRules"/>), and the record that it becomes:
/// one canonical form for each meaning, since a repetition is told from another command by the hash of it. Pure.
/// </summary>
internal static class CommandRules
{
    /// <summary>The draft, or the problem: exactly one is there.</summary>
    public static CommandDraft? Read(UserId sender, ChangeCommand command, out Problem? problem)
    {
        problem = null;
        var record = new Record { Sender = sender.Value };
        if (!ClientId.TryParse(command.ClientId, out var clientId))
            return Refuse(out problem, "/client_id", "uuid_v7");
        record.ClientId = ByteString.CopyFrom(clientId.Value.ToByteArray(bigEndian: true));

        if (command is not ChatCreate)
        {
            if (command.Chat is null || !ChatId.TryParse(command.Chat, out var chat))
                return Refuse(out problem, "/chat", "id");
            record.Chat = chat.Value;
        }

        problem = Fill(sender, command, record, out var target);
        return problem is null ? new CommandDraft(record, clientId, target) : null;
    }

    private static Problem? Fill(UserId sender, ChangeCommand command, Record record, out long target)
    {
        target = 0;
        switch (command)
        {
            case ChatCreate create:
                return FillCreated(sender, create, record);
            case MessageSend send:
                var problem = BodyRules.Read(send.Body, out var sent);
                record.Message = new Message { Body = sent };
                return problem;
            case MessageEdit edit:
                target = edit.Target;
                problem = BodyRules.Read(edit.Body, out var edited);
                record.Edit = new Edit { Body = edited };
                return problem;
            case MessageDelete delete:
                target = delete.Target;
                record.Delete = new Delete();
                return null;
            case ReactionSet reaction:
                target = reaction.Target;
                record.Reaction = new Log.Reaction { Emoji = reaction.Emoji, On = reaction.On };
                return null;
            case MemberAdd add:
                record.MembersAdded = new MembersAdded();
                return FillUsers(add.Users, record.MembersAdded.Users, 1, "/users");
            case MemberRemove remove:
                record.MemberRemoved = new Log.MemberRemoved { User = remove.User };
                return null;
            case Protocol.Frames.MemberRole role:
                return FillRole(role, record);
            case ChatUpdate update:
                return FillSettings(update, record);
            default:
                return Problems.Of(ErrorCode.BadRequest);
        }
    }

    private static Problem? FillCreated(UserId sender, ChatCreate create, Record record)
    {
        var created = new Created { Direct = create.Direct is not null, Title = create.Title ?? "" };
        record.Created = created;
        if (create.Chat is not null) return Problems.Invalid("/chat", "absent");
        if (create.Direct is { } other)
        {
            if (create.Members is not null) return Problems.Invalid("/members", "absent");
            if (create.Title is not null) return Problems.Invalid("/title", "absent");
            if (create.Custom is not null) return Problems.Invalid("/custom", "absent");
            if (other == sender.Value) return Problems.Invalid("/direct", "other_user");
            created.Members.Add(other);
            return null;
        }

        created.Custom = OrNone(BodyRules.CustomOf(create.Custom));
        return FillUsers(
            (create.Members ?? []).Where(user => user != sender.Value), created.Members, 0, "/members");
    }

    private static Problem? FillSettings(ChatUpdate update, Record record)
    {
        record.Settings = new Settings();
        var (custom, patch) = (BodyRules.CustomOf(update.Custom), BodyRules.CustomOf(update.CustomPatch));
        if (update.Title is null && custom is null && patch is null) return Problems.Invalid("/title", "required");
        if (custom is not null && patch is not null) return Problems.Invalid("/custom_patch", "absent");
        if (update.Title is { } title) record.Settings.Title = title;
        if (custom is not null) record.Settings.Custom = OrNone(custom);
        if (patch is not null) record.Settings.CustomPatch = patch;
        if (update.IfSeq is { } seq) record.Settings.IfSeq = (ulong)seq;
        return null;
    }

    /// <summary>An empty object is no custom data.</summary>
    private static string OrNone(string? custom) => custom is null or "{}" ? "" : custom;

    private static Problem? FillRole(Protocol.Frames.MemberRole command, Record record)
    {
        var role = command.Role switch
        {
            MemberRoles.Owner => Role.Owner,
            MemberRoles.Admin => Role.Admin,
            MemberRoles.Member => Role.Member,
            _ => throw new UnreachableException("The field's rule knows the roles."),
        };
        record.MemberRole = new Log.MemberRole { User = command.User, Role = role };
        return null;
    }

    /// <summary>Each user once, ordered by bytes.</summary>
    private static Problem? FillUsers(IEnumerable<string> users, RepeatedField<string> filled, int min, string pointer)
    {
        var sorted = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var user in users)
        {
            sorted.Add(user);
            if (sorted.Count > Limits.MembersMax) return Problems.Of(ErrorCode.PayloadTooLarge, "Too many users.");
        }

        if (sorted.Count < min) return Problems.Invalid(pointer, "required");
        foreach (var user in sorted) filled.Add(user);
        return null;
    }

    private static CommandDraft? Refuse(out Problem? problem, string pointer, string rule)
    {
        problem = Problems.Invalid(pointer, rule);
        return null;
    }
}
