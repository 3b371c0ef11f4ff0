using LiveChat.Core.History;
using LiveChat.Core.Log;
using Microsoft.Extensions.Time.Testing;
using LiveChat.Tests.Log;
using Xunit;
using Barrier = LiveChat.Core.History.Barrier;

namespace LiveChat.Tests.History;

public sealed class BarrierTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly HistoryProgress _progress;
    private readonly AskedLog _log;
    private readonly Barrier _barrier;
    private int? _stopped;

    public BarrierTests()
    {
        _log = new AskedLog(new InMemoryMessageLog(2, _time));
        _progress = new HistoryProgress(2, _time);
        _barrier = new Barrier(_log, _progress, partition => partition == _stopped, _time);
    }

    [Fact]
    public async Task An_empty_log_is_passed_at_once() => Assert.True(await _barrier.PassAsync(default));

    [Fact]
    public async Task What_was_in_the_log_has_to_be_in_history_and_what_comes_later_has_not()
    {
        var (one, other) = (await AppendAsync(0), await AppendAsync(1));
        var pass = _barrier.PassAsync(default);
        await AppendAsync(0);

        _progress.Advance(0, one);
        Assert.False(pass.IsCompleted);
        _progress.Advance(1, other);
        Assert.True(await pass.WaitAsync(Limit));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_partition_that_stopped_is_left_out_and_named_and_the_others_are_waited_for(bool isBefore)
    {
        await AppendAsync(0);
        var other = await AppendAsync(1);
        if (isBefore) _stopped = 0;
        var pass = _barrier.LeftOutAsync(default);
        _stopped = 0;
        if (!isBefore) _time.Advance(TimeSpan.FromSeconds(1));
        for (var turn = 0; turn < 20; turn++) await Task.Yield();
        Assert.False(pass.IsCompleted);
        _progress.Advance(1, other);
        Assert.Equal([0], await pass.WaitAsync(Limit));
    }

    [Fact]
    public async Task Who_comes_before_a_round_begins_shares_its_asking_and_rounds_keep_their_distance()
    {
        Assert.True(await _barrier.PassAsync(default));
        var passes = Enumerable.Range(0, 5).Select(_ => _barrier.PassAsync(default)).ToArray();
        Assert.Equal(1, _log.Rounds);
        Assert.All(passes, pass => Assert.False(pass.IsCompleted));

        // What is appended before the asking is covered too.
        var late = await AppendAsync(0);
        _time.Advance(TimeSpan.FromSeconds(1.0 / Barrier.AsksPerSecondMax));
        await _log.AskedAsync(2).WaitAsync(Limit);
        Assert.All(passes, pass => Assert.False(pass.IsCompleted));
        _progress.Advance(0, late);
        Assert.All(await Task.WhenAll(passes).WaitAsync(Limit), Assert.True);
        Assert.Equal(2, _log.Rounds);
    }

    [Fact]
    public async Task History_that_does_not_come_is_said_after_a_while_and_the_next_round_may_pass()
    {
        var position = await AppendAsync(0);
        var pass = _barrier.PassAsync(default);
        _time.Advance(Barrier.Patience);
        Assert.False(await pass.WaitAsync(Limit));

        _progress.Advance(0, position);
        Assert.True(await _barrier.PassAsync(default).WaitAsync(Limit));
    }

    [Fact]
    public async Task A_log_that_fails_is_told_to_all_who_wait_and_the_next_round_asks_again()
    {
        Assert.True(await _barrier.PassAsync(default));
        Task[] passes = [_barrier.PassAsync(default), _barrier.PassAsync(default)];
        _log.Failure = new LogFailedException("broken");
        _time.Advance(TimeSpan.FromSeconds(1));
        foreach (var pass in passes)
            await Assert.ThrowsAsync<LogFailedException>(() => pass.WaitAsync(Limit));

        _log.Failure = null;
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await _barrier.PassAsync(default).WaitAsync(Limit));
    }

    [Fact]
    public async Task A_log_that_does_not_answer_is_asked_again_until_it_does_or_the_round_gives_up()
    {
        _log.Failure = new LogUnavailableException("away");
        var pass = _barrier.PassAsync(default);
        for (var second = 0; second < 5; second++) _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(pass.IsCompleted);
        _log.Failure = null;
        await AdvanceUntilAsync(pass);
        Assert.True(await pass);

        _log.Failure = new LogUnavailableException("away");
        pass = _barrier.PassAsync(default);
        await AdvanceUntilAsync(pass);
        Assert.False(await pass);
    }

    [Fact]
    public async Task Who_leaves_ends_the_round_for_nobody_else()
    {
        Assert.True(await _barrier.PassAsync(default));
        var position = await AppendAsync(0);
        using var leaves = new CancellationTokenSource();
        var first = _barrier.PassAsync(leaves.Token);
        var second = _barrier.PassAsync(default);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Limit));

        _time.Advance(TimeSpan.FromSeconds(1));
        _progress.Advance(0, position);
        Assert.True(await second.WaitAsync(Limit));
    }

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    /// <summary>Lets at most a minute pass.</summary>
    private async Task AdvanceUntilAsync(Task pass)
    {
        for (var half = 0; half < 120 && !pass.IsCompleted; half++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.5));
            await Task.WhenAny(pass, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System));
        }

        await pass.WaitAsync(Limit);
    }

    private async Task<Position> AppendAsync(int partition) =>
        (await _log.AppendAsync(partition, new byte[1], default)).Position;

    /// <summary>Counts how often the ends of the partitions are asked for, and can fail then.</summary>
    private sealed class AskedLog(IMessageLog inner) : ForwardingLog(inner)
    {
        private readonly SemaphoreSlim _asked = new(0);

        public int Rounds { get; private set; }

        public Exception? Failure { get; set; }

        /// <summary>Ends when that round has asked.</summary>
        public async Task AskedAsync(int round)
        {
            while (Rounds < round) await _asked.WaitAsync();
        }

        public override async ValueTask<IReadOnlyDictionary<int, LogRange>> RangesAsync(
            IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
        {
            if (Failure is not null) throw Failure;
            var ranges = await base.RangesAsync(partitions, cancellationToken);
            Rounds++;
            _asked.Release();
            return ranges;
        }

        public override ValueTask DisposeAsync()
        {
            _asked.Dispose();
            return base.DisposeAsync();
        }
    }
}
