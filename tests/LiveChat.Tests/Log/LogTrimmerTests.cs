using LiveChat.Core.Log;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Log;

public sealed class LogTrimmerTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000));
    private readonly InMemoryMessageLog _log;
    private readonly LogTrimmer _trimmer;
    private readonly List<Position> _beginsAtFlush = [];
    private TickRun? _ticks;

    public LogTrimmerTests()
    {
        _log = new InMemoryMessageLog(2, _time);
        _trimmer = new LogTrimmer(
            _log,
            [.. ConsumerGroups.All.Select(group => new AllPartitionsReader(_log, group))],
            static () => [0, 1],
            partition => partition == 0 ? _ticks : null,
            async _ => _beginsAtFlush.Add(await BeginAsync()),
            new LogTrimmerOptions(),
            _time,
            NullLogger<LogTrimmer>.Instance);
    }

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(7, 0)]
    [InlineData(8, 1)]
    [InlineData(11, 4)]
    [InlineData(16, 9)]
    [InlineData(17, 10)]
    [InlineData(400, 10)]
    public async Task What_is_processed_and_older_than_the_retention_goes(int days, int gone)
    {
        // One record a day, the first at day 0; at day 8 that of day 0 is older than seven days.
        await AppendDaily(10);
        await Commit(9, 9);
        _time.AdjustTime(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000).AddDays(days));

        await _trimmer.TrimAsync(default);

        Assert.Equal(Position.Create(1, gone), await BeginAsync());
        Assert.Equal(Position.Create(1, 9), (await _log.RangeAsync(0)).End);
    }

    [Theory]
    [InlineData(2, 9, 3)]
    [InlineData(9, 2, 3)]
    [InlineData(0, 0, 1)]
    [InlineData(-1, 9, 0)]
    public async Task What_one_group_still_needs_stays_however_old_it_is(int history, int delivery, int gone)
    {
        await AppendDaily(10);
        await Commit(history, delivery);
        _time.Advance(TimeSpan.FromDays(365));

        await _trimmer.TrimAsync(default);

        Assert.Equal(Position.Create(1, gone), await BeginAsync());
    }

    /// <summary>Ten records, one a day, the last of this moment; at the end some of them are ticks.</summary>
    [Theory]
    [InlineData(-1, 9, 9, 9, 10)] // Nothing but ticks, however young.
    [InlineData(-1, 5, 9, 9, 6)] // What history has not read yet stays.
    [InlineData(-1, 9, 9, 4, 5)] // And what a group has not processed.
    [InlineData(1, 9, 9, 9, 10)] // The record before them is old enough.
    [InlineData(2, 9, 9, 9, 2)] // It is not: they stay behind it.
    [InlineData(9, 9, 9, 9, 2)] // There are none.
    public async Task Ticks_go_at_once_where_nothing_else_is_left_before_them(
        int record, int read, int history, int delivery, int begin)
    {
        await AppendDaily(10);
        _time.AdjustTime(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000).AddDays(9));
        await Commit(history, delivery);
        _ticks = new TickRun(record < 0 ? Position.None : Position.Create(1, record), Position.Create(1, read));
        await _trimmer.TrimAsync(default);
        Assert.Equal(Position.Create(1, begin), await BeginAsync());
    }

    [Fact]
    public async Task History_is_flushed_before_anything_goes()
    {
        await AppendDaily(10);
        await Commit(9, 9);
        _time.Advance(TimeSpan.FromDays(365));
        await _trimmer.TrimAsync(default);
        Assert.Equal([PartitionTail.First], _beginsAtFlush);
    }

    [Fact]
    public async Task It_trims_again_from_where_it_was()
    {
        await AppendDaily(20);
        await Commit(4, 4);
        _time.Advance(TimeSpan.FromDays(365));
        await _trimmer.TrimAsync(default);
        await Commit(14, 12);
        await _trimmer.TrimAsync(default);
        await _trimmer.TrimAsync(default);
        Assert.Equal(Position.Create(1, 13), await BeginAsync());
    }

    [Fact]
    public async Task It_runs_once_a_period_until_it_is_cancelled()
    {
        using var stop = new CancellationTokenSource();
        var running = _trimmer.RunAsync(stop.Token);
        await AppendDaily(1);
        await Commit(0, 0);
        Assert.Equal(Position.Create(1, 0), await BeginAsync());

        // The period may begin a little later than the test's next line: turn the clock until it has run.
        for (var hour = 0; hour < 10_000 && await BeginAsync() == PartitionTail.First; hour++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        Assert.Equal(Position.Create(1, 1), await BeginAsync());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private async Task AppendDaily(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await _log.AppendAsync(0, new byte[] { (byte)i }, default);
            _time.Advance(TimeSpan.FromDays(1));
        }
    }

    private async Task Commit(int history, int delivery)
    {
        foreach (var (group, offset) in new[]
        {
            (ConsumerGroups.HistoryWriters, history), (ConsumerGroups.DeliveryWorkers, delivery),
        })
        {
            var position = offset < 0 ? Position.None : Position.Create(1, offset);
            await _log.CommitAsync(group, 0, position);
        }
    }

    private async Task<Position> BeginAsync() => (await _log.RangeAsync(0)).Begin;
}
