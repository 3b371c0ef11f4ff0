using System.Collections.Concurrent;
using LiveChat.Core.History;
using LiveChat.Core.Ids;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Erasures;

/// <summary>
/// Erases users for good. What was begun is durable, and is gone on with after a crash by this node or by another one:
/// a node works at the erasures that it began, and takes those at which no node has worked for two minutes. Two nodes
/// at one erasure write the same records. One loop works, one erasure after the other; any thread begins and asks.
/// </summary>
/// <param name="services">What erasures work with.</param>
/// <param name="isAlone">Whether there is no other node that may work at an erasure.</param>
/// <param name="logger">Hears of beginnings, ends and waits.</param>
internal sealed partial class Eraser(ErasureServices services, bool isAlone, ILogger<Eraser> logger)
{
    private const int OpenMax = 100;

    /// <summary>In ticks: how often a node looks for erasures that another one left.</summary>
    private const int LookEvery = 30;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeftAfter = TimeSpan.FromMinutes(2);

    /// <summary>The erasures of this node; true once a turn went through all chats.</summary>
    private readonly ConcurrentDictionary<UserId, bool> _own = new();
    private int _ticks;
    private bool _isAway;

    public Task RunAsync(CancellationToken stoppingToken) =>
        Loops.EveryAsync(Tick, services.Time, TickAsync, stoppingToken);

    /// <summary>Begins the erasure of the user; returns the one that was begun before, if there is one.</summary>
    /// <exception cref="HistoryUnavailableException">The store is away.</exception>
    public async ValueTask<Erasure> BeginAsync(UserId user, CancellationToken cancellationToken)
    {
        var erasure = await services.Store.BeginAsync(user, services.NowMs, cancellationToken);
        if (erasure.FinishedMs == 0) _own.TryAdd(user, false);
        return erasure;
    }

    /// <summary>The erasure of the user; null when none was begun.</summary>
    /// <exception cref="HistoryUnavailableException">The store is away.</exception>
    public ValueTask<Erasure?> ReadAsync(UserId user, CancellationToken cancellationToken) =>
        services.Store.ReadAsync(user, cancellationToken);

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        if (_ticks++ % LookEvery != 0 && _own.IsEmpty) return;
        try
        {
            foreach (var erasure in await services.Store.ReadOpenAsync(OpenMax, cancellationToken))
                if (IsDue(erasure)) await WorkAsync(erasure, cancellationToken);
            _isAway = false;
        }
        catch (Exception away) when (away is HistoryUnavailableException or IdUnavailableException)
        {
            if (!_isAway) LogAway(away.Message);
            _isAway = true;
        }
    }

    /// <summary>Behind the turn that went through all chats only the last one is left, when its time has come.
    /// </summary>
    private bool IsDue(Erasure erasure)
    {
        var isLeft = isAlone || services.NowMs - erasure.TouchedMs > (long)LeftAfter.TotalMilliseconds;
        if (isLeft) _own.TryAdd(erasure.User, false);
        return _own.TryGetValue(erasure.User, out var wentThrough)
            && (!wentThrough || UserErasure.IsSettled(erasure, services.NowMs));
    }

    private async ValueTask WorkAsync(Erasure erasure, CancellationToken cancellationToken)
    {
        if (erasure.FinishedMs == 0)
            erasure = await new UserErasure(services, erasure).RunAsync(cancellationToken);
        else
            await services.Store.SaveAsync(erasure, cancellationToken); // Its end was cut off.
        if (erasure.FinishedMs == 0)
        {
            _own[erasure.User] = true;
            return;
        }

        _own.TryRemove(erasure.User, out _);
        LogErased(erasure.Chats, erasure.Messages, erasure.Reactions);
    }

    [LoggerMessage(7060, LogLevel.Information,
        "A user was erased from {Chats} chats: {Messages} messages, {Reactions} reactions.")]
    private partial void LogErased(long chats, long messages, long reactions);

    [LoggerMessage(7061, LogLevel.Warning, "An erasure waits, and goes on by itself: {Reason}")]
    private partial void LogAway(string reason);
}
