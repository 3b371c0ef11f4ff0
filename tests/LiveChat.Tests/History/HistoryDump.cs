using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Protocol.Ids;
using Xunit;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;

namespace LiveChat.Tests.History;

/// <summary>Everything that a store says of a chat, through the ports, as lines.</summary>
internal static class HistoryDump
{
    public static readonly string[] Users = ["ann", "bob", "cat", "dan", "eve", "fay", "gus", "hal"];

    /// <param name="keys">The commands to look up.</param>
    public static async Task<List<string>> LinesAsync(
        IHistoryStore history, IUserStore users, ChatId chat, IEnumerable<SequencedEvent> keys)
    {
        var head = await history.ReadHeadAsync(chat, default);
        var lines = new List<string> { head is null ? "no head" : Line(head) };
        foreach (var entry in await history.ReadEventsAsync(
            chat, 1, 8192, long.MaxValue, IHistoryStore.ReactionsNow, default))
            lines.Add(EventLine(entry, await EditsAsync(history, chat, entry)));
        foreach (var user in Users)
        {
            var stays = await history.ReadStaysAsync(chat, UserId.Parse(user), default);
            var row = await users.ReadUserChatAsync(UserId.Parse(user), chat, default);
            if (stays.Count == 0 && row is null)
            {
                lines.Add($"{user} never was here");
                continue;
            }

            var heads = row!.Pull ? "pull" : $"head {row.HeadSeq} {row.HeadN}";
            lines.Add($"{user} stays {string.Join(' ', stays.Select(stay => $"{stay.FromSeq}-{stay.ToSeq}"))}");
            lines.Add($"{user} row {row.FromSeq}-{row.ToSeq} {heads} read {row.ReadSeq} {row.ReadN}");
        }

        foreach (var e in keys)
        {
            var use = await history.ReadKeyAsync(chat, e.Sender, e.ClientId, default);
            lines.Add($"key {e.Sender} {e.ClientId} → {use}");
        }

        return lines;
    }

    public static string Line(ChatState s) =>
        $"head {s.Chat} {s.Seq} {s.Position} t{s.TimeMs} w{s.Stamp} n{s.N} {s.Direct} {s.Pull} '{s.Title}'"
        + $"{s.Custom}@{s.SettingsSeq} {string.Join(',', s.Roster.Members.ToArray())}";

    public static string Line(
        long seq, long n, long timeMs, Kind kind, string? content, long? deleted, IEnumerable<string> edits,
        IEnumerable<string> reactions) =>
        $"{seq} n{n} t{timeMs} {kind} '{content}' deleted {deleted} edits {string.Join(' ', edits)} "
        + $"reactions {string.Join(' ', reactions)}";

    /// <summary>All edits on an event, from the newest down, each by a read that stops below the one before.</summary>
    private static async Task<List<string>> EditsAsync(IHistoryStore history, ChatId chat, HistoryEntry entry)
    {
        var (edits, seq) = (new List<string>(), (long)entry.Event.Seq);
        for (var edit = entry.Edit; edit is not null;)
        {
            edits.Insert(0, $"{edit.EditSeq}:{edit.Content.Text}");
            edit = Assert.Single(await history.ReadEventsAsync(chat, seq, seq, edit.EditSeq - 1, 0, default)).Edit;
        }

        return edits;
    }

    private static string EventLine(HistoryEntry entry, IReadOnlyList<string> edits)
    {
        var e = entry.Event;
        return Line(
            (long)e.Seq, (long)e.N, e.TimeMs, e.Record.BodyCase, entry.Content?.Text, entry.DeletedSeq,
            edits,
            entry.Reactions.Select(static reaction => $"{reaction.Emoji}{reaction.User}@{reaction.EventSeq}"));
    }
}
