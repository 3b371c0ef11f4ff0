using System.Globalization;
using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Text;

/// <summary>An event as one line for a person.</summary>
internal static class EventText
{
    /// <summary>With time, chat and place: <c>2026-11-24 03:00:00 7301 #12 bob: hello</c>.</summary>
    public static string Full(ChatEvent happened) => string.Create(
        CultureInfo.InvariantCulture,
        $"{happened.SentAt.ToLocalTime():yyyy-MM-dd HH:mm:ss} {happened.Chat} #{happened.Seq} {What(happened)}");

    /// <summary>Who did what.</summary>
    public static string What(ChatEvent happened) => TerminalText.Clean(happened switch
    {
        MessageCreated message => $"{message.Sender}: {Body(message)}{Reactions(message)}",
        MessageEdited edited => $"{edited.Sender} edited #{edited.Target}: {edited.Body?.Text ?? "(not visible)"}",
        MessageDeleted deleted => $"{deleted.Sender} deleted #{deleted.Target}",
        ReactionChanged { On: true } reaction => $"{reaction.Sender} reacted {reaction.Emoji} to #{reaction.Target}",
        ReactionChanged reaction => $"{reaction.Sender} took back {reaction.Emoji} from #{reaction.Target}",
        ChatCreated created => $"{created.Sender} made the chat with {string.Join(", ", created.Members)}",
        MemberAdded added => $"{added.Sender} added {string.Join(", ", added.Users)}",
        MemberRemoved removed when removed.Sender == removed.User => $"{removed.User} left",
        MemberRemoved removed => $"{removed.Sender} removed {removed.User}",
        MemberRoleChanged role => $"{role.Sender} made {role.User} {role.Role}",
        ChatDeleted => "the chat was deleted",
        ChatUpdated updated => $"{updated.Sender} set the title to “{updated.Title}”",
        UnknownEvent { Unreadable: true } => "the server cannot read this event any more",
        UnknownEvent unknown => $"{unknown.Sender}: {unknown.Type} (a newer version knows more)",
        _ => happened.GetType().Name,
    });

    private static string Body(MessageCreated message)
    {
        if (message.Body is null) return message.Unreadable == true ? "(cannot be read)" : "(deleted)";
        return message.EditedSeq is null ? message.Body.Text : message.Body.Text + " (edited)";
    }

    private static string Reactions(MessageCreated message) => message.Reactions is { Count: > 0 } reactions
        ? " [" + string.Join(' ', reactions.GroupBy(r => r.Emoji).Select(g => g.Key + g.Count())) + "]"
        : "";
}
