using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using LiveChat.Cli.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Commands;

/// <summary><c>livechat chats</c>: the user's chats, the latest first.</summary>
internal static class ChatsCommand
{
    public static Command Create()
    {
        var limit = new CountOption("--limit", "How many at most.", 50);
        var command = new Command("chats", "Lists your chats, the latest first.") { limit };
        var options = new ClientOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = await options.ConnectAsync(parsed, cancellationToken);
            var left = parsed.GetValue(limit);
            string? cursor = null;
            do
            {
                var page = await ClientOptions.WithinAMinuteAsync(
                    patience => client.ChatsAsync(cursor, Math.Min(left, Limits.PageItemsMax), patience),
                    cancellationToken);
                foreach (var line in options.IsJson(parsed) ? JsonOf(page) : page.Items.Select(LineOf))
                    Console.Out.WriteLine(line);
                left -= page.Items.Count;
                cursor = page.Next;
            }
            while (cursor is not null && left > 0);
            return ExitCode.Ok;
        });
        return command;
    }

    /// <summary>Each chat as it is on the wire.</summary>
    private static IEnumerable<string> JsonOf(Chats page)
    {
        using var data = JsonDocument.Parse(JsonLine.Data(page));
        foreach (var chat in data.RootElement.GetProperty("items").EnumerateArray())
            yield return chat.GetRawText();
    }

    /// <summary>As in <c>505285586064506880  2026-11-24 03:00:00  bob (2 unread)</c>.</summary>
    private static string LineOf(ChatSummary chat)
    {
        var kind = chat.Kind == ChatKinds.Direct ? "direct chat" : "group";
        var name = TerminalText.Clean(chat.With ?? chat.Title ?? kind);
        var unread = chat.Unread > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({chat.Unread} unread)") : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{chat.Chat}  {chat.HeadTime.ToLocalTime():yyyy-MM-dd HH:mm:ss}  {name}{unread}");
    }
}
