using System.CommandLine;
using LiveChat.Cli.CommandLine;
using LiveChat.Loads.Scenarios;

namespace LiveChat.Cli.Bench;

/// <summary>What all scenarios take: how long, which thresholds, and where the result goes.</summary>
internal sealed class BenchOptions
{
    private const double SecondsUsual = 30;
    private const double WarmUpUsual = 5;

    private readonly AmountOption _seconds = new(
        "--seconds", "seconds", "How long it is measured.", SecondsUsual, least: 0.1);

    private readonly AmountOption _warmUp = new(
        "--warm-up", "seconds", "How long the load runs before it is measured.", WarmUpUsual);

    private readonly IReadOnlyList<(Threshold Threshold, AmountOption Option)> _thresholds;
    private readonly OutputOption _output = new();

    /// <summary>Adds the options to a command.</summary>
    public BenchOptions(Command command, BenchTime time)
    {
        if (time != BenchTime.ByEvents) command.Add(_seconds);
        if (time == BenchTime.WarmUp) command.Add(_warmUp);
        _thresholds =
        [
            .. Threshold.All.Select(static one => (one, new AmountOption(
                one.Option,
                one.IsMaximum ? "ms" : "n",
                one.IsMaximum ? $"Ends with 4 if it is higher: {one.Says}." : "Ends with 4 if fewer go a second."))),
        ];
        foreach (var (_, option) in _thresholds) command.Add(option);
        command.Add(_output);
    }

    /// <summary>Whether to write JSON.</summary>
    public bool IsJson(ParseResult parsed) => _output.IsJson(parsed);

    /// <summary>How long, at a pace.</summary>
    public BenchPlan PlanOf(ParseResult parsed, double? perSecond) => new(
        TimeSpan.FromSeconds(parsed.GetResult(_warmUp) is null ? 0 : parsed.GetValue(_warmUp)!.Value),
        TimeSpan.FromSeconds(parsed.GetValue(_seconds)!.Value),
        perSecond);

    /// <summary>What became of each threshold that is set.</summary>
    public IReadOnlyList<Verdict> Judge(ParseResult parsed, BenchResult result) =>
    [
        .. _thresholds
            .Select(one => (one.Threshold, Limit: parsed.GetValue(one.Option)))
            .Where(static one => one.Limit is not null)
            .Select(one => new Verdict(
                one.Threshold,
                one.Limit!.Value,
                one.Threshold.ValueOf(result),
                one.Threshold.IsMet(one.Limit.Value, result))),
    ];
}
