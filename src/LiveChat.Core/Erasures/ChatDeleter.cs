using System.Collections.Concurrent;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Core.Ids;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Sessions;
using LiveChat.Core.Timing;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Erasures;

/// <summary>
/// Deletes chats for good. The deletion is one record: with it the chat has no members, and the log takes nothing more
/// of it. History begins with its event what is done here then, after a crash by this node or by another one: what
/// the chat had is removed once, and again when nothing can be on its way any more. Each step may be repeated, and two
/// nodes at one chat do the same. One loop works, one chat after the other; any thread begins and asks.
/// </summary>
/// <param name="services">What deletions work with.</param>
/// <param name="isAlone">Whether there is no other node that may work at a deletion.</param>
/// <param name="logger">Hears of ends and waits.</param>
internal sealed partial class ChatDeleter(ErasureServices services, bool isAlone, ILogger<ChatDeleter> logger)
{
    /// <summary>A mark or a setting on its way is stored by then.</summary>
    public static readonly TimeSpan SettlesAfter = UserErasure.SettlesAfter;

    private const int OpenMax = 10_000;
    private const int UsersPerRead = 100;
    private const int AttemptsMax = 30;

    /// <summary>In ticks: how often a node looks for deletions that another one left.</summary>
    private const int LookEvery = 30;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LeftAfter = TimeSpan.FromMinutes(2);

    /// <summary>The members changed between the look and the record: the next look is ahead of that.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The deletions of this node; true once the chat was purged for the first time.</summary>
    private readonly ConcurrentDictionary<ChatId, bool> _own = new();
    private int _ticks;
    private bool _isAway;

    public Task RunAsync(CancellationToken stoppingToken) =>
        Loops.EveryAsync(Tick, services.Time, TickAsync, stoppingToken);

    /// <summary>Deletes the chat; a repetition finds the deletion that there is. A problem says that there is no such
    /// chat, or that it may be tried again.</summary>
    /// <exception cref="HistoryUnavailableException">The store is away.</exception>
    public async ValueTask<(ChatDeletion? Deletion, Problem? Problem)> DeleteAsync(
        ChatId chat, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var state = await services.Sessions.Owner.Chats.StateAsync(chat, cancellationToken);
            if (state is null) return (null, Problems.Of(ErrorCode.NotFound));
            if (state.IsDeleted) return await FindAsync(state, cancellationToken);
            var answer = await SingleRequest.EraseAsync(
                services.Sessions, ErasureRecords.DeleteChat(state), cancellationToken);
            if (answer is ErrorFrame { Problem: var problem }
                && (problem.Code is not (ErrorCode.Conflict or ErrorCode.NotFound) || attempt == AttemptsMax))
                return (null, problem);

            // Deleted by this or by another one, or the members are others now: the next look says it.
            if (answer is Ack) _own.TryAdd(chat, false);
            else await Task.Delay(Pause, services.Time, cancellationToken);
        }
    }

    /// <summary>The deletion of the chat; null when it was not deleted.</summary>
    /// <exception cref="HistoryUnavailableException">The store is away.</exception>
    public ValueTask<ChatDeletion?> ReadAsync(ChatId chat, CancellationToken cancellationToken) =>
        services.Deletions.ReadAsync(chat, cancellationToken);

    /// <summary>The caller is answered once history has it, so that a crash leaves it to be gone on with.</summary>
    private async ValueTask<(ChatDeletion?, Problem?)> FindAsync(ChatState state, CancellationToken cancellationToken)
    {
        await services.Looks.WaitAsync(state.Chat, state.Seq, History.Barrier.Patience, cancellationToken);
        return await services.Deletions.ReadAsync(state.Chat, cancellationToken) is { } deletion
            ? (deletion, null)
            : (null, Problems.Of(ErrorCode.Unavailable, "History is behind."));
    }

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        if (_ticks++ % LookEvery != 0 && _own.IsEmpty) return;
        try
        {
            foreach (var deletion in await services.Deletions.ReadOpenAsync(OpenMax, cancellationToken))
                if (IsDue(deletion)) await WorkAsync(deletion, cancellationToken);
            _isAway = false;
        }
        catch (Exception away) when (away is HistoryUnavailableException or IdUnavailableException)
        {
            if (!_isAway) LogAway(away.Message);
            _isAway = true;
        }
    }

    private bool IsDue(ChatDeletion deletion)
    {
        if (isAlone || services.NowMs - deletion.DeletedMs > (long)LeftAfter.TotalMilliseconds)
            _own.TryAdd(deletion.Chat, false);
        return _own.TryGetValue(deletion.Chat, out var isPurged) && (!isPurged || IsSettled(deletion));
    }

    private bool IsSettled(ChatDeletion deletion) =>
        services.NowMs >= deletion.DeletedMs + (long)SettlesAfter.TotalMilliseconds;

    private async ValueTask WorkAsync(ChatDeletion deletion, CancellationToken cancellationToken)
    {
        var isLast = IsSettled(deletion);

        // A store may show the beginning of a deletion before the head.
        if (await services.History.ReadHeadAsync(deletion.Chat, cancellationToken) is not { IsDeleted: true } head)
            return;
        await TakeBackSettingsAsync(deletion.Chat, cancellationToken);
        await services.Deletions.PurgeAsync(head, cancellationToken);
        _own[deletion.Chat] = true;
        if (!isLast) return;
        await services.Deletions.FinishAsync(deletion with { FinishedMs = services.NowMs }, cancellationToken);
        _own.TryRemove(deletion.Chat, out _);
        LogDeleted(head.N);
    }

    /// <summary>A chat that is pinned counts, and nobody could take that back any more.</summary>
    private async ValueTask TakeBackSettingsAsync(ChatId chat, CancellationToken cancellationToken)
    {
        var none = new ChatSettingsChange(MutedUntilMs: 0, IsPinned: false, ChatSettings.Shown);
        var settings = services.Sessions.Identities.Settings;
        for (var after = default(UserId); ;)
        {
            var users = await services.Deletions.ReadUsersAsync(chat, after, UsersPerRead, cancellationToken);
            foreach (var user in users)
                if (await settings.ReadSettingsAsync(user, chat, cancellationToken) is
                    { IsPinned: true } or { MutedUntilMs: > 0 } or { HiddenN: not ChatSettings.Shown })
                    await settings.ChangeSettingsAsync(user, chat, none, services.NowMs, cancellationToken);
            if (users.Count < UsersPerRead) return;
            after = users[^1];
        }
    }

    [LoggerMessage(7062, LogLevel.Information, "A chat was deleted, with {Messages} messages.")]
    private partial void LogDeleted(long messages);

    [LoggerMessage(7063, LogLevel.Warning, "The deletion of a chat waits, and goes on by itself: {Reason}")]
    private partial void LogAway(string reason);
}
