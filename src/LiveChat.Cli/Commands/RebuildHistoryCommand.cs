using System.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Server;

namespace LiveChat.Cli.Commands;

/// <summary><c>livechat rebuild-history</c>: history from the log, when it is gone and the log is whole.</summary>
internal static class RebuildHistoryCommand
{
    public static Command Create()
    {
        var data = new DataOption();
        var accept = new Option<bool>("--accept-loss")
        {
            Description = "You have read what is lost: what was never in the log.",
        };
        var command = new Command(
            "rebuild-history", "Makes the history of a stopped server's data folder again from its log.")
        {
            data, accept,
        };
        command.SetAction(async (parsed, _) =>
        {
            if (!parsed.GetValue(accept))
                throw new CliException(ExitCode.Usage, $"{LiveChatServer.RebuildLoss} Say --accept-loss to go on.");
            var chats = await data.UseAsync(parsed, LiveChatServer.RebuildHistoryAsync);
            Console.Out.WriteLine(
                $"Ready for {CountText.Of(chats, "chat")}: start the server, which fills the history from the log.");
            return ExitCode.Ok;
        });
        return command;
    }
}
