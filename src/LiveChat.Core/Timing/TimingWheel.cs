namespace LiveChat.Core.Timing;

/// <summary>Something that the wheel calls when its time has come.</summary>
internal interface ITimed
{
    /// <summary>Must be short and must not throw. Returns the time until the next call; null for none.</summary>
    TimeSpan? OnDue();
}

/// <summary>
/// One timer for all sessions: slots of one second, so that a hundred thousand heartbeats cost one wake-up a second
/// and no timer object each. An entry fires at the first whole second after its delay: never before it, and less than a
/// second after it. Any thread adds; one loop fires, outside the lock, which keeps the slots.
/// </summary>
internal sealed class TimingWheel(TimeProvider time)
{
    private const int Slots = 64;
    private static readonly TimeSpan WaitMin = TimeSpan.FromMilliseconds(1);
    private readonly Lock _lock = new();
    private readonly List<Entry>?[] _slots = new List<Entry>?[Slots];
    private readonly long _start = time.GetTimestamp();
    private readonly List<Entry> _due = [];

    /// <summary>Lists of slots that were emptied. Sessions look ahead a few seconds only, so a few lists go round; if
    /// each slot kept its own, all would grow to the longest.</summary>
    private readonly Stack<List<Entry>> _spare = new();

    private long _tick;

    /// <summary>Calls <paramref name="timed"/> once, at the first whole second after the delay.</summary>
    public void Add(ITimed timed, TimeSpan delay) => AddAt(timed, Ceiling(time.GetElapsedTime(_start) + delay));

    /// <summary>Turns the wheel until it is stopped: at each whole second, however long the last turn took.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            // A timer that fires a little early waits again for the rest.
            var wait = TimeSpan.FromSeconds(_tick + 1) - time.GetElapsedTime(_start);
            await Task.Delay(wait > WaitMin ? wait : WaitMin, time, cancellationToken);
            Advance();
        }
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

        // Counted from this tick: what comes every second would skip one if it were counted from a moment later.
        foreach (var entry in _due)
            if (entry.Timed.OnDue() is { } delay)
                AddAt(entry.Timed, now + Ceiling(delay));
        _due.Clear();
    }

    private void AddAt(ITimed timed, long tick)
    {
        // A tick that the loop has passed already would lie a whole turn ahead.
        lock (_lock) Put(new Entry(timed, Math.Max(tick, _tick + 1)));
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

    private static long Ceiling(TimeSpan span) => (long)Math.Ceiling(span.TotalSeconds);

    private readonly record struct Entry(ITimed Timed, long Tick);
}
