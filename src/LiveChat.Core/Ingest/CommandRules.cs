using System.Text;
using Google.Protobuf;
using Google.Protobuf.Collections;
using LiveChat.Core.Log;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Ingest;

/// <summary>
/// What makes a command well-formed, whoever sends it, and the record that it becomes: one canonical form for each
/// meaning, since a repetition is told from another command by the hash of it. Pure.
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
        if (problem is null && target < 0) problem = Problems.Invalid("/target", "range");
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
                target = PositiveOrInvalid(edit.Target);
                problem = BodyRules.Read(edit.Body, out var edited);
                record.Edit = new Edit { Body = edited };
                return problem;
            case MessageDelete delete:
                target = PositiveOrInvalid(delete.Target);
                record.Delete = new Delete();
                return null;
            case ReactionSet reaction:
                target = PositiveOrInvalid(reaction.Target);
                record.Reaction = new Log.Reaction { Emoji = reaction.Emoji, On = reaction.On };

                // Over HTTP the emoji stands in the path, where these two mean another one: that of the message.
                return reaction.Emoji is "." or ".."
                    ? Problems.Invalid("/emoji", "dots")
                    : CheckText(reaction.Emoji, 1, Limits.EmojiBytesMax, "/emoji");
            case MemberAdd add:
                record.MembersAdded = new MembersAdded();
                return FillUsers(add.Users, record.MembersAdded.Users, 1, "/users");
            case MemberRemove remove:
                record.MemberRemoved = new Log.MemberRemoved { User = remove.User };
                return UserId.TryParse(remove.User, out _) ? null : Problems.Invalid("/user", "id");
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
            if (!UserId.TryParse(other, out _)) return Problems.Invalid("/direct", "id");
            if (other == sender.Value) return Problems.Invalid("/direct", "other_user");
            created.Members.Add(other);
            return null;
        }

        var problem = BodyRules.ReadCustom(create.Custom, "/custom", out var custom);
        created.Custom = OrNone(custom);
        return problem
            ?? CheckText(created.Title, 0, Limits.TitleBytesMax, "/title")
            ?? FillUsers((create.Members ?? []).Where(user => user != sender.Value), created.Members, 0, "/members");
    }

    private static Problem? FillSettings(ChatUpdate update, Record record)
    {
        record.Settings = new Settings();
        if (BodyRules.ReadCustom(update.Custom, "/custom", out var custom) is { } problem) return problem;
        if (BodyRules.ReadCustom(update.CustomPatch, "/custom_patch", out var patch) is { } wrong) return wrong;
        if (update.Title is null && custom is null && patch is null) return Problems.Invalid("/title", "required");
        if (custom is not null && patch is not null) return Problems.Invalid("/custom_patch", "absent");
        if (update.Title is { } title) record.Settings.Title = title;
        if (custom is not null) record.Settings.Custom = OrNone(custom);
        if (patch is not null) record.Settings.CustomPatch = patch;
        if (update.IfSeq is < 1) return Problems.Invalid("/if_seq", "range");
        if (update.IfSeq is { } seq) record.Settings.IfSeq = (ulong)seq;
        return CheckText(update.Title ?? "", 0, Limits.TitleBytesMax, "/title");
    }

    /// <summary>An empty object is no custom data.</summary>
    private static string OrNone(string? custom) => custom is null or "{}" ? "" : custom;

    private static Problem? FillRole(Protocol.Frames.MemberRole command, Record record)
    {
        if (!UserId.TryParse(command.User, out _)) return Problems.Invalid("/user", "id");
        var role = command.Role switch
        {
            MemberRoles.Owner => Role.Owner,
            MemberRoles.Admin => Role.Admin,
            MemberRoles.Member => Role.Member,
            _ => Role.Unspecified,
        };
        record.MemberRole = new Log.MemberRole { User = command.User, Role = role };
        return role == Role.Unspecified ? Problems.Invalid("/role", "unknown") : null;
    }

    /// <summary>Each user once, ordered by bytes.</summary>
    private static Problem? FillUsers(IEnumerable<string> users, RepeatedField<string> filled, int min, string pointer)
    {
        var sorted = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var user in users)
        {
            if (!UserId.TryParse(user, out _)) return Problems.Invalid(pointer, "id");
            sorted.Add(user);
            if (sorted.Count > Limits.MembersMax) return Problems.Of(ErrorCode.PayloadTooLarge, "Too many users.");
        }

        if (sorted.Count < min) return Problems.Invalid(pointer, "required");
        foreach (var user in sorted) filled.Add(user);
        return null;
    }

    private static Problem? CheckText(string text, int bytesMin, int bytesMax, string pointer)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);
        if (bytes < bytesMin) return Problems.Invalid(pointer, "required");
        return bytes > bytesMax ? Problems.Invalid(pointer, "too_long") : null;
    }

    private static long PositiveOrInvalid(long seq) => seq > 0 ? seq : -1;

    private static CommandDraft? Refuse(out Problem? problem, string pointer, string rule)
    {
        problem = Problems.Invalid(pointer, rule);
        return null;
    }
}
