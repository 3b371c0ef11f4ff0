namespace LiveChat.Server.Backups;

/// <summary>
/// Ends a request of a service that stands still: it neither takes nor gives a byte for a time. What moves, however
/// slowly, goes on. Any thread says that something moved.
/// </summary>
internal sealed class Silence : IDisposable
{
    private readonly TimeSpan _longest;
    private readonly CancellationToken _asked;
    private readonly CancellationTokenSource _limit;
    private readonly CancellationTokenRegistration _registration;

    /// <param name="longest">How long nothing may move.</param>
    /// <param name="cancellationToken">Ends the request too.</param>
    public Silence(TimeSpan longest, CancellationToken cancellationToken)
    {
        (_longest, _asked) = (longest, cancellationToken);
        _limit = new CancellationTokenSource(longest, TimeProvider.System);
        _registration = cancellationToken.UnsafeRegister(
            static limit => ((CancellationTokenSource)limit!).Cancel(), _limit);
    }

    /// <summary>Ends the request.</summary>
    public CancellationToken Token => _limit.Token;

    /// <summary>Whether the request ended by the silence, and not since the caller asked for it.</summary>
    public bool IsOver => _limit.IsCancellationRequested && !_asked.IsCancellationRequested;

    /// <summary>Something moved.</summary>
    public void Break() => _limit.CancelAfter(_longest);

    public void Dispose()
    {
        _registration.Dispose();
        _limit.Dispose();
    }
}
