using Microsoft.Extensions.Time.Testing;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// The time of a simulation: stands still until the scheduler moves it to the next timer. A timer's callback runs in
/// the process that made the timer, as one of its callbacks; a dead process has no timers.
/// </summary>
internal sealed class SimulatedTime : FakeTimeProvider
{
    private readonly HashSet<TrackedTimer> _timers = [];

    public SimulatedTime() : base(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var process = SynchronizationContext.Current as SimulatedProcess
            ?? throw new SimulationException("A timer was made outside of every simulated process.");
        var timer = new TrackedTimer(this, process, callback, state);
        timer.Inner = base.CreateTimer(static me => ((TrackedTimer)me!).Fire(), timer, dueTime, period);
        timer.Set(dueTime, period);
        return timer;
    }

    /// <summary>Moves to the first timer that is due; false when there is none within the time.</summary>
    public bool AdvanceToNextTimer(TimeSpan within)
    {
        var next = DateTimeOffset.MaxValue;
        _timers.RemoveWhere(static timer => timer.IsDead);
        foreach (var timer in _timers)
            if (timer.Due < next)
                next = timer.Due;
        var step = next - GetUtcNow();
        if (next == DateTimeOffset.MaxValue || step > within)
            return false;
        Advance(step > TimeSpan.Zero ? step : TimeSpan.Zero);
        return true;
    }

    private sealed class TrackedTimer(
        SimulatedTime time, SimulatedProcess process, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public ITimer? Inner { get; set; }

        public DateTimeOffset Due { get; private set; }

        public bool IsDead
        {
            get
            {
                if (process.IsDead)
                    Inner?.Dispose();
                return process.IsDead;
            }
        }

        public void Set(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            if (dueTime < TimeSpan.Zero)
            {
                time._timers.Remove(this);
                return;
            }

            Due = time.GetUtcNow() + dueTime;
            time._timers.Add(this);
        }

        public void Fire()
        {
            if (_period > TimeSpan.Zero)
                Due = time.GetUtcNow() + _period;
            else
                time._timers.Remove(this);
            process.Post(me => callback(me), state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Set(dueTime, period);
            return Inner!.Change(dueTime, period);
        }

        public void Dispose()
        {
            time._timers.Remove(this);
            Inner?.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
