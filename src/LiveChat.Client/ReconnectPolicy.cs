using LiveChat.Protocol;

namespace LiveChat.Client;

/// <summary>
/// Whether and when to connect again. Full jitter over 1 s, 2 s, 4 s … 30 s, so that the clients of a node that
/// went away do not come back as one; the series begins anew only after a connection that lasted 30 s, so that a
/// server that accepts and then drops does not see a storm. Behind a drain the series begins anew too, and its first
/// eight ceilings stay at 2 s: the server's successor is there within seconds. The server's <c>after_ms</c> or
/// <c>Retry-After</c> wins, up to an hour. Before the first connection an HTTP answer that says "not here" is final:
/// the address is wrong. Later it is tried again: a proxy may say so while a server is replaced. Used by one loop.
/// </summary>
internal sealed class ReconnectPolicy(Random random)
{
    private static readonly TimeSpan Base = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Floor = TimeSpan.FromMilliseconds(250);

    /// <summary>How many tries behind the first one after a drain have a ceiling of 2 s.</summary>
    private const int NearTries = 8;

    /// <summary>The most that the server may ask for.</summary>
    private static readonly TimeSpan AfterMax = TimeSpan.FromHours(1);

    private bool _triedNewToken;
    private bool _wasConnected;
    private int _held;

    /// <summary>How many tries there were since the last stable connection.</summary>
    public int Attempt { get; private set; }

    /// <summary>The pause before the next try, or null when there is none.</summary>
    public TimeSpan? Next(ConnectionEnd end)
    {
        if (end.Lasted > TimeSpan.Zero) (_triedNewToken, _wasConnected) = (false, true);
        var drains = end.Code == (int)CloseCode.Draining;
        if (drains || end.Lasted >= StableAfter) (Attempt, _held) = (0, drains ? NearTries - 1 : 0);
        if (!MayReturn(end)) return null;

        var pause = Bounded(end.After) ?? (Attempt == 0 && IsAtOnce(end.Then) ? TimeSpan.Zero : Jitter());
        Attempt++;
        return pause + (Floor * random.NextDouble());
    }

    /// <summary>A wait that a server asks for, between nothing and an hour.</summary>
    public static TimeSpan? Bounded(TimeSpan? after) =>
        after is { } wait ? TimeSpan.FromTicks(Math.Clamp(wait.Ticks, 0, AfterMax.Ticks)) : null;

    private static bool IsAtOnce(AfterClose then) =>
        then is AfterClose.ReconnectAtOnce or AfterClose.StartOver or AfterClose.TryNewToken;

    private TimeSpan Jitter()
    {
        var doublings = Math.Max(Math.Min(Attempt, 1), Attempt - _held);
        var ceiling = Base * Math.Pow(2, Math.Min(doublings, 16));
        return (ceiling < Cap ? ceiling : Cap) * random.NextDouble();
    }

    private bool MayReturn(ConnectionEnd end)
    {
        if (end.IsFinal) return false;
        if (end.Status is < 500 and not (408 or 425 or 429)) return _wasConnected;
        switch (end.Then)
        {
            case AfterClose.TryNewToken:
                // One more try: the token provider may have had an old one.
                var first = !_triedNewToken;
                _triedNewToken = true;
                return first;
            case AfterClose.Stop or AfterClose.StopAndWipe:
                return false;
            default:
                return true;
        }
    }
}
