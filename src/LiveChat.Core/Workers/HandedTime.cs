using LiveChat.Core.Log;

namespace LiveChat.Core.Workers;

/// <summary>
/// The log's time up to which a partition was handed over; it never falls. A log with a clock of its own says it by
/// every record that was handed over, and by the time of the next one. In another log a record may be seen minutes
/// after its append time, and times fall when another leader has another clock. There only a record says it that was
/// the last visible one when it was read, at a time close to the reader's clock. The partition's loop calls; any thread
/// reads the value.
/// </summary>
/// <param name="hasClock">See <see cref="IMessageLog.HasClock"/>.</param>
internal sealed class HandedTime(bool hasClock)
{
    /// <summary>A record whose time is further from the reader's clock says nothing.</summary>
    public const long OffMsMax = 10_000;

    private readonly HighMark _mark = new();

    /// <summary>A record that says the time once it was handed over, and all before it. One at a time: if each took the
    /// place of the one before, none would ever count while hand-overs are slow.</summary>
    private (Position Position, long TimeMs)? _proof;

    /// <summary>Unix milliseconds; 0 before anything is known.</summary>
    public long Value => _mark.Value;

    /// <summary>Looks at records that are about to be taken.</summary>
    /// <param name="batch">The records.</param>
    /// <param name="isAllHanded">Whether everything before them was handed over.</param>
    public void Take(IReadOnlyList<LogEntry> batch, bool isAllHanded)
    {
        if (hasClock)
        {
            if (isAllHanded) _mark.Raise(batch[0].TimeMs - 1); // A partition that was idle.
            return;
        }

        for (var i = batch.Count - 1; i >= 0 && _proof is null; i--)
            if (batch[i] is { EndSeenMs: > 0 } entry && Math.Abs(entry.TimeMs - entry.EndSeenMs) <= OffMsMax)
                _proof = (entry.Position, entry.TimeMs);
    }

    /// <summary>Everything through the position was handed over.</summary>
    /// <param name="through">The position.</param>
    /// <param name="timeMs">No record that was not handed over is of that time or earlier, if the log has a clock.
    /// </param>
    public void Move(Position through, long timeMs)
    {
        if (hasClock)
        {
            _mark.Raise(timeMs);
        }
        else if (_proof is { } proof && proof.Position <= through)
        {
            _mark.Raise(proof.TimeMs);
            _proof = null;
        }
    }

    /// <summary>Nothing is left to hand over, and the next record is not of an earlier time. Any thread.</summary>
    public void Rest(long nextTimeMs) => _mark.Raise(nextTimeMs - 1);
}
