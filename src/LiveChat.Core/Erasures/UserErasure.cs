using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Erasures;

/// <summary>
/// One turn at the erasure of a user: the user is shut out, then everything that is in the log comes into history, then
/// each chat in the user's list is done. A chat that is done is in the list no more, so a turn that is repeated goes on
/// where the former one ended. Belongs to one turn of the eraser.
/// </summary>
internal sealed class UserErasure(ErasureServices services, Erasure erasure)
{
    private static readonly TimeSpan TouchEvery = TimeSpan.FromSeconds(30);
    private const int ChatsPerRead = 100;

    private Erasure _erasure = erasure;

    /// <param name="isSettled">Whether nothing of the user can be on its way any more: then the turn may be the last
    /// one.</param>
    /// <param name="cancellationToken">Ends the turn; all of it may be repeated.</param>
    /// <returns>The erasure as it is now. It is finished when nothing of the user is left.</returns>
    /// <exception cref="HistoryUnavailableException">The log or a store is away: all of it may be repeated.</exception>
    public async ValueTask<Erasure> RunAsync(bool isSettled, CancellationToken cancellationToken)
    {
        await services.Revocations.ChangeUserAsync(_erasure.User, ShutOut(), cancellationToken);
        await SaveAsync(_erasure, cancellationToken);
        await PassBarrierAsync(cancellationToken);
        if (!await EraseChatsAsync(cancellationToken) || !isSettled) return _erasure;
        await services.Store.ForgetUserAsync(_erasure.User, cancellationToken);
        await SaveAsync(_erasure with { FinishedMs = services.NowMs }, cancellationToken);
        return _erasure;
    }

    private UserChange ShutOut() => new()
    {
        Name = "",
        Custom = "",
        IsDisabled = true,
        IsHidden = true,
        RevokedBeforeMs = _erasure.StartedMs,
    };

    private async ValueTask PassBarrierAsync(CancellationToken cancellationToken)
    {
        var leftOut = await services.LeftOutAsync(cancellationToken)
            ?? throw new HistoryUnavailableException("History is behind the log.");
        if (leftOut.Count > 0)
            throw new HistoryUnavailableException($"Part {leftOut.Min()} of the log has stopped.");
    }

    private async ValueTask<bool> EraseChatsAsync(CancellationToken cancellationToken)
    {
        var (isWhole, after) = (true, default(ChatId));
        while (true)
        {
            var rows = await services.Sessions.Users.ReadUserChatsAsync(
                _erasure.User, after, ChatsPerRead, cancellationToken);
            if (rows.Count == 0) return isWhole;
            foreach (var row in rows) isWhole &= await EraseAsync(row.Chat, cancellationToken);
            after = rows[^1].Chat;
        }
    }

    private async ValueTask<bool> EraseAsync(ChatId chat, CancellationToken cancellationToken)
    {
        var work = new ChatErasure(services, _erasure, chat, TouchAsync);
        var isDone = await work.RunAsync(cancellationToken);
        await SaveAsync(
            _erasure with
            {
                Chats = _erasure.Chats + (isDone ? 1 : 0),
                Messages = _erasure.Messages + work.Messages,
                Reactions = _erasure.Reactions + work.Reactions,
            },
            cancellationToken);
        return isDone;
    }

    private ValueTask TouchAsync(CancellationToken cancellationToken) =>
        services.NowMs - _erasure.TouchedMs < (long)TouchEvery.TotalMilliseconds
            ? ValueTask.CompletedTask
            : SaveAsync(_erasure, cancellationToken);

    private async ValueTask SaveAsync(Erasure erasure, CancellationToken cancellationToken)
    {
        _erasure = erasure with { TouchedMs = Math.Max(services.NowMs, erasure.TouchedMs + 1) };
        await services.Store.SaveAsync(_erasure, cancellationToken);
    }
}
