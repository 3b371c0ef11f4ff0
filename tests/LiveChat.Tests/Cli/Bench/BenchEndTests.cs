using LiveChat.Cli;
using LiveChat.Cli.Bench;
using LiveChat.Loads;
using LiveChat.Loads.Chats;
using LiveChat.Loads.Scenarios;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Cli.Bench;

public sealed class BenchEndTests
{
    private static readonly Dictionary<string, Action<LoadFaults>> Faults = new()
    {
        ["lost"] = static faults => faults.Lose(1),
        ["repeated"] = static faults => faults.Repeat(),
        ["early"] = static faults => faults.Skip(),
        ["disordered"] = static faults => faults.Disorder(),
        ["altered"] = static faults => faults.Alter(),
        ["misattributed"] = static faults => faults.Misattribute(),
    };

    public static TheoryData<string> FaultNames => [.. Faults.Keys];

    [Fact]
    public void What_is_right_ends_with_nothing_to_say() =>
        Assert.Null(BenchEnd.Of(SampleResult.Good, Judge(SampleResult.Good, ("--max-p99", 8)), isInterrupted: false));

    /// <summary>However fast the server is.</summary>
    [Theory]
    [MemberData(nameof(FaultNames))]
    public void Any_fault_fails_also_when_every_threshold_is_met(string fault)
    {
        var result = SampleResult.With(Faults[fault]);

        Assert.Equal(
            ExitCode.Faulty, BenchEnd.Of(result, Judge(result, ("--max-p99", 1_000)), isInterrupted: false)?.ExitCode);
        Assert.Equal(ExitCode.Faulty, BenchEnd.Of(result, [], isInterrupted: true)?.ExitCode);
        Assert.Equal(1, BenchText.Named(result.Faults).Single(one => one.Name == fault).Count);
        Assert.Equal(1, BenchText.Named(result.Faults).Sum(static one => one.Count));
    }

    [Theory]
    [InlineData("--max-p50", 2, 1.9)]
    [InlineData("--max-p90", 4, 3.9)]
    [InlineData("--max-p99", 8, 7.9)]
    [InlineData("--max-p999", 16, 15.9)]
    [InlineData("--max-latency", 32, 31.9)]
    [InlineData("--min-rate", 2_000, 2_000.1)]
    public void A_threshold_is_met_at_its_limit_and_missed_beyond_it(string option, double met, double missed)
    {
        Assert.Null(BenchEnd.Of(SampleResult.Good, Judge(SampleResult.Good, (option, met)), isInterrupted: false));
        var end = BenchEnd.Of(SampleResult.Good, Judge(SampleResult.Good, (option, missed)), isInterrupted: false);
        Assert.Equal(ExitCode.ThresholdMissed, end?.ExitCode);
    }

    [Fact]
    public void No_latency_meets_a_threshold_when_messages_were_given_up_or_none_came()
    {
        foreach (var result in new[]
        {
            SampleResult.Good with { GivenUp = 1 },
            SampleResult.Good with { Latency = SampleResult.Good.Latency with { Count = 0 } },
        })
            Assert.All(
                Threshold.All.Where(static one => one.IsMaximum),
                one => Assert.False(one.IsMet(limit: 1e9, result), one.Option));
    }

    [Fact]
    public void A_server_that_refuses_by_its_rates_is_said_with_what_to_set()
    {
        var problem = new Problem
        {
            Code = ErrorCode.RateLimited,
            Title = "Too fast.",
            Status = 429,
            Retryable = true,
        };
        var result = SampleResult.With(static faults => faults.Lose(5)) with
        {
            Failure = LoadException.Refused(problem),
        };
        var end = BenchEnd.Of(result, [], isInterrupted: false);

        Assert.Equal(ExitCode.Refused, end?.ExitCode);
        Assert.Contains("LiveChat:Rates:UserPerSecond", end!.Message, StringComparison.Ordinal);
    }

    private static List<Verdict> Judge(BenchResult result, (string Option, double Limit) set)
    {
        var threshold = Threshold.All.Single(one => one.Option == set.Option);
        return
        [
            new Verdict(threshold, set.Limit, threshold.ValueOf(result), threshold.IsMet(set.Limit, result)),
        ];
    }
}
