using LiveChat.Cli.Text;
using LiveChat.Loads;
using LiveChat.Loads.Scenarios;

namespace LiveChat.Cli.Bench;

/// <summary>How a load ends: its exit code, and the sentence that says why.</summary>
internal static class BenchEnd
{
    /// <summary>Null when everything was as it should be. A fault of the server comes before a missed threshold.
    /// </summary>
    public static CliException? Of(BenchResult result, IReadOnlyList<Verdict> verdicts, bool isInterrupted)
    {
        if (FaultsOf(result) is { } faulty) return faulty;
        if (isInterrupted) return null;
        if (result.Failure is { } failure)
        {
            var advice = failure.Failure == LoadFailure.TooFast ? TooFast : "";
            return new CliException(ExitCode.Refused, $"The load ended early: {Sentence.End(failure.Message)}{advice}");
        }

        return verdicts.FirstOrDefault(static verdict => !verdict.IsMet) is { } missed
            ? new CliException(ExitCode.ThresholdMissed, $"A threshold was missed: {BenchText.Of(missed)}.")
            : null;
    }

    /// <summary>What a server's limits ask for, whose defaults are those of people who type.</summary>
    private const string TooFast = " One user may send LiveChat:Rates:UserPerSecond commands, and one chat takes "
        + "LiveChat:Rates:ChatPerSecond: give more --chats or a lower --rate, or raise both with their bursts and "
        + "LiveChat:Sessions:FramesPerSecond on a server for tests.";

    /// <summary>What is missing is no fault when the server has ended the load.</summary>
    private static CliException? FaultsOf(BenchResult result)
    {
        var faults = result.Faults;
        var isFaulty = result.Failure is null
            ? faults.Any
            : faults.Repeated + faults.Early + faults.Disordered + faults.Altered + faults.Misattributed > 0;
        return isFaulty
            ? new CliException(ExitCode.Faulty, $"The server did not keep to what it promises: {faults}.")
            : null;
    }
}
