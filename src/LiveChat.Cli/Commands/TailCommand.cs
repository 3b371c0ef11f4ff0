using System.CommandLine;
using LiveChat.Cli.Pipes;
using LiveChat.Cli.Text;
using LiveChat.Client;

namespace LiveChat.Cli.Commands;

/// <summary><c>livechat tail</c>: events as they come, of all chats or of one, until it is interrupted.</summary>
internal static class TailCommand
{
    public static Command Create()
    {
        var target = new Argument<string?>("chat")
        {
            Description = "A chat's id, or @user; nothing means all.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("tail", "Prints events as they come.") { target };
        var options = new ClientOptions(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var client = await options.ConnectAsync(parsed, cancellationToken);
            var wanted = parsed.GetValue(target);
            var chat = wanted is null ? null : await ChatTarget.FindAsync(client, wanted, cancellationToken);
            var isJson = options.IsJson(parsed);
            Console.Error.WriteLine(ConnectionText.Of(new ConnectionChange(ClientState.Connected)));
            client.ConnectionChanged += change => Console.Error.WriteLine(ConnectionText.Of(change));
            await StandardOutput.WhileReadAsync(
                async read =>
                {
                    await foreach (var happened in client.ReadEventsAsync(read))
                    {
                        if (chat is not null && happened.Chat != chat) continue;
                        Console.Out.WriteLine(isJson ? JsonLine.Frame(happened) : EventText.Full(happened));
                    }
                },
                cancellationToken);
            return ExitCode.Ok;
        });
        return command;
    }
}
