using System.CommandLine;
using System.Security.Cryptography;
using LiveChat.Cli.Bench;
using LiveChat.Cli.Bench.Html;
using LiveChat.Cli.CommandLine;
using LiveChat.Cli.Text;
using LiveChat.Loads;
using LiveChat.Loads.Chats;
using LiveChat.Loads.Scenarios;
using LiveChat.Protocol;

namespace LiveChat.Cli.Commands;

/// <summary>
/// <c>livechat bench</c>: loads on any server, by its address. Every message is checked, so that a fast server that
/// loses or repeats some fails. The result goes to standard output, a line for each second to standard error.
/// </summary>
internal static class BenchCommand
{
    /// <summary>A server takes so many commands of a session without an answer.</summary>
    private const int InFlightMost = 64;

    public static Command Create() => new("bench", "Puts a load on a server, checks every message and measures.")
    {
        Chats(
            "pairs", "Users write to each other in direct chats.", chats: 100, members: 2, senders: 1, rate: null),
        Chats(
            "group",
            "Some members write into groups that are pushed to.",
            chats: 4,
            members: 40,
            senders: 5,
            rate: null),
        Chats(
            "pull-group",
            "A member writes into each of some large groups, whose members fetch what they are told of.",
            chats: 2,
            members: Limits.MembersMax,
            senders: 1,
            rate: 20),
        Idle(),
        History(),
        Storm(),
    };

    private static Command Idle()
    {
        var sessions = new CountOption("--sessions", "How many sessions.", 1_000);
        var atOnce = new CountOption("--at-once", "How many are being opened at a time.", 32);
        var command = new Command(
            "idle", "Opens sessions, which is measured, and keeps them for a while; each must stay.")
        {
            sessions, atOnce,
        };
        return WithRun(command, BenchTime.Length, async (parsed, run) =>
        {
            using var scenario = new IdleScenario(run.Sessions, run.Name, TimeProvider.System);
            return await scenario.RunAsync(
                parsed.GetValue(sessions),
                parsed.GetValue(atOnce),
                run.Options.PlanOf(parsed, perSecond: null),
                second => run.Passed(second, "sessions"),
                run.Interrupted);
        });
    }

    private static Command History()
    {
        var chats = new CountOption("--chats", "How many chats, each with a reader of its own.", 10);
        var depth = new CountOption("--messages", "Messages in each chat, written before it is read.", 500);
        var rate = new AmountOption(
            "--rate",
            "n",
            "Pages a second of all readers together, due by the clock; a page has up to 100 events.",
            100,
            least: 0.01);
        var command = new Command("history", "Fills chats and reads them page by page.") { chats, depth, rate };
        return WithRun(command, BenchTime.WarmUp, async (parsed, run) =>
        {
            using var scenario = new HistoryScenario(run.Sessions, run.Name, TimeProvider.System);
            return await scenario.RunAsync(
                parsed.GetValue(chats),
                parsed.GetValue(depth),
                run.Options.PlanOf(parsed, parsed.GetValue(rate)),
                opened => run.Opened(opened, parsed.GetValue(chats), "chats"),
                second => run.Passed(second, "pages"),
                run.Interrupted);
        });
    }

    private static Command Storm()
    {
        var sessions = new CountOption("--sessions", "How many sessions.", 1_000);
        var command = new Command(
            "storm", "Cuts sessions all at once, which come back by the client's rules and must miss nothing.")
        {
            sessions,
        };
        return WithRun(command, BenchTime.ByEvents, (parsed, run) => new StormScenario(
            run.Sessions, run.Name, TimeProvider.System).RunAsync(
                parsed.GetValue(sessions), run.Says, run.Interrupted));
    }

    private static Command Chats(
        string name, string description, int chats, int members, int senders, double? rate)
    {
        var isGroup = members > 2;
        var chatsOption = new CountOption("--chats", "How many chats.", chats);
        var membersOption = new CountOption(
            "--members", "Members of each chat, one session each.", members, least: 3, Limits.MembersMax);
        var sendersOption = new CountOption("--senders", "Members of each chat who write.", senders);
        var inFlight = new CountOption(
            "--in-flight",
            "Messages of each sender on their way: not acknowledged, or not with all members. A closed loop has 1 by "
            + "default; an open loop has 64.",
            rate is null ? 1 : InFlightMost,
            most: InFlightMost);
        var perSecond = new AmountOption(
            "--rate",
            "n",
            "An open loop: messages a second of all senders together, due by the clock. Their latency counts from when "
            + "they are due.",
            rate,
            least: 0.01);
        var command = new Command(name, description) { chatsOption };
        if (isGroup)
        {
            command.Add(membersOption);
            command.Add(sendersOption);
        }

        command.Add(inFlight);
        command.Add(perSecond);
        return WithRun(command, BenchTime.WarmUp, (parsed, run) =>
        {
            var pace = parsed.GetValue(perSecond);
            var isGiven = parsed.GetResult(inFlight) is { Implicit: false };
            var slots = isGiven || pace is null ? parsed.GetValue(inFlight) : InFlightMost;
            if (isGroup && parsed.GetValue(sendersOption) > parsed.GetValue(membersOption))
                throw new CliException(ExitCode.Usage, "--senders is at most --members.");
            var load = new ChatLoad(
                parsed.GetValue(chatsOption),
                isGroup ? parsed.GetValue(membersOption) : 2,
                isGroup ? parsed.GetValue(sendersOption) : 1,
                slots);
            var scenario = new ChatsScenario(name, run.Sessions, run.Name, TimeProvider.System);
            return scenario.RunAsync(
                load,
                run.Options.PlanOf(parsed, pace),
                opened => run.Opened(opened, load.Chats, "chats"),
                second => run.Passed(second, "messages"),
                run.Interrupted);
        });
    }

    /// <summary>Adds what all scenarios have: options, progress, the result and the exit code.</summary>
    private static Command WithRun(
        Command command, BenchTime time, Func<ParseResult, BenchRun, Task<BenchResult>> measure)
    {
        var access = new BenchAccess(command);
        var options = new BenchOptions(command, time);
        var html = new HtmlOption(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var name = "bench-" + RandomNumberGenerator.GetHexString(8, lowercase: true);
            var sessions = await access.ReachAsync(parsed, name, cancellationToken);
            using var progress = new ProgressLine(Console.Error, Console.IsErrorRedirected, TimeProvider.System);
            BenchResult result;
            try
            {
                result = await MeasureAsync(
                    () => measure(parsed, new BenchRun(name, sessions, options, progress, cancellationToken)));
            }
            finally
            {
                if (await access.CleanUpAsync(parsed, sessions) is { } became) progress.Say(became);
            }

            progress.Dispose();
            var verdicts = options.Judge(parsed, result);
            var isInterrupted = cancellationToken.IsCancellationRequested;
            if (options.IsJson(parsed)) Console.Out.WriteLine(BenchJson.Of(result, verdicts, isInterrupted));
            else
                foreach (var line in BenchText.Lines(result, verdicts))
                    Console.Out.WriteLine(TerminalText.Clean(line));
            await html.WriteAsync(parsed, () => HtmlReport.Of(result, verdicts, isInterrupted));
            if (BenchEnd.Of(result, verdicts, isInterrupted) is { } wrong) throw wrong;
            cancellationToken.ThrowIfCancellationRequested();
            return ExitCode.Ok;
        });
        return command;
    }

    private static async Task<BenchResult> MeasureAsync(Func<Task<BenchResult>> measure)
    {
        try
        {
            return await measure();
        }
        catch (Exception failed) when (failed is not CliException && LoadException.Of(failed) is { } ended)
        {
            throw new CliException(ExitCode.Refused, $"The load could not begin: {Sentence.End(ended.Message)}");
        }
    }
}
