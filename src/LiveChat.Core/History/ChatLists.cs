using System.Globalization;
using System.Text;
using LiveChat.Core.Identities;
using LiveChat.Core.Sequencing;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>A chat of a user whose head, own read marker or own settings are later than a moment; whoever left has no
/// marker.</summary>
internal readonly record struct ChangedChat(
    ChatId Chat, long HeadSeq, long HeadN, long ReadSeq, long ReadN, ChatSettings? Settings);

/// <summary>
/// What a user's list of chats shows: one read of the user's rows, one of the user's settings, and for what they do not
/// keep (title, size, the head of a pull chat) one of the chat's head, whose roster says then who is a member: the row
/// was read before, and its user may have left since. Any thread.
/// </summary>
internal sealed class ChatLists(
    IHistoryStore store, IUserStore users, IUserSettingsStore settings, TimeProvider time)
{
    private const int RowsPerRead = 500;

    /// <summary>Whether a page could have ended there.</summary>
    public static bool IsCursor(string cursor) => TryParse(cursor, out _, out _);

    /// <summary>
    /// A page of the chats that are not hidden, latest head first; the cursor is where the former page ended. All rows
    /// are looked at, and as many are kept as the page holds, however many chats the user has.
    /// </summary>
    public async ValueTask<Chats> ReadLatestAsync(
        UserId user, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var before = TryParse(cursor, out var time, out var chat) ? (time, chat) : (long.MaxValue, ulong.MaxValue);
        var latest = new PriorityQueue<(UserChat Row, ChatState? State), (long TimeMs, ulong Chat)>(limit + 2);
        var own = await ReadSettingsAsync(user, cancellationToken);
        await foreach (var row in RowsAsync(user, cancellationToken))
        {
            // A hidden chat is read whole: whether it waits for the user's answer stands in its head.
            var set = own.GetValueOrDefault(row.Chat);
            var isRead = row.Pull || set is { HiddenN: not ChatSettings.Shown };
            var state = isRead ? await store.ReadHeadAsync(row.Chat, cancellationToken) : null;
            if (IsHidden(user, row, state, set)) continue;
            var place = (HeadOf(user, row, state).TimeMs, row.Chat.Value);
            if (place.CompareTo(before) >= 0) continue;
            if (latest.Count <= limit) latest.Enqueue((row, state), place);
            else latest.EnqueueDequeue((row, state), place);
        }

        // The last one of all kept is that of the next page.
        var rest = new (UserChat Row, ChatState? State, (long TimeMs, ulong Chat) Place)[latest.Count];
        for (var i = rest.Length - 1; latest.TryDequeue(out var entry, out var place); i--)
            rest[i] = (entry.Row, entry.State, place);
        var items = new List<ChatSummary>();
        var bytes = 0;
        foreach (var (row, known, _) in rest.Take(limit))
        {
            var state = known ?? await store.ReadHeadAsync(row.Chat, cancellationToken);
            items.Add(SummaryOf(user, row, state, own.GetValueOrDefault(row.Chat)));
            if (IsFull(ref bytes, state)) break;
        }

        var next = rest.Length > items.Count ? CursorOf(rest[items.Count - 1].Place) : null;
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
            var head = HeadOf(user, row, state);
            if (Math.Max(head.TimeMs, Math.Max(row.ReadTimeMs, set?.TimeMs ?? 0)) < timeMs) continue;
            if (changed.Count == max) return null;
            var (read, readN) = row.ToSeq is null ? (row.ReadSeq, row.ReadN) : default;
            changed.Add(new ChangedChat(row.Chat, head.Seq, head.N, read, readN, set));
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

    private static bool IsMember(UserId user, UserChat row, ChatState? state) =>
        row.ToSeq is null && state?.Roster.Contains(user) == true;

    /// <summary>Whether the user keeps the chat off the list.</summary>
    private static bool IsHidden(UserId user, UserChat row, ChatState? state, ChatSettings? own) =>
        own?.Hides(HeadOf(user, row, state).N, state?.Awaits == user) is true;

    /// <summary>The head that the user sees: of a pull chat it is the chat's own while the user is a member.</summary>
    private static (long Seq, long N, long TimeMs) HeadOf(UserId user, UserChat row, ChatState? state) =>
        row.Pull && IsMember(user, row, state)
            ? (state!.Seq, state.N, state.TimeMs)
            : (row.HeadSeq, row.HeadN, row.HeadTimeMs);

    /// <summary>A former member sees the head of then and nothing of what the chat has become. Nothing is unread:
    /// a mark could not clear it.</summary>
    private ChatSummary SummaryOf(UserId user, UserChat row, ChatState? state, ChatSettings? own)
    {
        var isMember = IsMember(user, row, state);
        var (seq, n, timeMs) = HeadOf(user, row, state);
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
            Unread = isMember ? Math.Max(0, n - row.ReadN) : 0,
            MutedUntil = own?.MutedUntilAt(time.GetUtcNow()),
            Pinned = own?.IsPinned ?? false,
            Hidden = IsHidden(user, row, state, own) ? true : null,
            Awaits = isMember ? state!.Awaits?.Value : null,
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

    private static string CursorOf((long TimeMs, ulong Chat) place) =>
        string.Create(CultureInfo.InvariantCulture, $"{place.TimeMs}.{place.Chat}");

    private static bool TryParse(string? cursor, out long timeMs, out ulong chat)
    {
        (timeMs, chat) = (0, 0);
        var parts = cursor?.Split('.');
        return parts is { Length: 2 }
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out timeMs)
            && ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out chat);
    }
}
