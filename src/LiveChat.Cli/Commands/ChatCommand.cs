using System.CommandLine;
using LiveChat.Cli.Chat;
using LiveChat.Cli.Pipes;

namespace LiveChat.Cli.Commands;

/// <summary>
/// <c>livechat chat</c>: a chat for people. On a terminal the whole screen; with a pipe on either side, lines.
/// </summary>
internal static class ChatCommand
{
    public static Command Create()
    {
        var with = new Option<string?>("--with") { Description = "Open the chat with this user." };
        var command = new Command("chat", "Chats, in the terminal.") { with, ChatDeleteCommand.Create() };
        var options = new ClientOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var isJson = options.IsJson(parsed);
            var isScreen = !isJson && !Console.IsInputRedirected && !Console.IsOutputRedirected
                && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");

            // A person sees that the server is away and may wait; a script is told.
            await using var client = isScreen
                ? options.Create(parsed)
                : await options.ConnectAsync(parsed, cancellationToken, tellsRetries: false);
            var model = new ChatModel(client.User ?? "");
            using var input = new StandardInput(Console.In);
            using IChatView view = isScreen
                ? new ScreenView()
                : new PlainView(input, Console.Out, Console.Error, isJson, TimeProvider.System);
            var session = new ChatSession(client, model, view, TimeProvider.System);
            await StandardOutput.WhileReadAsync(
                read => session.RunAsync(parsed.GetValue(with), read), cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }
}
