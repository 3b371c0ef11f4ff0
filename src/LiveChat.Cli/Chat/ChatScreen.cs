using System.Globalization;
using LiveChat.Cli.Text;
using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Chat;

/// <summary>Draws the model as lines of exactly the screen's width: a pure function.</summary>
internal static class ChatScreen
{
    /// <summary>Fewer rows or columns than this show only the messages' end.</summary>
    public const int ColumnsMin = 20;

    /// <summary>All lines from top to bottom; the last one is the input's.</summary>
    public static IReadOnlyList<string> Draw(ChatModel model, EditedLine typed, int columns, int rows)
    {
        columns = Math.Max(columns, ColumnsMin);
        var below = new List<string> { Status(model) };
        foreach (var line in model.Info) below.AddRange(TerminalText.Wrap(line, columns));
        if (typed.IsFull) below.Add($"* The message is full: it has {LineEditor.LengthMax} characters.");
        below.Add(InputLine.Of(typed, columns).Shown);

        var room = Math.Max(0, rows - 2 - below.Count);
        var messages = model.Open is null
            ? [NoChat(model)]
            : Messages(model, model.Open, columns);
        var shown = messages.TakeLast(room).ToList();

        List<string> lines = [Header(model), Strip(model)];
        lines.AddRange(Enumerable.Repeat("", room - shown.Count));
        lines.AddRange(shown);
        lines.AddRange(below);
        return [.. lines.TakeLast(Math.Max(1, rows)).Select(line => TerminalText.Fit(line, columns))];
    }

    private static string NoChat(ChatModel model) => model.Chats.Count == 0
        ? "No chat is open. /new NAME begins one, /help says more."
        : "No chat is open. /open 1 opens the first of yours, /new NAME begins one, /help says more.";

    private static string Header(ChatModel model)
    {
        if (model.Open is null) return $"LiveChat · {model.User}";
        var presence = model.Open.PresenceText();
        return $"LiveChat · {model.User} · {model.NameOf(model.Open)}{(presence.Length > 0 ? $" ({presence})" : "")}";
    }

    private static string Strip(ChatModel model) => string.Join("  ", model.Chats.Select((chat, at) =>
        string.Create(CultureInfo.InvariantCulture, $"{at + 1}:{model.NameOf(chat)}") + Unread(chat)));

    private static string Unread(ChatItem chat) => chat.Unread > 0 ? $" ({chat.Unread})" : "";

    /// <summary>Above the input: what is wrong with the connection or the server, else who types.</summary>
    private static string Status(ChatModel model) => model.Open?.Typing switch
    {
        _ when model.Connection.Length > 0 => "* " + model.ConnectionNow,
        _ when model.Trouble.Length > 0 => "* " + model.Trouble,
        null or { Count: 0 } => "",
        [var one] => $"{TerminalText.Clean(one)} is typing…",
        var more => $"{TerminalText.Clean(string.Join(", ", more))} are typing…",
    };

    private static List<string> Messages(ChatModel model, ChatItem chat, int columns)
    {
        var lines = new List<string>();
        foreach (var item in chat.Messages)
        {
            var prefix = string.Create(
                CultureInfo.InvariantCulture, $"{item.SentAt.ToLocalTime():HH:mm} #{item.Seq} ");
            lines.AddRange(Indented(prefix, What(model, chat, item), columns));
        }

        foreach (var message in model.Outgoing)
        {
            var state = message.Refusal is null ? "…" : "✗ not sent";
            var text = TerminalText.Clean(message.Text);
            lines.AddRange(Indented("  …   ", $"{text} {state}", columns));
        }

        return lines;
    }

    private static string What(ChatModel model, ChatItem chat, MessageItem item)
    {
        if (item.IsNote) return $"— {item.Text}";
        if (item.IsDeleted) return $"{item.Sender}: (deleted)";

        var edited = item.EditedSeq > 0 ? " (edited)" : "";
        var reactions = item.Reactions.Count == 0 ? "" : " " + string.Join(' ', item.Reactions
            .GroupBy(reaction => reaction.Emoji)
            .Select(group => $"{TerminalText.Clean(group.Key)}{group.Count()}"));
        var ticks = item.Sender == model.User ? Ticks(model, chat, item.Seq) : "";
        return $"{TerminalText.Clean(item.Sender)}: {item.Text}{edited}{reactions}{ticks}";
    }

    /// <summary>✓ it reached a device of somebody else (or some have read it), ✓✓ all others have read it.</summary>
    private static string Ticks(ChatModel model, ChatItem chat, long seq)
    {
        Receipt[] others = [.. chat.Markers.Where(marker => marker.User != model.User)];
        if (others.Length > 0 && others.All(marker => marker.Read >= seq)) return " ✓✓";
        return others.Any(marker => marker.Delivered >= seq || marker.Read >= seq) ? " ✓" : "";
    }

    private static IEnumerable<string> Indented(string prefix, string text, int columns)
    {
        var indent = new string(' ', prefix.Length);
        return TerminalText.Wrap(text, Math.Max(10, columns - prefix.Length))
            .Select((line, at) => (at == 0 ? prefix : indent) + line);
    }
}
