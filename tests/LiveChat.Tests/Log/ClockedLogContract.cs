using LiveChat.Core.Log;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Log;

/// <summary>What a log promises besides that sets the times of its records by the clock of this process, and whose
/// readers are in it.</summary>
public abstract class ClockedLogContract : MessageLogContract
{
    private protected FakeTimeProvider Time { get; } =
        new(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000));

    private protected override IPartitionReader ReaderOf(IMessageLog log, string group) =>
        new AllPartitionsReader((IWaitingLog)log, group);

    [Fact]
    public async Task Append_times_never_fall_when_the_clock_goes_back()
    {
        Time.AutoAdvanceAmount = TimeSpan.Zero;
        var first = await Append(0, "a");
        Time.AdjustTime(Time.GetUtcNow() - TimeSpan.FromHours(1));
        var second = await Append(0, "b");
        Assert.Equal(first.TimeMs, (await Append(1, "on another partition")).TimeMs);
        Log = await RestartAsync(Log);
        var third = await Append(0, "c");
        Time.AdjustTime(Time.GetUtcNow() + TimeSpan.FromHours(2));
        var fourth = await Append(0, "d");

        Assert.Equal(1_800_000_000_000, first.TimeMs);
        Assert.Equal(first.TimeMs, second.TimeMs);
        Assert.Equal(first.TimeMs, third.TimeMs);
        Assert.Equal(first.TimeMs + 3_600_000, fourth.TimeMs);
        Assert.Equal(
            [first.TimeMs, second.TimeMs, third.TimeMs, fourth.TimeMs],
            (await ReadAll(0, Position.None, 4)).Select(e => e.TimeMs));
    }

    /// <summary>The end with the time that the next record has at least, while writers append and the clock goes back
    /// and forth: whatever is shown later has that time or a later one.</summary>
    [Fact]
    public async Task No_record_behind_a_range_has_an_earlier_time_than_it_names()
    {
        var ranges = new List<LogRange>();
        var clock = new Random(3);
        var writers = Enumerable.Range(0, 4).Select(w => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
                await Append(0, $"{w}:{i}");
        })).ToArray();
        var all = Task.WhenAll(writers);
        for (var i = 0; i < 200 && !all.IsCompleted; i++)
        {
            ranges.Add(await Log.RangeAsync(0));
            Time.AdjustTime(Time.GetUtcNow() + TimeSpan.FromMilliseconds(clock.Next(-500, 1_000)));
            await Task.Yield();
        }

        await all;
        Time.AdjustTime(Time.GetUtcNow() - TimeSpan.FromHours(1));
        ranges.Add(await Log.RangeAsync(0));
        await Append(0, "last");
        var entries = await ReadAll(0, Position.None, 801);
        Assert.All(ranges, range => Assert.All(
            entries.Where(entry => entry.Position > range.End),
            entry => Assert.InRange(entry.TimeMs, range.NextTimeMs, long.MaxValue)));
        Assert.True(ranges[^1].NextTimeMs > Time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task An_emptied_partition_keeps_its_time()
    {
        var before = await Append(0, "a");
        await Log.TrimAsync(0, before.Position);
        Time.AdjustTime(Time.GetUtcNow() - TimeSpan.FromHours(1));
        Log = await RestartAsync(Log);
        Assert.Equal(before.TimeMs, (await Append(0, "b")).TimeMs);
    }

    [Fact]
    public async Task The_first_record_since_a_time_is_found_and_else_the_place_behind_the_end()
    {
        var times = new List<long>();
        foreach (var step in (int[])[0, 5, 0, 0, 7, 1])
        {
            Time.Advance(TimeSpan.FromMilliseconds(step));
            times.Add((await Append(0, "r")).TimeMs);
        }

        for (var gone = -1; gone < times.Count; gone++)
        {
            if (gone >= 0) await Log.TrimAsync(0, Position.Create(1, gone));
            for (var at = times[0] - 1; at <= times[^1] + 1; at++)
            {
                var first = Math.Max(times.FindIndex(time => time >= at) is >= 0 and var i ? i : times.Count, gone + 1);
                var found = await Log.FirstSinceAsync(new Dictionary<int, long> { [0] = at, [1] = at }, default);
                Assert.Equal((Position.Create(1, first), Position.Create(1, 0)), (found[0], found[1]));
            }
        }
    }

    [Fact]
    public async Task A_closed_log_ends_its_readers_and_takes_nothing()
    {
        var read = ((IWaitingLog)Log).ReadAsync(0, Position.None, 1, default).AsTask();
        await Log.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => read);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Append(0, "a").AsTask());
    }
}
