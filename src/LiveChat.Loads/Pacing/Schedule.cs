namespace LiveChat.Loads.Pacing;

/// <summary>
/// When the messages of one sender are due that sends at a steady rate. A message that is late keeps the time at which
/// it was due, so its latency counts from then, also while the server stands still (no coordinated omission). At most
/// so many wait; when more are due, the oldest are given up and counted. One caller at a time.
/// </summary>
/// <param name="began">The timestamp at which the first message is due.</param>
/// <param name="perSecond">Messages a second.</param>
/// <param name="frequency">Timestamps a second.</param>
/// <param name="waitingMax">Most messages that are due and not taken.</param>
internal sealed class Schedule(long began, double perSecond, long frequency, int waitingMax)
{
    private long _next;
    private long _givenUp;

    /// <summary>Messages that were due and will never be sent.</summary>
    public long GivenUp => Interlocked.Read(ref _givenUp);

    /// <summary>The timestamp at which a message is due; the first one has the number 0.</summary>
    public long DueAt(long number) => began + (long)(number * (frequency / perSecond));

    /// <summary>Messages that are due at a time and were not taken.</summary>
    public long WaitingAt(long now)
    {
        if (now < began) return 0;
        var number = (long)((now - began) * (perSecond / frequency)) + 1;

        // What division has rounded away.
        while (DueAt(number) <= now) number++;
        while (number > 0 && DueAt(number - 1) > now) number--;
        return Math.Max(0, number - _next);
    }

    /// <summary>Takes the next message if it is due.</summary>
    /// <param name="now">The present timestamp.</param>
    /// <param name="due">When the message was due.</param>
    public bool TryTake(long now, out long due)
    {
        var waiting = WaitingAt(now);
        if (waiting > waitingMax)
        {
            Interlocked.Add(ref _givenUp, waiting - waitingMax);
            _next += waiting - waitingMax;
        }

        due = DueAt(_next);
        if (waiting == 0) return false;
        _next++;
        return true;
    }

    /// <summary>Waits for the next message and takes it.</summary>
    /// <param name="time">The clock of the timestamps.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>When the message was due.</returns>
    public async ValueTask<long> TakeAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            // One look at the clock: by a second one the message may be due already, and no wait is below zero.
            var now = time.GetTimestamp();
            if (TryTake(now, out var due)) return due;
            await Task.Delay(time.GetElapsedTime(now, due), time, cancellationToken);
        }
    }
}
