namespace LiveChat.Cql.Connections;

/// <summary>
/// Pauses between attempts: doubled each time up to a limit, of which a random part is taken (full jitter).
/// </summary>
internal static class Backoff
{
    private const int DoublingsMax = 16;

    /// <summary>The pause after that many failures in a row, from a tenth of the step to all of it.</summary>
    public static TimeSpan Next(CqlOptions options, int failures)
    {
        var step = options.ReconnectDelayMin * Math.Pow(2, Math.Clamp(failures - 1, 0, DoublingsMax));
        if (step > options.ReconnectDelayMax) step = options.ReconnectDelayMax;
        double part;
        lock (options.Random) part = options.Random.NextDouble();
        return step * (0.1 + (0.9 * part));
    }
}
