using System.Text;
using LiveChat.Core.Log;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Log;

/// <summary>What <see cref="IMessageLog"/> promises, checked of every implementation.</summary>
public abstract class MessageLogContract : IAsyncLifetime
{
    private const int BytesMax = 1 << 20;

    private IMessageLog? _log;

    private protected FakeTimeProvider Time { get; } =
        new(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000));

    private protected IMessageLog Log => _log ?? throw new InvalidOperationException("Not open.");

    /// <summary>A new log of four partitions.</summary>
    private protected abstract Task<IMessageLog> OpenAsync();

    /// <summary>Ends the log in good order and opens what it left behind.</summary>
    private protected abstract Task<IMessageLog> RestartAsync(IMessageLog log);

    public async ValueTask InitializeAsync() => _log = await OpenAsync();

    public virtual async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Positions_grow_by_one_in_the_order_of_the_calls()
    {
        // Not awaited one by one: the order of the calls alone counts.
        var appends = Enumerable.Range(0, 500).Select(i => Append(1, $"r{i}").AsTask()).ToList();
        var appended = await Task.WhenAll(appends);

        Assert.Equal(Enumerable.Range(0, 500).Select(i => Position.Create(1, i)), appended.Select(a => a.Position));
        var entries = await ReadAll(1, Position.None, 500);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"r{i}"), entries.Select(Text));
    }

    [Fact]
    public async Task Many_writers_at_once_lose_nothing_and_share_no_position()
    {
        var writers = Enumerable.Range(0, 8).Select(w => Task.Run(async () =>
        {
            var mine = new List<(Position Position, string Text)>();
            for (var i = 0; i < 100; i++)
            {
                var text = $"{w}:{i}";
                mine.Add(((await Append(2, text)).Position, text));
            }

            return mine;
        }));
        var acknowledged = (await Task.WhenAll(writers)).SelectMany(w => w).OrderBy(a => a.Position).ToList();

        var entries = await ReadAll(2, Position.None, 800);
        Assert.Equal(acknowledged, entries.Select(e => (e.Position, Text(e))));
    }

    [Fact]
    public async Task Partitions_count_on_their_own()
    {
        var inFirst = await Append(0, "a");
        var inSecond = await Append(3, "b");

        Assert.Equal(inFirst.Position, inSecond.Position);
        Assert.Equal("a", Text(Assert.Single(await Read(0, Position.None))));
        Assert.Equal("b", Text(Assert.Single(await Read(3, Position.None))));
        Assert.Equal(4, Log.Partitions);
    }

    [Fact]
    public async Task Append_times_never_fall_when_the_clock_goes_back()
    {
        Time.AutoAdvanceAmount = TimeSpan.Zero;
        var first = await Append(0, "a");
        Time.AdjustTime(Time.GetUtcNow() - TimeSpan.FromHours(1));
        var second = await Append(0, "b");
        Assert.Equal(first.TimeMs, (await Append(1, "on another partition")).TimeMs);
        _log = await RestartAsync(Log);
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

    [Fact]
    public async Task A_reader_at_the_end_is_woken_by_the_next_append()
    {
        var first = await Append(0, "a");
        var read = Read(0, first.Position).AsTask();
        var other = Read(0, first.Position).AsTask();
        await Append(1, "elsewhere");
        Assert.False(read.IsCompleted);

        await Append(0, "b");

        Assert.Equal("b", Text(Assert.Single(await read)));
        Assert.Equal("b", Text(Assert.Single(await other)));
    }

    [Fact]
    public async Task A_reader_gives_up_when_it_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var read = Log.ReadAsync(0, Position.None, BytesMax, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);

        // And does not take the record away from the next reader.
        await Append(0, "a");
        Assert.Single(await Read(0, Position.None));
    }

    [Fact]
    public async Task A_read_returns_no_more_bytes_than_asked_for_but_at_least_one_record()
    {
        await Append(0, new string('a', 100));
        await Append(0, new string('b', 100));
        await Append(0, new string('c', 100));

        Assert.Equal(2, (await Log.ReadAsync(0, Position.None, 250, default)).Count);
        Assert.Single(await Log.ReadAsync(0, Position.None, 199, default));
        Assert.Single(await Log.ReadAsync(0, Position.None, 1, default));
        Assert.Equal(3, (await Log.ReadAsync(0, Position.None, 300, default)).Count);
    }

    [Fact]
    public async Task The_log_keeps_a_copy_of_the_bytes()
    {
        var bytes = "before"u8.ToArray();
        await Log.AppendAsync(0, bytes, default);
        bytes.AsSpan().Fill((byte)'x');

        Assert.Equal("before", Text(Assert.Single(await Read(0, Position.None))));
    }

    [Fact]
    public async Task An_empty_record_is_a_record()
    {
        await Append(0, "");
        await Append(0, "b");
        Assert.Equal(["", "b"], (await ReadAll(0, Position.None, 2)).Select(Text));
    }

    [Fact]
    public async Task What_was_read_reads_the_same_after_a_restart()
    {
        for (var i = 0; i < 300; i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(1));
            await Append(i % 4, $"r{i}");
        }

        var before = new List<(Position, long, string)>();
        for (var partition = 0; partition < 4; partition++)
        {
            before.AddRange((await ReadAll(partition, Position.None, 75)).Select(Plain));
        }

        _log = await RestartAsync(Log);

        var after = new List<(Position, long, string)>();
        for (var partition = 0; partition < 4; partition++)
        {
            after.AddRange((await ReadAll(partition, Position.None, 75)).Select(Plain));
        }

        Assert.Equal(before, after);
        Assert.Equal(Position.Create(1, 75), (await Append(0, "next")).Position);
    }

    [Fact]
    public async Task A_range_says_what_a_partition_holds()
    {
        Assert.Equal(new LogRange(Position.Create(1, 0), Position.None), await BoundsAsync());
        await Append(0, "a");
        await Append(0, "b");
        await Append(0, "c");
        var full = new LogRange(Position.Create(1, 0), Position.Create(1, 2));
        Assert.Equal(full, await BoundsAsync());

        await Log.TrimAsync(0, Position.Create(1, 1), default);
        Assert.Equal(full with { Begin = Position.Create(1, 2) }, await BoundsAsync());
        _log = await RestartAsync(Log);
        Assert.Equal(full with { Begin = Position.Create(1, 2) }, await BoundsAsync());
    }

    [Fact]
    public async Task Commits_are_kept_per_group_and_partition_and_may_go_back()
    {
        const string history = ConsumerGroups.HistoryWriters;
        const string delivery = ConsumerGroups.DeliveryWorkers;
        for (var i = 0; i < 5; i++)
        {
            await Append(1, "r");
        }

        Assert.Equal(Position.None, await Log.CommittedAsync(history, 1, default));
        await Log.CommitAsync(history, 1, Position.Create(1, 4), default);
        await Log.CommitAsync(delivery, 1, Position.Create(1, 3), default);
        await Log.CommitAsync(history, 1, Position.Create(1, 2), default);

        Assert.Equal(Position.Create(1, 2), await Log.CommittedAsync(history, 1, default));
        _log = await RestartAsync(Log);
        Assert.Equal(Position.Create(1, 2), await Log.CommittedAsync(history, 1, default));
        Assert.Equal(Position.Create(1, 3), await Log.CommittedAsync(delivery, 1, default));
        Assert.Equal(Position.None, await Log.CommittedAsync(history, 0, default));
    }

    [Fact]
    public async Task A_trimmed_record_is_refused_and_the_rest_is_read()
    {
        for (var i = 0; i < 10; i++)
        {
            await Append(0, $"r{i}");
        }

        await Log.TrimAsync(0, Position.Create(1, 4), default);
        await Log.TrimAsync(0, Position.Create(1, 2), default);

        await Assert.ThrowsAsync<LogTrimmedException>(() => Read(0, Position.None).AsTask());
        await Assert.ThrowsAsync<LogTrimmedException>(() => Read(0, Position.Create(1, 3)).AsTask());
        Assert.Equal("r5", Text((await Read(0, Position.Create(1, 4)))[0]));

        // "From the beginning" is behind the record before it.
        var begin = (await Log.RangeAsync(0, default)).Begin;
        Assert.Equal("r5", Text((await Read(0, new Position(begin.Value - 1)))[0]));
    }

    [Fact]
    public async Task An_emptied_partition_continues_where_it_was_also_after_a_restart()
    {
        var before = await Append(0, "a");
        before = await Append(0, "b");
        await Log.TrimAsync(0, Position.Create(1, 99), default);
        Assert.Equal(new LogRange(Position.Create(1, 2), before.Position), await BoundsAsync());

        Time.AdjustTime(Time.GetUtcNow() - TimeSpan.FromHours(1));
        _log = await RestartAsync(Log);

        Assert.Equal(new LogRange(Position.Create(1, 2), before.Position), await BoundsAsync());
        var next = await Append(0, "c");
        Assert.Equal(Position.Create(1, 2), next.Position);
        Assert.Equal(before.TimeMs, next.TimeMs);
        Assert.Equal("c", Text(Assert.Single(await Read(0, before.Position))));
    }

    [Fact]
    public async Task A_reader_above_the_end_is_refused()
    {
        await Append(0, "a");
        await Assert.ThrowsAsync<LogTrimmedException>(() => Read(0, Position.Create(1, 7)).AsTask());
    }

    [Fact]
    public async Task A_closed_log_ends_its_readers_and_takes_nothing()
    {
        var read = Read(0, Position.None).AsTask();
        await Log.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => read);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Append(0, "a").AsTask());
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
            ranges.Add(await Log.RangeAsync(0, default));
            Time.AdjustTime(Time.GetUtcNow() + TimeSpan.FromMilliseconds(clock.Next(-500, 1_000)));
            await Task.Yield();
        }

        await all;
        Time.AdjustTime(Time.GetUtcNow() - TimeSpan.FromHours(1));
        ranges.Add(await Log.RangeAsync(0, default));
        await Append(0, "last");
        var entries = await ReadAll(0, Position.None, 801);
        Assert.All(ranges, range => Assert.All(
            entries.Where(entry => entry.Position > range.End),
            entry => Assert.InRange(entry.TimeMs, range.NextTimeMs, long.MaxValue)));
        Assert.True(ranges[^1].NextTimeMs > Time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    private async Task<LogRange> BoundsAsync() => await Log.RangeAsync(0, default) with { NextTimeMs = 0 };

    private protected ValueTask<Appended> Append(int partition, string text) =>
        Log.AppendAsync(partition, Encoding.UTF8.GetBytes(text), default);

    private protected ValueTask<IReadOnlyList<LogEntry>> Read(int partition, Position after) =>
        Log.ReadAsync(partition, after, BytesMax, default);

    private protected async Task<List<LogEntry>> ReadAll(int partition, Position after, int count)
    {
        var entries = new List<LogEntry>();
        while (entries.Count < count)
        {
            entries.AddRange(await Read(partition, after));
            after = entries[^1].Position;
        }

        Assert.Equal(count, entries.Count);
        return entries;
    }

    private protected static string Text(LogEntry entry) => Encoding.UTF8.GetString(entry.Bytes.Span);

    private static (Position, long, string) Plain(LogEntry entry) => (entry.Position, entry.TimeMs, Text(entry));
}
