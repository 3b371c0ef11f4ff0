using HdrHistogram;

namespace LiveChat.Bench.Log;

/// <summary>So many writers, each of which appends, waits for the answer and appends again.</summary>
internal sealed class AppendLoad(int waiting, Func<int, Task> append)
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(2.5);

    private readonly LongConcurrentHistogram _latencies =
        new(1, TimeProvider.System.TimestampFrequency * 60, numberOfSignificantValueDigits: 3);

    public async Task RunAsync(string name)
    {
        var time = TimeProvider.System;
        var start = time.GetTimestamp();
        var writers = Enumerable.Range(0, waiting).Select(writer => Task.Run(async () =>
        {
            while (true)
            {
                var before = time.GetTimestamp();
                await append(writer);
                var after = time.GetTimestamp();
                var elapsed = time.GetElapsedTime(start, after);
                if (elapsed > WarmUp + Measured)
                {
                    return;
                }

                if (elapsed > WarmUp)
                {
                    _latencies.RecordValue(after - before);
                }
            }
        }));
        await Task.WhenAll(writers);
        var rate = _latencies.TotalCount / Measured.TotalSeconds;
        Console.WriteLine($"{name,-34} {waiting,5} {rate,9:F0} {Ms(50),8:F2} {Ms(99),8:F2} {Ms(99.9),8:F2}");
    }

    private double Ms(double percentile) =>
        _latencies.GetValueAtPercentile(percentile) * 1000.0 / TimeProvider.System.TimestampFrequency;
}
