using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Erasures;

/// <summary>
/// Deletes chats for good. The deletion is one record: with it the chat has no members, and the log takes nothing more
/// of it. History begins with its event what is done here then, as <see cref="OpenWork{TKey, TWork}"/>: what the chat
/// had is removed once, and again when nothing can be on its way any more. Any thread begins and asks.
/// </summary>
internal sealed partial class ChatDeleter
{
    private const int OpenMax = 10_000;
    private const int UsersPerRead = 100;
    private const int AttemptsMax = 30;

    /// <summary>The members changed between the look and the record: the next look is ahead of that.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ErasureServices _services;
    private readonly ILogger<ChatDeleter> _logger;
    private readonly OpenWork<ChatId, ChatDeletion> _open;

    /// <param name="services">What deletions work with.</param>
    /// <param name="isAlone">Whether there is no other node that may work at a deletion.</param>
    /// <param name="logger">Hears of ends and waits.</param>
    public ChatDeleter(ErasureServices services, bool isAlone, ILogger<ChatDeleter> logger)
    {
        (_services, _logger) = (services, logger);
        _open = new OpenWork<ChatId, ChatDeletion>(
            token => services.Deletions.ReadOpenAsync(OpenMax, token),
            static deletion => (deletion.Chat, deletion.DeletedMs),
            WorkAsync,
            isAlone,
            LogAway,
            services.Time);
    }

    public Task RunAsync(CancellationToken stoppingToken) => _open.RunAsync(stoppingToken);

    /// <summary>Deletes the chat; a repetition finds the deletion that there is. A problem says that there is no such
    /// chat, or that it may be tried again.</summary>
    /// <exception cref="HistoryUnavailableException">The store is away.</exception>
    public async ValueTask<(ChatDeletion? Deletion, Problem? Problem)> DeleteAsync(
        ChatId chat, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var state = await _services.Sessions.Owner.Chats.StateAsync(chat, cancellationToken);
            if (state is null) return (null, Problems.Of(ErrorCode.NotFound));
            if (state.IsDeleted) return await FindAsync(state, cancellationToken);
            var answer = await SingleRequest.EraseAsync(
                _services.Sessions, ErasureRecords.DeleteChat(state), cancellationToken);
            if (answer is ErrorFrame { Problem: var problem }
                && (problem.Code is not (ErrorCode.Conflict or ErrorCode.NotFound) || attempt == AttemptsMax))
                return (null, problem);

            // Deleted by this or by another one, or the members are others now: the next look says it.
            if (answer is Ack) _open.Add(chat);
            else await Task.Delay(Pause, _services.Time, cancellationToken);
        }
    }

    /// <summary>The deletion of the chat; null when it was not deleted.</summary>
    /// <exception cref="HistoryUnavailableException">The store is away.</exception>
    public ValueTask<ChatDeletion?> ReadAsync(ChatId chat, CancellationToken cancellationToken) =>
        _services.Deletions.ReadAsync(chat, cancellationToken);

    /// <summary>The caller is answered once history has it, so that a crash leaves it to be gone on with.</summary>
    private async ValueTask<(ChatDeletion?, Problem?)> FindAsync(ChatState state, CancellationToken cancellationToken)
    {
        await _services.Looks.WaitAsync(state.Chat, state.Seq, History.Barrier.Patience, cancellationToken);
        return await _services.Deletions.ReadAsync(state.Chat, cancellationToken) is { } deletion
            ? (deletion, null)
            : (null, Problems.Of(ErrorCode.Unavailable, "History is behind."));
    }

    private async ValueTask<WorkTurn> WorkAsync(
        ChatDeletion deletion, bool isSettled, CancellationToken cancellationToken)
    {
        // A store may show the beginning of a deletion before the head.
        if (await _services.History.ReadHeadAsync(deletion.Chat, cancellationToken) is not { IsDeleted: true } head)
            return WorkTurn.Waits;
        await TakeBackSettingsAsync(deletion.Chat, cancellationToken);
        await _services.Deletions.PurgeAsync(head, cancellationToken);
        if (!isSettled) return WorkTurn.WentThrough;
        await _services.Deletions.FinishAsync(deletion with { FinishedMs = _services.NowMs }, cancellationToken);
        LogDeleted(head.N);
        return WorkTurn.Ended;
    }

    /// <summary>A chat that is pinned counts, and nobody could take that back any more.</summary>
    private async ValueTask TakeBackSettingsAsync(ChatId chat, CancellationToken cancellationToken)
    {
        var none = new ChatSettingsChange(MutedUntilMs: 0, IsPinned: false, ChatSettings.Shown);
        var settings = _services.Sessions.Identities.Settings;
        for (var after = default(UserId); ;)
        {
            var users = await _services.Deletions.ReadUsersAsync(chat, after, UsersPerRead, cancellationToken);
            foreach (var user in users)
                if (await settings.ReadSettingsAsync(user, chat, cancellationToken) is
                    { IsPinned: true } or { MutedUntilMs: > 0 } or { HiddenN: not ChatSettings.Shown })
                    await settings.ChangeSettingsAsync(user, chat, none, _services.NowMs, cancellationToken);
            if (users.Count < UsersPerRead) return;
            after = users[^1];
        }
    }

    [LoggerMessage(7062, LogLevel.Information, "A chat was deleted, with {Messages} messages.")]
    private partial void LogDeleted(long messages);

    [LoggerMessage(7063, LogLevel.Warning, "The deletion of a chat waits, and goes on by itself: {Reason}")]
    private partial void LogAway(string reason);
}
