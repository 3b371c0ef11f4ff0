using System.CommandLine;
using LiveChat.Cli.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Server;
using LiveChat.Server.Backups;

namespace LiveChat.Cli.Commands;

/// <summary>
/// <c>livechat backup</c>: backups of a data folder, in a folder or behind an S3 address. What became of it goes to
/// standard output, the progress to standard error.
/// </summary>
internal static class BackupCommand
{
    /// <summary>A checkpoint waits for a sync, and for the records that a stopped partition holds back.</summary>
    private const int CheckpointSeconds = 600;

    /// <summary>Ten years.</summary>
    private const int DaysMax = 3_650;

    public static Command Create() => new("backup", "Makes, lists, verifies and restores backups of a data folder.")
    {
        CreateBackup(), List(), Verify(), Restore(),
    };

    private static Command CreateBackup()
    {
        var place = Place();
        var output = new OutputOption();
        var keep = new Option<int?>("--keep")
        {
            Description = "How many backups stay in the place, this one among them; without it all do.",
        };
        keep.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() < 1) result.AddError("--keep is a number, at least 1.");
        });
        var keepDays = new Option<int?>("--keep-days")
        {
            Description = "Older backups than so many days are deleted, and with them what was erased since.",
        };
        keepDays.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > DaysMax)
                result.AddError($"--keep-days is a number from 1 to {DaysMax}.");
        });
        var withoutSecret = new Option<bool>("--without-secret")
        {
            Description = "Leave out the secret that tokens are signed with: keep it elsewhere.",
        };
        var command = new Command("create", "Backs up a data folder, while its server runs or not.")
        {
            place, keep, keepDays, withoutSecret, output,
        };
        var access = new OperatorAccess(command, CheckpointSeconds);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var progress = new ProgressLine(Console.Error, Console.IsErrorRedirected, TimeProvider.System);
            var request = new BackupRequest(access.FolderOf(parsed), parsed.GetValue(place)!, progress)
            {
                Keep = parsed.GetValue(keep),
                KeepFor = parsed.GetValue(keepDays) is { } days ? TimeSpan.FromDays(days) : null,
                WithoutSecret = parsed.GetValue(withoutSecret),
            };
            var report = await LiveChatBackups.CreateAsync(
                request, token => AskServerAsync(access, parsed, token), cancellationToken);
            progress.Dispose();
            Write(report, output.IsJson(parsed), BackupText.Created(report));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command List()
    {
        var place = Place();
        var output = new OutputOption();
        var command = new Command("list", "Lists the backups of a place, the oldest first.") { place, output };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            foreach (var report in await LiveChatBackups.ListAsync(parsed.GetValue(place)!, cancellationToken))
                Write(report, output.IsJson(parsed), BackupText.Of(report));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Verify()
    {
        var (place, backup, output) = (Place(), Backup(), new OutputOption());
        var scratch = new Option<DirectoryInfo?>("--scratch")
        {
            Description = "A folder with room for the backup; else that of temporary files.",
        };
        var command = new Command("verify", "Restores a backup aside and compares every chat with what was noted.")
        {
            place, backup, scratch, output,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var progress = new ProgressLine(Console.Error, Console.IsErrorRedirected, TimeProvider.System);
            var report = await LiveChatBackups.VerifyAsync(
                parsed.GetValue(place)!,
                parsed.GetValue(backup),
                parsed.GetValue(scratch)?.FullName ?? Path.GetTempPath(),
                progress,
                cancellationToken);
            progress.Dispose();
            Write(report, output.IsJson(parsed), BackupText.Verified(report));
            if (report.Wrong is [var first, ..])
                throw new CliException(
                    ExitCode.Refused, $"The backup {report.Id} is not what was noted when it was made. {first}");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Restore()
    {
        var (place, backup, output, data) = (Place(), Backup(), new OutputOption(), new DataOption());
        var command = new Command("restore", "Makes a data folder of a backup, in an empty folder.")
        {
            place, backup, data, output,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var progress = new ProgressLine(Console.Error, Console.IsErrorRedirected, TimeProvider.System);
            var folder = data.FolderOf(parsed);
            var report = await LiveChatBackups.RestoreAsync(
                parsed.GetValue(place)!, parsed.GetValue(backup), folder, progress, cancellationToken);
            progress.Dispose();
            Write(report, output.IsJson(parsed), BackupText.Restored(report, folder));
            if (!report.HasSecret)
                Console.Error.WriteLine(
                    "The backup has no secret: put the former one into the folder before the server starts, or every "
                    + "token is refused.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Argument<string> Place() => new("place")
    {
        Description = "Where the backups are: a folder, or s3://BUCKET/PREFIX with keys in AWS_… variables.",
    };

    private static Option<string?> Backup() => new("--backup")
    {
        Description = "Which one, as list shows it; else the newest.",
    };

    /// <summary>Has the checkpoint taken by the server that uses the folder; false when none answers.</summary>
    private static async Task<bool> AskServerAsync(
        OperatorAccess access, ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await access.SendAsync(
                parsed, HttpMethod.Post, "/v1/checkpoint", null, cancellationToken);
            return true;
        }
        catch (CliException away) when (away.ExitCode == ExitCode.NotReachable)
        {
            return false;
        }
    }

    private static void Write(BackupReport report, bool isJson, string text) =>
        Console.Out.WriteLine(isJson ? BackupText.Json(report) : TerminalText.Clean(text));
}
