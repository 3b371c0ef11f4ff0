using System.CommandLine;
using System.Text.Json.Nodes;
using LiveChat.Cli.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Server;
using LiveChat.Server.Hosting;

namespace LiveChat.Cli.Commands;

/// <summary><c>livechat config</c>: what a server that is started here would be told. It touches nothing.</summary>
internal static class ConfigCommand
{
    private const string Page = "CONFIG.md";

    public static Command Create() => new("config", "Checks, shows and explains the options of the server.")
    {
        Check(), Show(), Docs(),
    };

    private static Command Check()
    {
        var switches = ServerSwitchOptions.Create();
        var command = new Command("check", "Says whether a server would start with these options.");
        foreach (var option in switches) command.Add(option);
        command.SetAction(parsed =>
        {
            var changed = Explain(parsed, switches).Count(static option => option.Source is not null);
            Console.Out.WriteLine($"The options are right; {changed} of them are set.");
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Show()
    {
        var output = new OutputOption();
        var onlySet = new Option<bool>("--set") { Description = "Only options that are set somewhere." };
        var switches = ServerSwitchOptions.Create();
        var command = new Command("show", "Shows every option, its value and where that was set.") { onlySet, output };
        foreach (var option in switches) command.Add(option);
        command.SetAction(parsed =>
        {
            foreach (var option in Explain(parsed, switches))
                if (option.Source is not null || !parsed.GetValue(onlySet))
                    Console.Out.WriteLine(output.IsJson(parsed) ? JsonOf(option) : TextOf(option));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Docs()
    {
        var command = new Command("docs", "Prints the page of all options: default, range, what it means.");
        command.SetAction(_ =>
        {
            using var page = typeof(ConfigCommand).Assembly.GetManifestResourceStream(Page)!;
            using var text = new StreamReader(page);
            Console.Out.Write(text.ReadToEnd());
            return ExitCode.Ok;
        });
        return command;
    }

    private static IReadOnlyList<ConfiguredOption> Explain(ParseResult parsed, IReadOnlyList<Option> switches)
    {
        try
        {
            return LiveChatServer.ExplainConfiguration(ServerSwitchOptions.ArgumentsOf(parsed, switches));
        }
        catch (InvalidDataException wrong)
        {
            throw new CliException(ExitCode.Usage, wrong.Message);
        }
    }

    private static string TextOf(ConfiguredOption option) =>
        $"{option.Name}={TerminalText.Clean(option.Value)}  ({option.Source ?? "default"})";

    private static string JsonOf(ConfiguredOption option) => new JsonObject
    {
        ["name"] = option.Name,
        ["value"] = option.Value,
        ["source"] = option.Source ?? "default",
    }.ToJsonString();
}
