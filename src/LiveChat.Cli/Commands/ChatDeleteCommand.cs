using System.CommandLine;
using System.Text.Json;

namespace LiveChat.Cli.Commands;

/// <summary>
/// <c>livechat chat delete</c>: deletes a chat at the server's internal address, and waits until nothing of it is left.
/// </summary>
internal static class ChatDeleteCommand
{
    public static Command Create()
    {
        var chat = new Argument<string>("chat") { Description = "The id of the chat, as livechat chats shows it." };
        var command = new Command(
            "delete", "Deletes a chat for good, for all its members: messages, members, lists; waits for the end.")
        {
            chat,
        };
        var deletion = new Removal(command, "deletion", LineOf);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var id = parsed.GetValue(chat)!;
            return await deletion.RunAsync(
                parsed, $"/v1/chats/{Uri.EscapeDataString(id)}", id, cancellationToken);
        });
        return command;
    }

    private static string LineOf(JsonElement deletion)
    {
        var end = Removal.EndOf(
            deletion, () => $"deleted {deletion.GetProperty("deleted_at").GetString()}, its rows are being removed");
        return $"{deletion.GetProperty("chat").GetString()}  {end}";
    }
}
