using Microsoft.Extensions.Time.Testing;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// The time of a simulation: stands still until the scheduler moves it to the next timer. A timer's callback runs in
/// the process that made the timer, as one of its callbacks; a dead process has no timers. The timers are kept here,
/// in the order of their times, so that a run with hundreds of them does not look at all of them at each move.
/// </summary>
internal sealed class SimulatedTime : FakeTimeProvider
{
    private readonly PriorityQueue<(SimulatedTimer Timer, long Version), (DateTimeOffset Due, long Number)> _due =
        new();
    private long _lastNumber;

    public SimulatedTime() : base(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var process = SynchronizationContext.Current as SimulatedProcess
            ?? throw new SimulationException("A timer was made outside of every simulated process.");
        var timer = new SimulatedTimer(this, process, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves to the first timer that is due and fires all of that moment; false when there is none within
    /// the time.</summary>
    public bool AdvanceToNextTimer(TimeSpan within)
    {
        if (!TryPeek(out var next) || next - GetUtcNow() > within)
            return false;
        if (next > GetUtcNow())
            SetUtcNow(next);
        while (TryPeek(out var due) && due <= next)
            _due.Dequeue().Timer.Fire();
        return true;
    }

    /// <summary>The time of the first timer that is still set.</summary>
    private bool TryPeek(out DateTimeOffset due)
    {
        while (_due.TryPeek(out var first, out var priority))
        {
            due = priority.Due;
            if (first.Timer.IsSet(first.Version))
                return true;
            _due.Dequeue();
        }

        due = default;
        return false;
    }

    /// <summary>A timer; each setting has a version, so that what a former one left in the queue is void.</summary>
    private sealed class SimulatedTimer(
        SimulatedTime time, SimulatedProcess process, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;
        private long _version;
        private bool _isSet;

        public bool IsSet(long version) => _isSet && version == _version && !process.IsDead;

        public void Fire()
        {
            if (_period > TimeSpan.Zero)
                Change(_period, _period);
            else
                _isSet = false;
            process.Post(me => callback(me), state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            _isSet = dueTime >= TimeSpan.Zero;
            _version++;
            if (_isSet)
                time._due.Enqueue((this, _version), (time.GetUtcNow() + dueTime, time._lastNumber++));
            return true;
        }

        public void Dispose()
        {
            _isSet = false;
            _version++;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
