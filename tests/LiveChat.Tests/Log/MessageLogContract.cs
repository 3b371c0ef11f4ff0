using System.Text;
using LiveChat.Core.Log;
using Xunit;

namespace LiveChat.Tests.Log;

/// <summary>
/// What <see cref="IMessageLog"/> and <see cref="IPartitionReader"/> promise of order and durability, checked of every
/// implementation. What a log with a clock of its own promises besides is in <c>ClockedLogContract</c>.
/// </summary>
public abstract class MessageLogContract : IAsyncLifetime
{
    private const int BytesMax = 1 << 20;

    private IMessageLog? _log;

    private protected IMessageLog Log
    {
        get => _log ?? throw new InvalidOperationException("Not open.");
        set => _log = value;
    }

    /// <summary>A new log of four partitions.</summary>
    private protected abstract Task<IMessageLog> OpenAsync();

    /// <summary>Ends the log in good order and opens what it left behind.</summary>
    private protected abstract Task<IMessageLog> RestartAsync(IMessageLog log);

    /// <summary>A view of the log for a group.</summary>
    private protected abstract IPartitionReader ReaderOf(IMessageLog log, string group);

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
            await Append(i % 4, $"r{i}");
        }

        var before = new List<(Position, long, string)>();
        for (var partition = 0; partition < 4; partition++)
        {
            before.AddRange((await ReadAll(partition, Position.None, 75)).Select(Plain));
        }

        Log = await RestartAsync(Log);

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

        await Log.TrimAsync(0, Position.Create(1, 1));
        Assert.Equal(full with { Begin = Position.Create(1, 2) }, await BoundsAsync());
        Log = await RestartAsync(Log);
        Assert.Equal(full with { Begin = Position.Create(1, 2) }, await BoundsAsync());
    }

    [Fact]
    public async Task A_trimmed_record_is_refused_and_the_rest_is_read()
    {
        for (var i = 0; i < 10; i++)
        {
            await Append(0, $"r{i}");
        }

        await Log.TrimAsync(0, Position.Create(1, 4));
        await Log.TrimAsync(0, Position.Create(1, 2));

        await Assert.ThrowsAsync<LogTrimmedException>(() => Read(0, Position.None).AsTask());
        await Assert.ThrowsAsync<LogTrimmedException>(() => Read(0, Position.Create(1, 3)).AsTask());
        Assert.Equal("r5", Text((await Read(0, Position.Create(1, 4)))[0]));

        // "From the beginning" is behind the record before it.
        var begin = (await Log.RangeAsync(0)).Begin;
        Assert.Equal("r5", Text((await Read(0, new Position(begin.Value - 1)))[0]));
    }

    [Fact]
    public async Task A_reader_above_the_end_is_refused()
    {
        await Append(0, "a");
        await Assert.ThrowsAsync<LogTrimmedException>(() => Read(0, Position.Create(1, 7)).AsTask());
    }

    [Fact]
    public async Task A_reader_at_the_end_is_woken_by_the_next_append()
    {
        await using var history = Join(ConsumerGroups.HistoryWriters);
        await using var delivery = Join(ConsumerGroups.DeliveryWorkers);
        await Append(0, "a");
        Assert.Equal("a", Text(Assert.Single(await history.ReadAsync(0))));
        Assert.Equal("a", Text(Assert.Single(await delivery.ReadAsync(0))));
        var (one, other) = (history.ReadAsync(0), delivery.ReadAsync(0));
        await Append(1, "elsewhere");
        Assert.False(one.IsCompleted);

        await Append(0, "b");

        Assert.Equal("b", Text(Assert.Single(await one)));
        Assert.Equal("b", Text(Assert.Single(await other)));
    }

    [Fact]
    public async Task A_reader_gives_up_when_it_is_cancelled()
    {
        await using var history = Join(ConsumerGroups.HistoryWriters);
        using var cancel = new CancellationTokenSource();
        var read = history.ReadAsync(0, cancellationToken: cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);

        // And does not take the record away from the next read.
        await Append(0, "a");
        Assert.Single(await history.ReadAsync(0));
    }

    [Fact]
    public async Task A_member_that_leaves_has_everything_revoked_and_its_reads_end()
    {
        await using var history = Join(ConsumerGroups.HistoryWriters);
        await Append(2, "a");
        Assert.Single(await history.ReadAsync(2));
        var read = history.ReadAsync(2);
        await history.EndAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Assert.Equal([0, 1, 2, 3], history.Revoked.Keys.Order());
        Assert.DoesNotContain(true, history.Revoked.Values);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => history.ReadAsync(2));
    }

    [Fact]
    public async Task A_read_returns_no_more_bytes_than_asked_for_but_at_least_one_record()
    {
        await Append(0, new string('a', 100));
        await Append(0, new string('b', 100));
        await Append(0, new string('c', 100));

        Assert.Equal(2, (await Log.ReadAgainAsync(0, Position.None, 250, default)).Count);
        Assert.Single(await Log.ReadAgainAsync(0, Position.None, 199, default));
        Assert.Single(await Log.ReadAgainAsync(0, Position.None, 1, default));
        Assert.Equal(3, (await Log.ReadAgainAsync(0, Position.None, 300, default)).Count);
        await using var history = Join(ConsumerGroups.HistoryWriters);
        Assert.Single(await history.ReadAsync(0, bytesMax: 1));
        Assert.StartsWith("b", Text((await history.ReadAsync(0, bytesMax: 199)).Single()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task At_the_end_there_is_nothing_to_read_again()
    {
        Assert.Empty(await Read(0, Position.None));
        var last = await Append(0, "a");
        Assert.Empty(await Read(0, last.Position));
        await Log.TrimAsync(0, last.Position);
        Assert.Empty(await Read(0, last.Position));
    }

    [Fact]
    public async Task Commits_are_kept_per_group_and_partition_and_may_go_back()
    {
        for (var i = 0; i < 5; i++)
        {
            await Append(1, "r");
        }

        await using (var history = Join(ConsumerGroups.HistoryWriters))
        await using (var delivery = Join(ConsumerGroups.DeliveryWorkers))
        {
            Assert.Equal(Position.None, await history.CommittedAsync(1));
            await history.CommitAsync(1, Position.Create(1, 4));
            await delivery.CommitAsync(1, Position.Create(1, 3));
            await history.CommitAsync(1, Position.Create(1, 2));
            Assert.Equal(Position.Create(1, 2), await history.CommittedAsync(1));
        }

        Log = await RestartAsync(Log);
        await using (var history = Join(ConsumerGroups.HistoryWriters))
        await using (var delivery = Join(ConsumerGroups.DeliveryWorkers))
        {
            Assert.Equal(Position.Create(1, 2), await history.CommittedAsync(1));
            Assert.Equal(Position.Create(1, 3), await delivery.CommittedAsync(1));
            Assert.Equal(Position.None, await history.CommittedAsync(0));
            Assert.Equal(Position.Create(1, 3), (await history.ReadAsync(1))[0].Position);
        }
    }

    [Fact]
    public async Task An_emptied_partition_continues_where_it_was_also_after_a_restart()
    {
        await Append(0, "a");
        var before = (await Append(0, "b")).Position;
        await Log.TrimAsync(0, before);
        Assert.Equal(new LogRange(Position.Create(1, 2), before), await BoundsAsync());

        Log = await RestartAsync(Log);

        Assert.Equal(new LogRange(Position.Create(1, 2), before), await BoundsAsync());
        Assert.Equal(Position.Create(1, 2), (await Append(0, "c")).Position);
        Assert.Equal("c", Text(Assert.Single(await Read(0, before))));
    }

    private protected async Task<LogRange> BoundsAsync() => await Log.RangeAsync(0) with { NextTimeMs = 0 };

    private protected ValueTask<Appended> Append(int partition, string text) =>
        Log.AppendAsync(partition, Encoding.UTF8.GetBytes(text), default);

    private protected ValueTask<IReadOnlyList<LogEntry>> Read(int partition, Position after) =>
        Log.ReadAgainAsync(partition, after, BytesMax, default);

    private protected GroupReader Join(string group) => new(ReaderOf(Log, group));

    private protected async Task<List<LogEntry>> ReadAll(int partition, Position after, int count)
    {
        var entries = new List<LogEntry>();
        while (entries.Count < count)
        {
            var read = await Read(partition, after);
            Assert.NotEmpty(read);
            entries.AddRange(read);
            after = entries[^1].Position;
        }

        Assert.Equal(count, entries.Count);
        return entries;
    }

    private protected static string Text(LogEntry entry) => Encoding.UTF8.GetString(entry.Bytes.Span);

    private static (Position, long, string) Plain(LogEntry entry) => (entry.Position, entry.TimeMs, Text(entry));
}
