using System.CommandLine;
using System.Text.Json;
using LiveChat.Cli.Text;

namespace LiveChat.Cli.Commands;

/// <summary>
/// <c>livechat chat delete</c>: deletes a chat at the server's internal address, and waits until nothing of it is left.
/// The server goes on by itself: a command that is stopped stops nothing.
/// </summary>
internal static class ChatDeleteCommand
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var chat = new Argument<string>("chat") { Description = "The id of the chat, as livechat chats shows it." };
        var yes = new Option<bool>("--yes") { Description = "Really: what was deleted cannot be brought back." };
        var command = new Command(
            "delete", "Deletes a chat for good, for all its members: messages, members, lists; waits for the end.")
        {
            chat, yes,
        };
        var access = new OperatorAccess(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var id = parsed.GetValue(chat)!;
            if (!parsed.GetValue(yes))
                throw new CliException(ExitCode.Usage, $"Nothing can bring {TerminalText.Clean(id)} back: add --yes.");
            var path = $"/v1/chats/{Uri.EscapeDataString(id)}";
            using var begun = await access.SendAsync(parsed, HttpMethod.Delete, path, null, cancellationToken);
            if (IsFinished(begun!.RootElement))
            {
                Console.Out.WriteLine(LineOf(begun.RootElement));
                return ExitCode.Ok;
            }

            Console.Error.WriteLine(LineOf(begun.RootElement));
            while (true)
            {
                await Task.Delay(LookEvery, TimeProvider.System, cancellationToken);
                using var now = await access.SendAsync(
                    parsed, HttpMethod.Get, $"{path}/deletion", null, cancellationToken);
                if (!IsFinished(now!.RootElement)) continue;
                Console.Out.WriteLine(LineOf(now.RootElement));
                return ExitCode.Ok;
            }
        });
        return command;
    }

    private static bool IsFinished(JsonElement deletion) => deletion.GetProperty("state").GetString() == "finished";

    private static string LineOf(JsonElement deletion)
    {
        var end = IsFinished(deletion)
            ? $"finished {deletion.GetProperty("finished_at").GetString()}, "
                + $"gone from the log {deletion.GetProperty("log_gone_at").GetString()}"
            : $"deleted {deletion.GetProperty("deleted_at").GetString()}, its rows are being removed";
        return $"{deletion.GetProperty("chat").GetString()}  {end}";
    }
}
