using LiveChat.Loads.Chats;
using LiveChat.Loads.Measuring;
using LiveChat.Loads.Sockets;
using LiveChat.Loads.Storms;

namespace LiveChat.Loads.Scenarios;

/// <summary>Sessions in groups that are all cut at once: how soon each is back, and whether it missed anything.
/// </summary>
/// <param name="sessions">How sessions are opened.</param>
/// <param name="run">What the ids of users begin with.</param>
/// <param name="time">The clock.</param>
internal sealed class StormScenario(LoadSessions sessions, string run, TimeProvider time)
{
    /// <param name="count">How many sessions.</param>
    /// <param name="says">Told what it does now.</param>
    /// <param name="cancellationToken">Ends it without a result: until all are back there is none.</param>
    /// <exception cref="LoadException">The server refused a user who stays.</exception>
    public async Task<BenchResult> RunAsync(int count, Action<string> says, CancellationToken cancellationToken)
    {
        var beganAt = time.GetUtcNow();
        var storm = await new StormLoad(sessions, run, time).RunAsync(count, says, cancellationToken);
        var meter = new LatencyMeter();
        meter.Begin(0);
        foreach (var (i, back) in storm.Back.Index()) meter.Record(i, due: 0, back);
        var faults = new LoadFaults();
        faults.Lose(storm.Lost);
        for (var i = 0L; i < storm.Repeated; i++) faults.Repeat();
        var total = meter.Total();
        return new BenchResult
        {
            Scenario = "storm",
            Load = $"{count} sessions, cut at once; {storm.Refused} connects were told to come later; all had "
                + $"everything after {storm.Whole.TotalSeconds:N1} s",
            Server = sessions.Server,
            Run = run,
            BeganAt = beganAt,
            Plan = new BenchPlan(TimeSpan.Zero, storm.Last, PerSecond: null),
            Measured = storm.Last,
            Unit = "sessions",
            LatencyIs = "from the cut to the session that is back, of each",
            Count = count,
            Latency = LatencyFigures.Of(total),
            Distribution = Distributions.Of(total),
            Seconds = SecondsOf(storm.Back),
            Faults = faults,
        };
    }

    private static List<BenchSecond> SecondsOf(IReadOnlyList<TimeSpan> back)
    {
        var seconds = new List<BenchSecond>();
        foreach (var second in back.GroupBy(static one => (int)one.TotalSeconds))
        {
            var meter = new LatencyMeter();
            foreach (var one in second) meter.Record(0, due: 0, one);
            seconds.Add(new BenchSecond(
                second.Key + 1, "storm", true, second.Count(), LatencyFigures.Of(meter.TakeInterval()), 0, 0));
        }

        return seconds;
    }
}
