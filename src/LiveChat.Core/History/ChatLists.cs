using System.Globalization;
using System.Text;
using LiveChat.Core.Identities;
using LiveChat.Core.Sequencing;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>A chat of a user whose head, own read marker or own settings are later than a moment.</summary>
internal readonly record struct ChangedChat(ChatId Chat, long HeadSeq, long HeadN, ChatSettings? Settings);

/// <summary>
/// What a user's list of chats shows: one read of the user's rows, one of the user's settings, and for what they do not
/// keep (title, size, the head of a pull chat) one of the chat's head. Any thread.
/// </summary>
internal sealed class ChatLists(IHistoryStore store, IUserStore users, IUserSettingsStore settings)
{
    private const int RowsPerRead = 500;

    /// <summary>More chats than that of one user are not listed by time.</summary>
    private const int ChatsMax = 10_000;

    /// <summary>Whether a page could have ended there.</summary>
    public static bool IsCursor(string cursor) => TryParse(cursor, out _, out _);

    /// <summary>A page of the chats, latest head first; the cursor is where the former page ended.</summary>
    public async ValueTask<Chats> ReadLatestAsync(
        UserId user, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var heads = new List<(UserChat Row, ChatState? State)>();
        await foreach (var row in RowsAsync(user, cancellationToken))
        {
            if (heads.Count == ChatsMax) break;
            heads.Add((row, row.Pull ? await store.ReadHeadAsync(row.Chat, cancellationToken) : null));
        }

        var ordered = heads
            .OrderByDescending(static entry => TimeOf(entry.Row, entry.State))
            .ThenByDescending(static entry => entry.Row.Chat.Value);
        var rest = (TryParse(cursor, out var time, out var chat)
            ? ordered.Where(entry => TimeOf(entry.Row, entry.State) is var at
                && (at < time || (at == time && entry.Row.Chat.Value < chat)))
            : ordered).Take(limit + 1).ToArray();
        var own = await ReadSettingsAsync(user, cancellationToken);
        var items = new List<ChatSummary>();
        var bytes = 0;
        foreach (var (row, known) in rest.Take(limit))
        {
            var state = known ?? await store.ReadHeadAsync(row.Chat, cancellationToken);
            items.Add(SummaryOf(user, row, state, own.GetValueOrDefault(row.Chat)));
            if (IsFull(ref bytes, state)) break;
        }

        var last = rest.ElementAtOrDefault(items.Count - 1);
        var next = rest.Length > items.Count
            ? string.Create(CultureInfo.InvariantCulture, $"{TimeOf(last.Row, last.State)}.{last.Row.Chat.Value}")
            : null;
        return new Chats { Items = items, Next = next };
    }

    /// <summary>A page of all chats in the order of their ids, and the id behind which the next one begins.</summary>
    public async ValueTask<(IReadOnlyList<ChatSummary> Items, ChatId? Next)> ReadAllAsync(
        UserId user, ChatId after, int limit, CancellationToken cancellationToken)
    {
        var rows = await users.ReadUserChatsAsync(user, after, limit, cancellationToken);
        var own = await ReadSettingsAsync(user, cancellationToken);
        var items = new List<ChatSummary>(rows.Count);
        var bytes = 0;
        foreach (var row in rows)
        {
            var state = await store.ReadHeadAsync(row.Chat, cancellationToken);
            items.Add(SummaryOf(user, row, state, own.GetValueOrDefault(row.Chat)));
            if (IsFull(ref bytes, state)) break;
        }

        return (items, items.Count == limit || items.Count < rows.Count ? rows[items.Count - 1].Chat : null);
    }

    /// <summary>The chats that changed at or after a moment; null when there are more than can be named.</summary>
    public async ValueTask<IReadOnlyList<ChangedChat>?> ReadChangedSinceAsync(
        UserId user, long timeMs, int max, CancellationToken cancellationToken)
    {
        var own = await ReadSettingsAsync(user, cancellationToken);
        var changed = new List<ChangedChat>();
        await foreach (var row in RowsAsync(user, cancellationToken))
        {
            var state = row.Pull ? await store.ReadHeadAsync(row.Chat, cancellationToken) : null;
            var set = own.GetValueOrDefault(row.Chat);
            if (Math.Max(TimeOf(row, state), Math.Max(row.ReadTimeMs, set?.TimeMs ?? 0)) < timeMs) continue;
            if (changed.Count == max) return null;
            changed.Add(new ChangedChat(row.Chat, state?.Seq ?? row.HeadSeq, state?.N ?? row.HeadN, set));
        }

        return changed;
    }

    private async ValueTask<Dictionary<ChatId, ChatSettings>> ReadSettingsAsync(
        UserId user, CancellationToken cancellationToken)
    {
        var own = new Dictionary<ChatId, ChatSettings>();
        await foreach (var one in settings.ReadAllAsync(user, cancellationToken)) own[one.Chat] = one;
        return own;
    }

    private async IAsyncEnumerable<UserChat> RowsAsync(
        UserId user,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = default(ChatId);
        while (true)
        {
            var rows = await users.ReadUserChatsAsync(user, after, RowsPerRead, cancellationToken);
            foreach (var row in rows)
                yield return row;
            if (rows.Count < RowsPerRead) yield break;
            after = rows[^1].Chat;
        }
    }

    /// <summary>A page of chats ends as one of events does; all but the custom data is small.</summary>
    private static bool IsFull(ref int bytes, ChatState? state)
    {
        bytes += Encoding.UTF8.GetByteCount(state?.Custom ?? "");
        return bytes >= Limits.PageBytesMax;
    }

    private static long TimeOf(UserChat row, ChatState? state) => state?.TimeMs ?? row.HeadTimeMs;

    /// <summary>Who left sees the head of then, and nothing of what the chat has become.</summary>
    private static ChatSummary SummaryOf(UserId user, UserChat row, ChatState? state, ChatSettings? own)
    {
        var isMember = row.ToSeq is null && state is not null;
        var (seq, n, timeMs) = isMember && row.Pull
            ? (state!.Seq, state.N, state.TimeMs)
            : (row.HeadSeq, row.HeadN, row.HeadTimeMs);
        return new ChatSummary
        {
            Chat = row.Chat.ToString(),
            Kind = state?.Direct == true ? ChatKinds.Direct : ChatKinds.Group,
            Title = isMember && state!.Title.Length > 0 ? state.Title : null,
            Custom = isMember ? EventFrames.CustomOf(state!.Custom) : null,
            With = isMember && state!.Direct ? OtherOf(state.Roster, user) : null,
            Members = isMember ? state!.Roster.Count : 0,
            HeadSeq = seq,
            HeadN = n,
            HeadTime = DateTimeOffset.FromUnixTimeMilliseconds(timeMs),
            ReadSeq = row.ReadSeq,
            Unread = Math.Max(0, n - row.ReadN),
            MutedUntil = own?.MutedUntil,
            Pinned = own?.IsPinned ?? false,
            Stay = new Stay(row.FromSeq, row.ToSeq),
        };
    }

    private static string? OtherOf(Roster roster, UserId user)
    {
        foreach (var member in roster.Members)
            if (member.User != user)
                return member.User.Value;
        return null;
    }

    private static bool TryParse(string? cursor, out long timeMs, out ulong chat)
    {
        (timeMs, chat) = (0, 0);
        var parts = cursor?.Split('.');
        return parts is { Length: 2 }
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out timeMs)
            && ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out chat);
    }
}
