namespace LiveChat.Core.Sessions;

/// <summary>Something that the wheel calls when its time has come.</summary>
internal interface ITimed
{
    /// <summary>Must be short and must not throw. Returns the time until the next call; null for none.</summary>
    TimeSpan? OnDue();
}

/// <summary>
/// One timer for all sessions: slots of one second, so that a hundred thousand heartbeats cost one wake-up a second
/// and no timer object each. Any thread adds; one loop fires, outside the lock, which keeps the slots.
/// </summary>
internal sealed class TimingWheel(TimeProvider time)
{
    private const int Slots = 64;
    private readonly Lock _lock = new();
    private readonly List<Entry>[] _slots = CreateSlots();
    private readonly long _start = time.GetTimestamp();
    private readonly List<Entry> _due = [];
    private long _tick;

    /// <summary>Calls <paramref name="timed"/> once after the delay, rounded up to a second.</summary>
    public void Add(ITimed timed, TimeSpan delay)
    {
        var tick = Now() + Math.Max(1, (long)Math.Ceiling(delay.TotalSeconds));
        lock (_lock)
        {
            // A tick that the loop has passed already would lie a whole turn ahead.
            tick = Math.Max(tick, _tick + 1);
            _slots[tick % Slots].Add(new Entry(timed, tick));
        }
    }

    /// <summary>Turns the wheel until it is stopped.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
            Advance();
    }

    /// <summary>Fires everything that is due. Only the loop, or a test in its place, calls it.</summary>
    public void Advance()
    {
        var now = Now();
        lock (_lock)
        {
            var from = Math.Max(_tick + 1, now - Slots + 1);
            for (var tick = from; tick <= now; tick++) TakeDue(_slots[tick % Slots], now);
            _tick = now;
        }

        foreach (var entry in _due)
            if (entry.Timed.OnDue() is { } delay)
                Add(entry.Timed, delay);
        _due.Clear();
    }

    private static List<Entry>[] CreateSlots()
    {
        var slots = new List<Entry>[Slots];
        for (var i = 0; i < Slots; i++) slots[i] = [];
        return slots;
    }

    private void TakeDue(List<Entry> slot, long now)
    {
        foreach (var entry in slot)
            if (entry.Tick <= now)
                _due.Add(entry);
        slot.RemoveAll(entry => entry.Tick <= now);
    }

    private long Now() => (long)time.GetElapsedTime(_start).TotalSeconds;

    private readonly record struct Entry(ITimed Timed, long Tick);
}
