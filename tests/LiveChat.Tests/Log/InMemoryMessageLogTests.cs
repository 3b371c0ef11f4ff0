using LiveChat.Core.Log;
using Xunit;

namespace LiveChat.Tests.Log;

public sealed class InMemoryMessageLogTests : ClockedLogContract
{
    private protected override Task<IMessageLog> OpenAsync() =>
        Task.FromResult<IMessageLog>(new InMemoryMessageLog(4, Time));

    private protected override async Task<IMessageLog> RestartAsync(IMessageLog log)
    {
        var reopened = ((InMemoryMessageLog)log).Reopen(Time);
        await log.DisposeAsync();
        return reopened;
    }

    [Fact]
    public async Task A_record_is_neither_answered_nor_read_before_its_sync()
    {
        var sync = new TaskCompletionSource();
        await using var log = new InMemoryMessageLog(1, Time, () => sync.Task);
        var append = log.AppendAsync(0, "a"u8.ToArray(), default).AsTask();
        var read = log.ReadAsync(0, Position.None, 100, default).AsTask();
        Assert.Equal(Position.None, (await log.RangeAsync(0)).End);
        Assert.False(append.IsCompleted);
        Assert.False(read.IsCompleted);

        sync.SetResult();

        Assert.Equal(PartitionTail.First, (await append).Position);
        Assert.Single(await read);
    }

    [Fact]
    public async Task While_a_sync_is_under_way_the_next_record_may_be_as_old_as_its_first()
    {
        var sync = new TaskCompletionSource();
        await using var log = new InMemoryMessageLog(1, Time, () => sync.Task);
        var append = log.AppendAsync(0, "a"u8.ToArray(), default).AsTask();
        var appendedMs = Time.GetUtcNow().ToUnixTimeMilliseconds();
        Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(appendedMs, (await log.RangeAsync(0)).NextTimeMs);
        sync.SetResult();
        Assert.Equal(appendedMs, (await append).TimeMs);
        Assert.Equal(appendedMs + 120_000, (await log.RangeAsync(0)).NextTimeMs);
    }

    [Fact]
    public async Task A_sync_that_fails_leaves_the_outcome_unknown_and_ends_the_log()
    {
        var sync = new TaskCompletionSource();
        await using var log = new InMemoryMessageLog(1, Time, () => sync.Task);
        var append = log.AppendAsync(0, "a"u8.ToArray(), default).AsTask();
        var read = log.ReadAsync(0, Position.None, 100, default).AsTask();

        sync.SetException(new IOException("The disk is broken."));

        await Assert.ThrowsAsync<LogFailedException>(() => append);
        await Assert.ThrowsAsync<LogFailedException>(() => read);
        await Assert.ThrowsAsync<LogFailedException>(() => log.AppendAsync(0, "b"u8.ToArray(), default).AsTask());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_crash_keeps_what_was_durable_and_any_first_part_of_the_rest(int kept)
    {
        var syncs = new Queue<TaskCompletionSource>([new(), new()]);
        var first = syncs.Peek();
        await using var log = new InMemoryMessageLog(1, Time, () => syncs.Dequeue().Task);
        var durable = log.AppendAsync(0, "a"u8.ToArray(), default).AsTask();
        first.SetResult();
        await durable;
        Task[] unknown =
        [
            log.AppendAsync(0, "b"u8.ToArray(), default).AsTask(),
            log.AppendAsync(0, "c"u8.ToArray(), default).AsTask(),
        ];

        await using var reopened = log.Reopen(Time, unsyncedKept: kept);

        foreach (var append in unknown) await Assert.ThrowsAsync<LogFailedException>(() => append);
        var entries = await reopened.ReadAsync(0, Position.None, 100, default);
        Assert.Equal("abc"[..(1 + kept)], string.Concat(entries.Select(Text)));
        Assert.Equal(
            Position.Create(1, 1 + kept), (await reopened.AppendAsync(0, "d"u8.ToArray(), default)).Position);
    }

    [Fact]
    public async Task A_full_queue_refuses_and_the_record_is_not_in_the_log()
    {
        var sync = new TaskCompletionSource();
        await using var log = new InMemoryMessageLog(1, Time, () => sync.Task);
        var appends = Enumerable.Range(0, InMemoryMessageLog.UnsyncedMax)
            .Select(_ => log.AppendAsync(0, default, default).AsTask())
            .ToList();

        await Assert.ThrowsAsync<LogUnavailableException>(() => log.AppendAsync(0, default, default).AsTask());
        sync.SetResult();
        await Task.WhenAll(appends);
        Assert.Equal(
            Position.Create(1, InMemoryMessageLog.UnsyncedMax - 1), (await log.RangeAsync(0)).End);
    }

    [Fact]
    public async Task Cancelling_stops_the_waiting_and_not_the_append()
    {
        var sync = new TaskCompletionSource();
        await using var log = new InMemoryMessageLog(1, Time, () => sync.Task);
        using var cancel = new CancellationTokenSource();
        var append = log.AppendAsync(0, "a"u8.ToArray(), cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => append);

        sync.SetResult();
        Assert.Equal("a", Text(Assert.Single(await log.ReadAsync(0, Position.None, 100, default))));
    }
}
