using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Log;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Checking;
using LiveChat.Tests.History;
using Frames = LiveChat.Protocol.Frames;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// Commands, frames, delivered events and rows of history in the checker's words. What the two workers say is
/// compared by every byte that they have; what a device was told, by everything that is in the frame.
/// </summary>
internal static class Rendering
{
    /// <summary>What a command says.</summary>
    public static string Content(UserId sender, ChangeCommand command) => command switch
    {
        ChatCreate { Direct: { } other } => Created("direct", null, [sender.Value, other]),
        ChatCreate create => Created("group", create.Title, [sender.Value, .. create.Members ?? []]),
        MessageSend send => Said(send.Body),
        MessageEdit edit => Edited(edit.Target, edit.Body),
        MessageDelete delete => $"delete {delete.Target}",
        ReactionSet reaction => Reacted(reaction.Target, reaction.Emoji, reaction.On),
        MemberAdd add => $"add {string.Join(',', add.Users)}",
        MemberRemove remove => $"remove {remove.User}",
        Frames.MemberRole role => $"role {role.User} {role.Role}",
        ChatUpdate update => Settings(update.Title, update.Custom),
        _ => throw new SimulationException($"A command that no device gives: {command}."),
    };

    /// <summary>An event as a device was told of it; no content where it was erased or is not for the device.</summary>
    public static SeenEvent Seen(ChatEvent told) => new(
        told.Chat,
        told.Seq,
        told.N,
        told.Id,
        told.Sender,
        told.ClientId,
        told.SentAt.ToUnixTimeMilliseconds(),
        told is MessageCreated,
        Content(told));

    /// <summary>An event as a delivery-worker hands it over.</summary>
    public static SeenEvent Delivered(SequencedEvent delivered) =>
        Seen(ChatEvents.FrameOf(delivered, showsTarget: true)) with
        {
            Detail = Detail(delivered.Record, delivered.After.Position.Value),
        };

    /// <summary>A row of history.</summary>
    /// <param name="entry">The row.</param>
    /// <param name="edited">What the event says when it is an edit: its words lie with its target.</param>
    public static SeenEvent Kept(HistoryEntry entry, Body? edited) =>
        Seen(Event(entry, edited)) with { Detail = Detail(entry.Event.Record, entry.Event.Position) };

    /// <summary>A row of history as the event that somebody would see who may see everything.</summary>
    public static ChatEvent Event(HistoryEntry entry, Body? edited) =>
        EventFrames.Of(entry.Event, edited ?? entry.Content, withContent: true);

    private static string? Content(ChatEvent told) => told switch
    {
        ChatCreated created => Created(created.Kind, created.Title, created.Members),
        MessageCreated { Body: { } body } => Said(body),
        MessageEdited { Body: { } body } edit => Edited(edit.Target, body),
        MessageDeleted delete => $"delete {delete.Target}",
        ReactionChanged { Emoji: { } emoji } reaction => Reacted(reaction.Target, emoji, reaction.On),
        MemberAdded added => $"add {string.Join(',', added.Users)}",
        Frames.MemberRemoved removed => $"remove {removed.User}",
        MemberRoleChanged changed => $"role {changed.User} {changed.Role}",
        ChatUpdated updated => Settings(updated.Title, updated.Custom),
        _ => null,
    };

    private static string Created(string kind, string? title, IEnumerable<string> members) =>
        $"create {kind} '{title}' {string.Join(',', members.Order(StringComparer.Ordinal))}";

    /// <summary>A command says those that it sets, an event all.</summary>
    private static string Settings(string? title, JsonElement? custom) => string.Join(
        SeenEvent.And,
        ((string?[])[
            title is null ? null : $"title {title}",
            custom is null ? null : $"custom {custom.Value.GetRawText()}",
        ]).OfType<string>());

    private static string Said(MessageBody body) => $"say {body.Text}";

    private static string Edited(long target, MessageBody body) => $"edit {target} {body.Text}";

    private static string Reacted(long target, string emoji, bool on) => $"react {target} {emoji} {on}";

    /// <summary>Everything of the record but its body, in which a deletion changes something.</summary>
    private static string Detail(Record record, long position)
    {
        var stamped = record.Clone();
        stamped.ClearBody();
        return string.Create(
            CultureInfo.InvariantCulture, $"{position} {Convert.ToBase64String(stamped.ToByteArray())}");
    }
}
