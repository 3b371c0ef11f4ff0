namespace LiveChat.Client;

/// <summary>
/// Which transport a client tries. The first one is the best; the next one's turn comes when something on the way does
/// not let it through: its opening is answered otherwise or not at all, or its connections die young. What worked is
/// remembered, and the first one gets another chance later. Used by one loop.
/// </summary>
/// <param name="count">How many transports there are, the best first.</param>
/// <param name="time">The clock.</param>
internal sealed class TransportChoice(int count, TimeProvider time)
{
    /// <summary>A connection that broke sooner died young; twice in a row is no chance.</summary>
    private static readonly TimeSpan YoungBefore = TimeSpan.FromSeconds(10);
    private const int YoungMax = 2;
    private const int Broken = 1006;

    /// <summary>How long another transport than the first is the first choice.</summary>
    private static readonly TimeSpan BackAfter = TimeSpan.FromMinutes(10);

    private long _leftFirstAt;
    private int _young;

    /// <summary>The number of the transport to try.</summary>
    public int Current { get; private set; }

    /// <summary>A new attempt to connect.</summary>
    public void Begin()
    {
        if (Current > 0 && time.GetElapsedTime(_leftFirstAt) >= BackAfter) Move(0);
    }

    /// <summary>Whether this attempt goes on with another transport, since the one that was tried is not let through.
    /// </summary>
    public bool TryNext(ConnectionEnd end)
    {
        if (!end.IsBlocked) return false;
        Move((Current + 1) % count);
        return Current > 0;
    }

    /// <summary>Learns from how a connection ended, or an attempt without another transport left.</summary>
    public void Note(ConnectionEnd end)
    {
        if (end.Lasted >= YoungBefore || end.Code is not (null or Broken)) _young = 0;
        else if (end.Lasted > TimeSpan.Zero) _young++;

        // One that hangs is not let through, either; but the application has waited long enough in this attempt.
        if (end.IsLate || _young >= YoungMax) Move((Current + 1) % count);
    }

    private void Move(int transport)
    {
        if (Current == 0) _leftFirstAt = time.GetTimestamp();
        (Current, _young) = (transport, 0);
    }
}
