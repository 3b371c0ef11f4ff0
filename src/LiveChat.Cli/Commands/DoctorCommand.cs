using System.CommandLine;
using System.Text.Json.Nodes;
using LiveChat.Cli.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Server;
using LiveChat.Server.Doctor;

namespace LiveChat.Cli.Commands;

/// <summary><c>livechat doctor</c>: what is wrong with a node, running or stopped, and what to do.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var output = new OutputOption();
        var switches = ServerSwitchOptions.Create();
        var command = new Command(
            "doctor",
            "Says what is wrong with a server, and what to do. Start it where the server is started, with the same "
            + "options; it changes nothing.")
        {
            output,
        };
        foreach (var option in switches) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var findings = await LiveChatServer.ExamineAsync(
                ServerSwitchOptions.ArgumentsOf(parsed, switches), cancellationToken);
            foreach (var finding in findings)
                Console.Out.WriteLine(output.IsJson(parsed) ? JsonOf(finding) : TextOf(finding));
            return findings.Any(static finding => finding.Level is FindingLevel.Bad) ? ExitCode.Refused : ExitCode.Ok;
        });
        return command;
    }

    private static string TextOf(Finding finding)
    {
        var line = $"{WordOf(finding.Level),-5} {finding.Name}: {TerminalText.Clean(finding.Found)}";
        return finding.Advice is { } advice ? $"{line}\n      {TerminalText.Clean(advice)}" : line;
    }

    private static string JsonOf(Finding finding) => new JsonObject
    {
        ["name"] = finding.Name,
        ["level"] = WordOf(finding.Level),
        ["found"] = finding.Found,
        ["advice"] = finding.Advice,
    }.ToJsonString();

    private static string WordOf(FindingLevel level) => level switch
    {
        FindingLevel.Good => "ok",
        FindingLevel.Warning => "warn",
        FindingLevel.Bad => "bad",
        _ => throw new ArgumentOutOfRangeException(nameof(level)),
    };
}
