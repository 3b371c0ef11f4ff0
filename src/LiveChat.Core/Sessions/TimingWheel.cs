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
    private readonly List<Entry>?[] _slots = new List<Entry>?[Slots];
    private readonly long _start = time.GetTimestamp();
    private readonly List<Entry> _due = [];

    /// <summary>Lists of slots that were emptied. Sessions look ahead a few seconds only, so a few lists go round; if
    /// each slot kept its own, all would grow to the longest.</summary>
    private readonly Stack<List<Entry>> _spare = new();

    private long _tick;

    /// <summary>Calls <paramref name="timed"/> once after the delay, rounded up to a second.</summary>
    public void Add(ITimed timed, TimeSpan delay)
    {
        var tick = Now() + Math.Max(1, (long)Math.Ceiling(delay.TotalSeconds));
        lock (_lock)
        {
            // A tick that the loop has passed already would lie a whole turn ahead.
            tick = Math.Max(tick, _tick + 1);
            Put(new Entry(timed, tick));
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
            for (var tick = from; tick <= now; tick++) TakeDue(tick % Slots, now);
            _tick = now;
        }

        foreach (var entry in _due)
            if (entry.Timed.OnDue() is { } delay)
                Add(entry.Timed, delay);
        _due.Clear();
    }

    private void Put(Entry entry)
    {
        ref var slot = ref _slots[entry.Tick % Slots];
        slot ??= _spare.TryPop(out var spare) ? spare : [];
        slot.Add(entry);
    }

    private void TakeDue(long slot, long now)
    {
        if (_slots[slot] is not { } entries) return;
        _slots[slot] = null;
        foreach (var entry in entries)
        {
            if (entry.Tick <= now) _due.Add(entry);
            else Put(entry); // Whole turns ahead.
        }

        entries.Clear();
        _spare.Push(entries);
    }

    private long Now() => (long)time.GetElapsedTime(_start).TotalSeconds;

    private readonly record struct Entry(ITimed Timed, long Tick);
}
