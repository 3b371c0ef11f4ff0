using LiveChat.Core.Log;
using LiveChat.Core.Timing;

namespace LiveChat.Core.History;

/// <summary>
/// How far history is in each partition, for all of this process: everything at or below the position can be read
/// from the store. Moved by the history-writer's loop of the partition; any thread reads and waits. All who wait for
/// a partition share one task, that of its next move, so that any number of them is one allocation.
/// </summary>
internal sealed class HistoryProgress
{
    private readonly Mark[] _marks;
    private readonly TimeProvider _time;

    public HistoryProgress(int partitions, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        _marks = [.. Enumerable.Range(0, partitions).Select(_ => new Mark())];
        _time = time;
    }

    public int Partitions => _marks.Length;

    /// <summary>Everything in the partition at or below the returned position is in history.</summary>
    public Position Passed(int partition) => _marks[partition].Passed;

    /// <summary>Moves the partition; a lower position than before has no effect.</summary>
    public void Advance(int partition, Position position) => _marks[partition].Advance(position);

    /// <summary>The pause of a history-writer between two batches, so that the next one has more messages for each chat
    /// that it writes. It ends as soon as somebody waits for the partition. One at a time for each partition.</summary>
    public async ValueTask PauseAsync(int partition, TimeSpan pause, CancellationToken cancellationToken)
    {
        if (_marks[partition].BeginPause() is not { } wanted) return;
        await using var over = _time.CreateTimer(End, wanted, pause, Timeout.InfiniteTimeSpan);
        await using var stopped = cancellationToken.UnsafeRegister(End, wanted);
        await wanted.Task;
        cancellationToken.ThrowIfCancellationRequested();

        static void End(object? pause) => ((TaskCompletionSource)pause!).TrySetResult();
    }

    /// <summary>Ends the pause of the partition's writer, or spares it the next one: somebody needs what was answered
    /// to be in history, and does not know the position.</summary>
    public void Hurry(int partition) => _marks[partition].Want();

    /// <summary>Waits until history has passed the position; false when it has not within the time.</summary>
    public async ValueTask<bool> WaitAsync(
        int partition, Position position, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var mark = _marks[partition];
        var began = _time.GetTimestamp();
        while (mark.NextMove(position) is { } move)
        {
            var left = timeout - _time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                return false;
            try
            {
                await move.InContextAsync().WaitAsync(left, _time, cancellationToken);
            }
            catch (TimeoutException)
            {
                return mark.Passed >= position;
            }
        }

        return true;
    }

    /// <summary>One partition. The lock keeps the position and the task of its next move in step.</summary>
    private sealed class Mark
    {
        private readonly Lock _lock = new();
        private long _passed;
        private TaskCompletionSource? _move;
        private TaskCompletionSource? _wanted;
        private bool _isHurried;

        public Position Passed => new(Volatile.Read(ref _passed));

        public void Advance(Position position)
        {
            TaskCompletionSource? moved;
            lock (_lock)
            {
                if (position.Value <= _passed)
                    return;
                Volatile.Write(ref _passed, position.Value);
                moved = _move;
                _move = null;
            }

            moved?.SetResult();
        }

        /// <summary>The next move; null when the position is passed already.</summary>
        public Task? NextMove(Position position)
        {
            lock (_lock)
            {
                if (position.Value <= _passed)
                    return null;
                _move ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _wanted?.TrySetResult();
                return _move.Task;
            }
        }

        /// <summary>Ends once somebody waits; null when somebody does already, or did since the last pause.</summary>
        public TaskCompletionSource? BeginPause()
        {
            lock (_lock)
            {
                var isWanted = _move is not null || _isHurried;
                _isHurried = false;
                if (isWanted) return null;
                return _wanted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public void Want()
        {
            lock (_lock)
            {
                if (_wanted?.TrySetResult() is not true) _isHurried = true;
            }
        }
    }
}
