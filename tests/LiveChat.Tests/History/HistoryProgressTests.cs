using LiveChat.Core.History;
using LiveChat.Core.Log;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.History;

public class HistoryProgressTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly HistoryProgress _progress;

    public HistoryProgressTests() => _progress = new HistoryProgress(2, _time);

    [Fact]
    public void A_lower_position_changes_nothing_and_partitions_are_apart()
    {
        Assert.Equal(Position.None, _progress.Passed(0));
        _progress.Advance(0, At(5));
        _progress.Advance(0, At(3));
        Assert.Equal(At(5), _progress.Passed(0));
        Assert.Equal(Position.None, _progress.Passed(1));
    }

    [Fact]
    public async Task What_was_passed_is_not_waited_for()
    {
        _progress.Advance(1, At(5));
        Assert.True(await _progress.WaitAsync(1, At(5), TimeSpan.Zero, default));
        Assert.False(await _progress.WaitAsync(1, At(6), TimeSpan.Zero, default));
    }

    [Fact]
    public async Task One_move_wakes_all_whom_it_satisfies_and_the_others_wait_on()
    {
        var near = Enumerable.Range(0, 100).Select(_ => Wait(At(4))).ToArray();
        var far = Wait(At(6));
        _progress.Advance(0, At(3));
        _progress.Advance(0, At(5));
        Assert.All(await Task.WhenAll(near).WaitAsync(Limit), Assert.True);
        Assert.False(far.IsCompleted);
        _progress.Advance(0, At(9));
        Assert.True(await far.WaitAsync(Limit));
    }

    [Fact]
    public async Task Moves_do_not_prolong_the_wait()
    {
        var wait = Wait(At(9));
        for (var offset = 1; offset < 4; offset++)
        {
            _time.Advance(Patience / 4);
            _progress.Advance(0, At(offset));
        }

        _time.Advance(Patience / 4);
        Assert.False(await wait.WaitAsync(Limit));
    }

    [Fact]
    public async Task Who_leaves_stops_waiting()
    {
        using var leaves = new CancellationTokenSource();
        var wait = _progress.WaitAsync(0, At(1), Patience, leaves.Token).AsTask();
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(Limit));
    }

    [Fact]
    public async Task A_pause_ends_with_its_time()
    {
        var pause = Pause();
        _time.Advance(Patience / 2);
        Assert.False(pause.IsCompleted);
        _time.Advance(Patience / 2);
        await pause.WaitAsync(Limit);
    }

    [Fact]
    public async Task Who_waits_ends_the_pause_of_the_partition_and_of_no_other()
    {
        var (pause, other) = (Pause(), _progress.PauseAsync(1, Patience, default).AsTask());
        var wait = Wait(At(1));
        await pause.WaitAsync(Limit);
        Assert.False(other.IsCompleted);
        _progress.Hurry(1);
        await other.WaitAsync(Limit);
        Assert.True(Pause().IsCompletedSuccessfully, "Somebody waits still.");
        _progress.Advance(0, At(1));
        Assert.True(await wait.WaitAsync(Limit));
        Assert.False(Pause().IsCompleted);
    }

    [Fact]
    public void Who_hurries_a_writer_that_does_not_pause_spares_it_the_next_pause()
    {
        _progress.Hurry(0);
        _progress.Hurry(0);
        Assert.True(Pause().IsCompletedSuccessfully);
        Assert.False(Pause().IsCompleted);
    }

    [Fact]
    public async Task A_writer_that_is_stopped_pauses_no_longer()
    {
        using var stop = new CancellationTokenSource();
        var pause = _progress.PauseAsync(0, Patience, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pause.WaitAsync(Limit));
    }

    private Task Pause() => _progress.PauseAsync(0, Patience, default).AsTask();

    private static Position At(long offset) => Position.Create(1, offset);

    private Task<bool> Wait(Position position) => _progress.WaitAsync(0, position, Patience, default).AsTask();
}
