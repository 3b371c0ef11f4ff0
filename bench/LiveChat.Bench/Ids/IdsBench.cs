using System.Diagnostics;
using LiveChat.Core.Ids;

namespace LiveChat.Bench.Ids;

/// <summary>
/// Ids a second on one core, beside what bounds them: a bare compare-and-swap loop, and one that also reads the
/// clock. Each run is short (4 million ids), because the layout has 8.19 million ids a second and a generator lends
/// out no more than five seconds of the future.
/// </summary>
internal static class IdsBench
{
    private const int Ids = 4_000_000;
    private const int Runs = 15;

    public static void Run()
    {
        Report("compare and swap", CompareAndSwap);
        Report("clock, compare and swap", ClockAndSwap);
        Report("SnowflakeGenerator.Next", Generate);
    }

    private static void Report(string name, Func<ulong> run)
    {
        run();
        var rates = new double[Runs];
        for (var i = 0; i < Runs; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            var last = run();
            rates[i] = Ids / TimeProvider.System.GetElapsedTime(start).TotalSeconds;
            Debug.Assert(last != 0, "The loop is not to be optimised away.");
        }

        Array.Sort(rates);
        Console.WriteLine(
            $"{name,-26} {rates[Runs / 2] / 1e6,6:F1} M/s median, {rates[0] / 1e6:F1}–{rates[^1] / 1e6:F1}");
    }

    private static ulong CompareAndSwap()
    {
        var last = 0L;
        for (var i = 0; i < Ids; i++)
        {
            var seen = Volatile.Read(ref last);
            Interlocked.CompareExchange(ref last, seen + 1, seen);
        }

        return (ulong)last;
    }

    private static ulong ClockAndSwap()
    {
        var last = 0L;
        for (var i = 0; i < Ids; i++)
        {
            var seen = Volatile.Read(ref last);
            var next = Math.Max(seen + 1, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
            Interlocked.CompareExchange(ref last, next, seen);
        }

        return (ulong)last;
    }

    private static ulong Generate()
    {
        var generator = new SnowflakeGenerator(1, floorMs: 0, wantedMs => wantedMs + 4000, TimeProvider.System);
        var last = 0UL;
        for (var i = 0; i < Ids; i++)
        {
            last = generator.Next();
        }

        return last;
    }
}
