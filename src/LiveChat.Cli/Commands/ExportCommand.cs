using System.CommandLine;
using LiveChat.Cli.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Server;
using LiveChat.Server.Transfers;

namespace LiveChat.Cli.Commands;

/// <summary><c>livechat export</c> and <c>livechat import</c>: what a data folder holds as a file of lines, and back.
/// docs/EXPORT.md describes the lines.</summary>
internal static class ExportCommand
{
    public static Command CreateExport()
    {
        var (file, output, data) = (FileArgument("The file to write, which is not there yet."), new OutputOption(),
            new DataOption());
        var user = new Option<string?>("--user")
        {
            Description = "Only what this user has; for reading, not for import.",
        };
        var place = new Option<string?>("--backups")
        {
            Description = "Export a backup of this place instead of a data folder: also while the server runs.",
        };
        var backup = new Option<string?>("--backup")
        {
            Description = "Which backup, as backup list shows it; else the newest.",
        };
        var scratch = new Option<DirectoryInfo?>("--scratch")
        {
            Description = "A folder with room for the backup; else that of temporary files.",
        };
        var command = new Command("export", "Writes everything that a stopped server's data folder holds into a file.")
        {
            file, data, user, place, backup, scratch, output,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var progress = new ProgressLine(Console.Error, Console.IsErrorRedirected, TimeProvider.System);
            var (path, owner) = (parsed.GetValue(file)!.FullName, parsed.GetValue(user));
            var report = parsed.GetValue(place) is { } backups
                ? await LiveChatTransfers.ExportBackupAsync(
                    backups, parsed.GetValue(backup), parsed.GetValue(scratch)?.FullName ?? Path.GetTempPath(), path,
                    owner, progress, cancellationToken)
                : await LiveChatTransfers.ExportAsync(data.FolderOf(parsed), path, owner, progress, cancellationToken);
            progress.Dispose();
            Write(report, output.IsJson(parsed), TransferText.Exported(report, path));
            return ExitCode.Ok;
        });
        return command;
    }

    public static Command CreateImport()
    {
        var (file, output, data) = (FileArgument("The file that export wrote."), new OutputOption(), new DataOption());
        var command = new Command(
            "import", "Makes a data folder of an export, in an empty folder; if it is cut off, start it again.")
        {
            file, data, output,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var progress = new ProgressLine(Console.Error, Console.IsErrorRedirected, TimeProvider.System);
            var folder = data.FolderOf(parsed);
            var report = await LiveChatTransfers.ImportAsync(
                parsed.GetValue(file)!.FullName, folder, progress, cancellationToken);
            progress.Dispose();
            Write(report, output.IsJson(parsed), TransferText.Imported(report, folder));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Argument<FileInfo> FileArgument(string description) => new("file") { Description = description };

    private static void Write(TransferReport report, bool isJson, string text) =>
        Console.Out.WriteLine(isJson ? TransferText.Json(report) : TerminalText.Clean(text));
}
