using System.Collections.Concurrent;
using LiveChat.Core.History;
using LiveChat.Core.Ids;
using LiveChat.Core.Timing;

namespace LiveChat.Core.Erasures;

/// <summary>
/// Work that was begun durably, and is gone on with after a crash by this node or by another one: a node works at what
/// it began, and takes what no node has touched for two minutes. Two nodes at one do the same. Each is gone through as
/// soon as possible, and once more when nothing can be on its way any more. One loop works, one after the other; any
/// thread notes what this node begins.
/// </summary>
/// <typeparam name="TKey">What the work is about.</typeparam>
/// <typeparam name="TWork">The work as the store keeps it.</typeparam>
/// <param name="readOpenAsync">Some of what is not finished.</param>
/// <param name="look">What a work is about, and when somebody touched it last, Unix milliseconds.</param>
/// <param name="workAsync">One turn, which is told whether it may be the last one.</param>
/// <param name="isAlone">Whether there is no other node that may work at it.</param>
/// <param name="logAway">Hears, once, that the log or the store is away.</param>
/// <param name="time">The clock.</param>
internal sealed class OpenWork<TKey, TWork>(
    Func<CancellationToken, ValueTask<IReadOnlyList<TWork>>> readOpenAsync,
    Func<TWork, (TKey Key, long TouchedMs)> look,
    Func<TWork, bool, CancellationToken, ValueTask<WorkTurn>> workAsync,
    bool isAlone,
    Action<string> logAway,
    TimeProvider time)
    where TKey : notnull
{
    /// <summary>In ticks: how often a node looks for what another one left.</summary>
    private const int LookEvery = 30;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeftAfter = TimeSpan.FromMinutes(2);

    /// <summary>What this node works at: since when, and whether a turn went through all of it.</summary>
    private readonly ConcurrentDictionary<TKey, (long Since, bool WentThrough)> _own = new();
    private int _ticks;
    private bool _isAway;

    /// <summary>This node has begun it.</summary>
    public void Add(TKey key) => _own.TryAdd(key, (time.GetTimestamp(), false));

    public Task RunAsync(CancellationToken stoppingToken) => Loops.EveryAsync(Tick, time, TickAsync, stoppingToken);

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        if (_ticks++ % LookEvery != 0 && _own.IsEmpty) return;
        try
        {
            foreach (var work in await readOpenAsync(cancellationToken)) await TurnAsync(work, cancellationToken);
            _isAway = false;
        }
        catch (Exception away) when (away is HistoryUnavailableException or IdUnavailableException)
        {
            if (!_isAway) logAway(away.Message);
            _isAway = true;
        }
    }

    /// <summary>Behind the turn that went through all only the last one is left, when its time has come.</summary>
    private async ValueTask TurnAsync(TWork work, CancellationToken cancellationToken)
    {
        var (key, touchedMs) = look(work);
        var untouched = time.GetUtcNow().ToUnixTimeMilliseconds() - touchedMs;
        if (isAlone || untouched > (long)LeftAfter.TotalMilliseconds) Add(key);
        if (!_own.TryGetValue(key, out var own)) return;
        var isSettled = time.GetElapsedTime(own.Since) >= ErasureServices.SettlesAfter;
        if (own.WentThrough && !isSettled) return;
        switch (await workAsync(work, isSettled, cancellationToken))
        {
            case WorkTurn.WentThrough:
                _own[key] = own with { WentThrough = true };
                break;
            case WorkTurn.Ended:
                _own.TryRemove(key, out _);
                break;
            default:
                break; // The next tick tries again.
        }
    }
}

/// <summary>What became of a turn at open work.</summary>
internal enum WorkTurn
{
    /// <summary>It could not begin yet.</summary>
    Waits,

    /// <summary>It went through all that there was.</summary>
    WentThrough,

    /// <summary>It was the last one.</summary>
    Ended,
}
