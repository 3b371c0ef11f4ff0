namespace LiveChat.Core.Presence;

/// <summary>
/// Whether what a shared table of presence says may be believed. A table that lost something, or that did not answer
/// for so long that entries may have run out, is in doubt until every node has had the time to say again who is online.
/// One loop notes; any thread asks; the lock keeps both in step.
/// </summary>
internal sealed class PresenceTrust(TimeProvider time)
{
    /// <summary>An entry lives for 60 s. Its sign is at most 30 s old when the next one is due, and is written within
    /// 10 s: so no entry runs out within the first 20 s in which nobody could write. In the same time every node
    /// notices a loss (10 s) and says everybody again (1 s, and twice a call of 2 s).</summary>
    public static readonly TimeSpan Doubt = TimeSpan.FromSeconds(20);

    private const string Away = "The store of presence does not answer.";
    private const string Lost = "The store of presence has lost entries; the nodes write them again.";

    private readonly Lock _lock = new();
    private long? _answeredAt;
    private long _lostAt;
    private bool _isAway = true; // Until it is asked.
    private bool _isInDoubt;

    /// <summary>How often something was lost.</summary>
    public long Losses { get; private set; }

    /// <summary>Why nothing that the table says may be believed now; null while it may.</summary>
    public string? Reason
    {
        get
        {
            lock (_lock) return _isAway ? Away : _isInDoubt ? Lost : null;
        }
    }

    /// <summary>The table did not answer.</summary>
    public void NoteAway()
    {
        lock (_lock)
        {
            _answeredAt ??= time.GetTimestamp(); // It was never asked before.
            _isAway = true;
        }
    }

    /// <summary>The table answered. True when a doubt ended: whoever listens may have been told nothing meanwhile.
    /// </summary>
    /// <param name="isWhole">Whether the table has what it should.</param>
    public bool Note(bool isWhole)
    {
        lock (_lock)
        {
            var isLost = !isWhole || (_answeredAt is { } former && time.GetElapsedTime(former) > Doubt);
            var now = time.GetTimestamp();
            (_isAway, _answeredAt) = (false, now);
            if (isLost)
            {
                Losses++;
                (_isInDoubt, _lostAt) = (true, now);
                return false;
            }

            if (!_isInDoubt || time.GetElapsedTime(_lostAt) < Doubt) return false;
            _isInDoubt = false;
            return true;
        }
    }

    /// <exception cref="PresenceDegradedException">The table does not answer: only the loop asks it.</exception>
    public void ThrowIfAway()
    {
        lock (_lock)
            if (_isAway)
                throw new PresenceDegradedException(Away);
    }
}

/// <summary>Presence is not known now.</summary>
internal sealed class PresenceDegradedException(string message) : Exception(message);
