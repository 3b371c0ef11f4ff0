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
                return _move.Task;
            }
        }
    }
}
