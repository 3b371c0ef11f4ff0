using System.Security.Cryptography;
using LiveChat.Core.History;

namespace LiveChat.Cluster.Store;

/// <summary>
/// Repeats what is decided by a condition until it is known what became of it: a read, then a statement with
/// <c>IF</c>. Changes of one key go one after the other in this process, so that only other processes are in the way.
/// Any thread; each of the turns is one change at a time, and others wait for it.
/// </summary>
internal sealed class Decisions(TimeProvider time) : IDisposable
{
    private const int AttemptsMax = 16;
    private const int FirstPauseMs = 10;
    private const int PauseMsMax = 500;
    private const int DoublingsMax = 6;
    private const int TurnsCount = 1_024;

    private readonly SemaphoreSlim[] _turns =
        [.. Enumerable.Range(0, TurnsCount).Select(static _ => new SemaphoreSlim(1))];

    /// <summary>A value that no other attempt has: it tells whose change a row is of.</summary>
    public static Guid NewVersion() => new(RandomNumberGenerator.GetBytes(16));

    /// <summary>Runs attempts, numbered from 0, until one is decided. Any but the first reads with
    /// <see cref="CassandraSession.ReadDecidedAsync"/>, since the former may have had its effect.</summary>
    /// <param name="key">What the change is about.</param>
    /// <param name="attempt">Returns <see cref="Decided{T}.Again"/> when another process was in the way.</param>
    /// <param name="cancellationToken">Stops the waiting; the outcome is unknown then.</param>
    /// <exception cref="HistoryUnavailableException">Cassandra is away, or does not say what becomes of the change. It
    /// may be repeated.</exception>
    public async ValueTask<T> DecideAsync<T>(
        string key,
        Func<int, CancellationToken, ValueTask<Decided<T>>> attempt,
        CancellationToken cancellationToken)
    {
        var turn = _turns[(uint)key.GetHashCode(StringComparison.Ordinal) % TurnsCount];
        await turn.WaitAsync(cancellationToken);
        try
        {
            for (var number = 0; number < AttemptsMax; number++)
            {
                if (number > 0) await PauseAsync(number, cancellationToken);
                try
                {
                    if (await attempt(number, cancellationToken) is { IsDecided: true } decided) return decided.Value;
                }
                catch (OutcomeUnknownException)
                {
                    // The next attempt reads what became of it.
                }
            }

            throw new HistoryUnavailableException("Cassandra does not say what becomes of a condition.");
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose()
    {
        foreach (var turn in _turns) turn.Dispose();
    }

    private Task PauseAsync(int number, CancellationToken cancellationToken)
    {
        var most = Math.Min(PauseMsMax, FirstPauseMs << Math.Min(number, DoublingsMax));
        return Task.Delay(
            TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, most + 1)), time, cancellationToken);
    }
}

/// <summary>What an attempt found out.</summary>
/// <param name="IsDecided">Whether it is over.</param>
/// <param name="Value">The outcome.</param>
internal readonly record struct Decided<T>(bool IsDecided, T Value)
{
    /// <summary>Another one was in the way: try again.</summary>
    public static readonly Decided<T> Again = new(false, default!);

    public static Decided<T> As(T value) => new(true, value);
}
