using System.CommandLine;
using LiveChat.Cli.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Server;

namespace LiveChat.Cli.Commands;

/// <summary><c>livechat move</c>: a stopped data folder into Kafka and Cassandra.</summary>
internal static class MoveCommand
{
    public static Command Create()
    {
        var from = new Option<DirectoryInfo>("--from")
        {
            Description = "The data folder that is moved; no server uses it.", Required = true,
        };
        var output = new OutputOption();
        var switches = ServerSwitchOptions.Create();
        var command = new Command(
            "move",
            "Moves a stopped server's data folder into Kafka and Cassandra. Start it where a server of the cluster is "
            + "started, with the same options; if it is cut off, start it again.")
        {
            from, output,
        };
        foreach (var option in switches) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var progress = new ProgressLine(Console.Error, Console.IsErrorRedirected, TimeProvider.System);
            var report = await LiveChatTransfers.MoveAsync(
                parsed.GetValue(from)!.FullName, ServerSwitchOptions.ArgumentsOf(parsed, switches), progress,
                cancellationToken);
            progress.Dispose();
            Console.Out.WriteLine(
                output.IsJson(parsed) ? TransferText.Json(report) : TerminalText.Clean(TransferText.Moved(report)));
            return ExitCode.Ok;
        });
        return command;
    }
}
