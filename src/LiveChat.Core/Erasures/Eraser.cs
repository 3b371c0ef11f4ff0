using LiveChat.Core.History;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Erasures;

/// <summary>
/// Erases users for good; what was begun is <see cref="OpenWork{TKey, TWork}"/>. Two nodes at one erasure write the
/// same records. Any thread begins and asks.
/// </summary>
internal sealed partial class Eraser
{
    private const int OpenMax = 100;

    private readonly ErasureServices _services;
    private readonly ILogger<Eraser> _logger;
    private readonly OpenWork<UserId, Erasure> _open;

    /// <param name="services">What erasures work with.</param>
    /// <param name="isAlone">Whether there is no other node that may work at an erasure.</param>
    /// <param name="logger">Hears of beginnings, ends and waits.</param>
    public Eraser(ErasureServices services, bool isAlone, ILogger<Eraser> logger)
    {
        (_services, _logger) = (services, logger);
        _open = new OpenWork<UserId, Erasure>(
            token => services.Store.ReadOpenAsync(OpenMax, token),
            static erasure => (erasure.User, erasure.TouchedMs),
            WorkAsync,
            isAlone,
            LogAway,
            services.Time);
    }

    public Task RunAsync(CancellationToken stoppingToken) => _open.RunAsync(stoppingToken);

    /// <summary>Begins the erasure of the user; returns the one that was begun before, if there is one.</summary>
    /// <exception cref="HistoryUnavailableException">The store is away.</exception>
    public async ValueTask<Erasure> BeginAsync(UserId user, CancellationToken cancellationToken)
    {
        var erasure = await _services.Store.BeginAsync(user, _services.NowMs, cancellationToken);
        if (erasure.FinishedMs == 0) _open.Add(user);
        return erasure;
    }

    /// <summary>The erasure of the user; null when none was begun.</summary>
    /// <exception cref="HistoryUnavailableException">The store is away.</exception>
    public async ValueTask<Erasure?> ReadAsync(UserId user, CancellationToken cancellationToken) =>
        await _services.Store.ReadAsync([user], cancellationToken) is [var erasure] ? erasure : null;

    private async ValueTask<WorkTurn> WorkAsync(
        Erasure erasure, bool isSettled, CancellationToken cancellationToken)
    {
        if (erasure.FinishedMs == 0)
            erasure = await new UserErasure(_services, erasure).RunAsync(isSettled, cancellationToken);
        else
            await _services.Store.SaveAsync(erasure, cancellationToken); // Its end was cut off.
        if (erasure.FinishedMs == 0) return WorkTurn.WentThrough;
        LogErased(erasure.Chats, erasure.Messages, erasure.Reactions);
        return WorkTurn.Ended;
    }

    [LoggerMessage(7060, LogLevel.Information,
        "A user was erased from {Chats} chats: {Messages} messages, {Reactions} reactions.")]
    private partial void LogErased(long chats, long messages, long reactions);

    [LoggerMessage(7061, LogLevel.Warning, "An erasure waits, and goes on by itself: {Reason}")]
    private partial void LogAway(string reason);
}
