using System.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Client;

namespace LiveChat.Cli.Commands;

/// <summary><c>livechat send</c>: one message, or one a line from standard input, each in its place in order.</summary>
internal static class SendCommand
{
    public static Command Create()
    {
        var target = new Argument<string>("chat") { Description = "A chat's id, or @user." };
        var text = new Argument<string>("text")
        {
            Description = "The text; - or nothing reads standard input, one message a line.",
            DefaultValueFactory = _ => "-",
        };
        var command = new Command("send", "Sends messages.") { target, text };
        var options = new ClientOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = await options.ConnectAsync(parsed, cancellationToken);
            var chat = await ChatTarget.FindAsync(client, parsed.GetValue(target)!, cancellationToken);
            var isJson = options.IsJson(parsed);
            if (parsed.GetValue(text) is { } one && one != "-")
            {
                await SendAsync(client, chat, one, isJson, cancellationToken);
                return ExitCode.Ok;
            }

            while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.Length > 0) await SendAsync(client, chat, line, isJson, cancellationToken);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task SendAsync(
        LiveChatClient client, string chat, string text, bool isJson, CancellationToken cancellationToken)
    {
        var ack = await ClientOptions.WithinAMinuteAsync(
            patience => client.SendAsync(chat, text, patience), cancellationToken);
        Console.Out.WriteLine(isJson ? JsonLine.Data(ack) : $"{ack.Chat} #{ack.Seq}");
    }
}
