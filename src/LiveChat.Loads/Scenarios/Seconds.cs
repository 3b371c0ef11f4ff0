using LiveChat.Loads.Measuring;

namespace LiveChat.Loads.Scenarios;

/// <summary>Notes a load second by second. One caller.</summary>
/// <param name="meter">The meter of the load.</param>
/// <param name="each">How many latencies one of what is counted has.</param>
/// <param name="passed">Told every second.</param>
/// <param name="time">The clock.</param>
internal sealed class Seconds(LatencyMeter meter, int each, Action<BenchSecond> passed, TimeProvider time)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly List<BenchSecond> _all = [];

    /// <summary>All seconds so far.</summary>
    public IReadOnlyList<BenchSecond> All => _all;

    /// <summary>Lets a while pass.</summary>
    /// <param name="length">How long.</param>
    /// <param name="phase">What the load does, in a word.</param>
    /// <param name="isMeasured">Whether the load is measured meanwhile.</param>
    /// <param name="wait">Waits while the load goes on.</param>
    /// <param name="state">What is on its way, and what is due and waits.</param>
    public async Task PassAsync(
        TimeSpan length,
        string phase,
        bool isMeasured,
        Func<TimeSpan, Task> wait,
        Func<(long InFlight, long Waiting)> state)
    {
        var began = time.GetTimestamp();
        for (var before = TimeSpan.Zero; before < length;)
        {
            var next = before + Second < length ? before + Second : length;
            var pause = next - time.GetElapsedTime(began);
            await wait(pause > TimeSpan.Zero ? pause : TimeSpan.Zero);
            Note(next - before, phase, isMeasured, state());
            before = next;
        }
    }

    /// <summary>Notes what came since the last time.</summary>
    public void Note(TimeSpan length, string phase, bool isMeasured, (long InFlight, long Waiting) state)
    {
        var latencies = meter.TakeInterval();
        var at = (_all.Count == 0 ? 0 : _all[^1].At) + length.TotalSeconds;
        var count = (double)latencies.TotalCount / each;
        _all.Add(new BenchSecond(
            at,
            phase,
            isMeasured,
            count / length.TotalSeconds,
            LatencyFigures.Of(latencies),
            state.InFlight,
            state.Waiting));
        passed(_all[^1]);
    }
}
