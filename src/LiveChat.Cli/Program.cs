using System.CommandLine;
using System.CommandLine.Help;
using LiveChat.Cli.CommandLine;
using LiveChat.Cli.Commands;
using LiveChat.Cli.Pipes;
using LiveChat.Cli.Text;
using LiveChat.Client;
using LiveChat.Server;
using LiveChat.Server.Backups;
using LiveChat.Server.Transfers;

namespace LiveChat.Cli;

/// <summary>The <c>livechat</c> command. Answers go to standard output, everything else to standard error.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        // The server reads its own options, has its own way to stop in order, and outlives the reader of its output.
        if (args is ["serve", .. var serverArgs] && !serverArgs.Any(IsHelp))
            return await LiveChatServer.RunAsync(serverArgs, default);

        using var interruption = new Interruption();
        StandardOutput.ThrowWithoutReader();
        try
        {
            var parsed = Parse(args);
            if (UsageError.Of(parsed) is { } wrong) throw new CliException(ExitCode.Usage, wrong);
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
                interruption.Token);
        }
        catch (CliException failed)
        {
            Complain(failed.Message);
            return failed.ExitCode;
        }
        catch (BackupException failed)
        {
            Complain(failed.Message);
            return CodeOf(failed.Fault);
        }
        catch (TransferException failed)
        {
            Complain(failed.Message);
            return CodeOf(failed.Fault);
        }
        catch (LiveChatRefusedException refused)
        {
            Complain($"The server refused it: {refused.Message} ({refused.Problem.Code})");
            return ExitCode.Refused;
        }
        catch (LiveChatStoppedException stopped)
        {
            Complain($"The server does not take this connection: {Sentence.End(stopped.Message)}");
            return ExitCode.Refused;
        }
        catch (OperationCanceledException over) when (interruption.ExitCode is { } exitCode)
        {
            if (over is CommandInterruptedException) Complain(over.Message);
            return exitCode;
        }
        catch (IOException closed) when (StandardOutput.IsReaderGone(closed))
        {
            return ExitCode.NoReader;
        }
    }

    /// <summary>Reads the command line. <c>@name</c> is a user here, not a file with more arguments.</summary>
    internal static ParseResult Parse(string[] args) =>
        Build().Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });

    /// <summary>The tree of commands.</summary>
    internal static RootCommand Build()
    {
        var root = new RootCommand("LiveChat: a self-hosted chat server and its tools.")
        {
            Serve(),
            TokenCommand.Create(),
            KeyCommand.Create(),
            UserCommand.Create(),
            RebuildHistoryCommand.Create(),
            BackupCommand.Create(),
            ExportCommand.CreateExport(),
            ExportCommand.CreateImport(),
            MoveCommand.Create(),
            DoctorCommand.Create(),
            StatusCommand.Create(),
            ConfigCommand.Create(),
            ChatCommand.Create(),
            ChatsCommand.Create(),
            SendCommand.Create(),
            TailCommand.Create(),
            HistoryCommand.Create(),
            BenchCommand.Create(),
        };
        foreach (var help in root.Options.OfType<HelpOption>())
            help.Action = new HelpWithExitCodes((HelpAction)help.Action!);
        return root;
    }

    /// <summary>For the help alone.</summary>
    private static Command Serve()
    {
        var command = new Command(
            "serve", "Runs the server. docs/CONFIG.md has all options: --LiveChat:NAME=VALUE sets any of them.");
        foreach (var option in ServerSwitchOptions.Create()) command.Add(option);
        return command;
    }

    private static int CodeOf(BackupFault fault) => fault switch
    {
        BackupFault.Asked => ExitCode.Usage,
        BackupFault.Unreachable => ExitCode.NotReachable,
        _ => ExitCode.Refused,
    };

    private static bool IsHelp(string argument) => argument is "--help" or "-h" or "-?";

    private static void Complain(string sentence) => Console.Error.WriteLine("livechat: " + sentence);
}
