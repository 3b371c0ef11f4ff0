using System.Globalization;
using System.Text;
using LiveChat.Core.Chats;
using LiveChat.Core.Identities;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History.Reading;

/// <summary>A chat of a user whose head, own read marker or own settings are later than a moment; whoever left has no
/// marker.</summary>
internal readonly record struct ChangedChat(
    ChatId Chat, long HeadSeq, long HeadN, long ReadSeq, long ReadN, ChatSettings? Settings);

/// <summary>
/// What a user's list of chats shows: the user's rows of a page, and for each chat of it the user's settings and the
/// chat's head, for what the rows do not keep (title, size, the head of a pull chat). The head's roster says then who
/// is a member: the row was read before, and its user may have left since. A page reads what it shows, however many
/// chats the user has. Any thread.
/// </summary>
internal sealed class ChatLists(
    IHistoryStore store,
    IUserStore users,
    IUserSettingsStore settings,
    TimeProvider time,
    Action<UserId, ReadCost> charge)
{
    /// <summary>Heads that one list reads at the same time.</summary>
    private const int ReadsAtOnce = 16;

    /// <summary>Rows that a page of the list looks at: those of hidden chats are passed over.</summary>
    private const int LooksMax = 256;

    private const int RowsPerRead = 100;

    /// <summary>Rows of chats that did not change that are passed over for each that is looked at.</summary>
    private const int PassedPerLook = 8;

    /// <summary>The settings of a chat.</summary>
    private static readonly ReadCost OwnCost = new(1, 0);

    /// <summary>Whether a page could have ended there.</summary>
    public static bool IsCursor(string cursor) => TryParse(cursor, out _);

    /// <summary>
    /// A page of the chats that are not hidden, latest first; the cursor is where the former page ended. A page looks
    /// at <see cref="LooksMax"/> rows at most: it may be shorter than its limit, and still go on.
    /// </summary>
    public async ValueTask<Protocol.Frames.Chats> ReadLatestAsync(
        UserId user, string? cursor, int limit, CancellationToken cancellationToken)
    {
        var behind = TryParse(cursor, out var place) ? place : ChatPlace.Start;
        var (items, bytes) = (new List<ChatSummary>(), 0);
        for (var looks = 0; looks < LooksMax;)
        {
            // One row more than is looked at says whether there is more. Behind hidden chats more are read at once.
            var count = looks == 0 ? limit : Math.Max(limit - items.Count, ReadsAtOnce);
            var placed = await users.ReadChatsByTimeAsync(
                user, ChatOrder.Heads, behind, count + 1, cancellationToken);
            charge(user, ReadCost.UserChat * placed.Count);
            foreach (var part in placed.Take(count).Chunk(ReadsAtOnce))
            {
                var reads = Array.ConvertAll(part, one => ReadItemAsync(user, one.Row, cancellationToken));
                foreach (var (one, (item, state)) in part.Zip(await Task.WhenAll(reads)))
                {
                    (behind, looks) = (one.Place, looks + 1);
                    if (item.Hidden is true || state is { IsDeleted: true }) continue;
                    items.Add(item);
                    if (IsFull(ref bytes, state) || items.Count == limit)
                        return PageOf(items, behind == placed[^1].Place ? null : behind);
                }

                await Task.Yield(); // Others have their turn on this thread between two parts.
            }

            if (placed.Count <= count) return PageOf(items, null);
        }

        return PageOf(items, behind);
    }

    private static Protocol.Frames.Chats PageOf(List<ChatSummary> items, ChatPlace? behind) =>
        new() { Items = items, Next = behind is { } place ? CursorOf(place) : null };

    /// <summary>A page of all chats in the order of their ids, and the id behind which the next one begins.</summary>
    public async ValueTask<(IReadOnlyList<ChatSummary> Items, ChatId? Next)> ReadAllAsync(
        UserId user, ChatId after, int limit, CancellationToken cancellationToken)
    {
        var rows = await users.ReadUserChatsAsync(user, after, limit, cancellationToken);
        charge(user, ReadCost.UserChat * (rows.Count + 1));
        var (items, taken) = await ReadItemsAsync(user, rows, cancellationToken);
        return (items, taken == limit || taken < rows.Count ? rows[taken - 1].Chat : null);
    }

    /// <summary>
    /// The chats that changed at or after a moment, in the order of their ids; null when there are more than can be
    /// named. Looks at most at twice as many rows as can be named, since a pull chat's place is exact to a minute, and
    /// passes over eight times as many that did not change by the chat's own moment.
    /// </summary>
    /// <param name="user">Whose chats.</param>
    /// <param name="lowestMs">The earliest moment of all chats, Unix milliseconds.</param>
    /// <param name="sinceOf">The moment of each chat.</param>
    /// <param name="max">How many can be named.</param>
    /// <param name="cancellationToken">Ends the reads.</param>
    public async ValueTask<IReadOnlyList<ChangedChat>?> ReadChangedSinceAsync(
        UserId user, long lowestMs, Func<ChatId, long> sinceOf, int max, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<ChatId, UserChat>();
        foreach (var order in (ChatOrder[])[ChatOrder.Marks, ChatOrder.Heads])
            if (!await TryAddAsync(rows, user, order, lowestMs, sinceOf, 2 * max, cancellationToken)) return null;
        var own = await settings.ReadSettingsSinceAsync(user, lowestMs, max + 1, cancellationToken);
        charge(user, ReadCost.UserChat * own.Count);
        if (own.Count > max) return null; // What is not among them is not known.
        foreach (var set in own)
            if (set.TimeMs >= sinceOf(set.Chat)
                && !rows.ContainsKey(set.Chat)
                && await users.ReadUserChatAsync(user, set.Chat, cancellationToken) is { } row)
                rows.Add(set.Chat, row);

        var changed = new List<ChangedChat>();
        foreach (var part in rows.Values.OrderBy(static row => row.Chat.Value).Chunk(ReadsAtOnce))
        {
            var reads = Array.ConvertAll(
                part, row => ReadChangedAsync(user, row, sinceOf(row.Chat), cancellationToken));
            changed.AddRange((await Task.WhenAll(reads)).OfType<ChangedChat>());
            if (changed.Count > max) return null;
            await Task.Yield(); // Others have their turn on this thread between two parts.
        }

        return changed;
    }

    /// <summary>The rows of an order that may have changed since; false when there are too many to look at.</summary>
    private async ValueTask<bool> TryAddAsync(
        Dictionary<ChatId, UserChat> rows,
        UserId user,
        ChatOrder order,
        long lowestMs,
        Func<ChatId, long> sinceOf,
        int looksMax,
        CancellationToken cancellationToken)
    {
        // A pull chat that changed within the minute stands at the minute's beginning.
        var fromMs = ChatPlace.TimeOf(pull: order is ChatOrder.Heads, lowestMs);
        var (behind, looks, passed) = (ChatPlace.Start, 0, 0);
        while (true)
        {
            var placed = await users.ReadChatsByTimeAsync(user, order, behind, RowsPerRead, cancellationToken);
            charge(user, ReadCost.UserChat * (placed.Count + 1));
            await Task.Yield(); // Others have their turn on this thread between two parts.
            foreach (var (place, row) in placed)
            {
                if (place.TimeMs < fromMs) return true;
                behind = place;
                var since = sinceOf(row.Chat);
                if (place.TimeMs >= since || (row.Pull && place.TimeMs >= ChatPlace.TimeOf(pull: true, since)))
                {
                    looks++;
                    rows.TryAdd(row.Chat, row);
                }
                else
                {
                    passed++;
                }
            }

            if (placed.Count < RowsPerRead) return true;
            if (looks > looksMax || passed > PassedPerLook * looksMax) return false;
        }
    }

    private async Task<ChangedChat?> ReadChangedAsync(
        UserId user, UserChat row, long timeMs, CancellationToken cancellationToken)
    {
        var state = row.Pull ? await store.ReadHeadAsync(row.Chat, cancellationToken) : null;
        var set = await settings.ReadSettingsAsync(user, row.Chat, cancellationToken);
        charge(user, OwnCost + (row.Pull ? ReadCost.Of(state) : default));
        var head = HeadOf(user, row, state);
        if (Math.Max(head.TimeMs, Math.Max(row.ReadTimeMs, set?.TimeMs ?? 0)) < timeMs) return null;
        var (read, readN) = row.ToSeq is null ? (row.ReadSeq, row.ReadN) : default;
        return new ChangedChat(row.Chat, head.Seq, head.N, read, readN, set);
    }

    /// <summary>The items of the first rows, as many as a page holds, and how many rows that are. A chat that was
    /// deleted is no item.</summary>
    private async ValueTask<(List<ChatSummary> Items, int Rows)> ReadItemsAsync(
        UserId user, IReadOnlyList<UserChat> rows, CancellationToken cancellationToken)
    {
        var items = new List<ChatSummary>(rows.Count);
        var (bytes, taken) = (0, 0);
        foreach (var part in rows.Chunk(ReadsAtOnce))
        {
            var reads = Array.ConvertAll(part, row => ReadItemAsync(user, row, cancellationToken));
            foreach (var (item, state) in await Task.WhenAll(reads))
            {
                taken++;
                if (state is { IsDeleted: true }) continue;
                items.Add(item);
                if (IsFull(ref bytes, state)) return (items, taken);
            }

            await Task.Yield(); // Others have their turn on this thread between two parts.
        }

        return (items, taken);
    }

    private async Task<(ChatSummary Item, ChatState? State)> ReadItemAsync(
        UserId user, UserChat row, CancellationToken cancellationToken)
    {
        var own = await settings.ReadSettingsAsync(user, row.Chat, cancellationToken);
        var state = await store.ReadHeadAsync(row.Chat, cancellationToken);
        charge(user, OwnCost + ReadCost.Of(state));
        return (SummaryOf(user, row, state, own), state);
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

    private static string CursorOf(ChatPlace place) =>
        string.Create(CultureInfo.InvariantCulture, $"{place.TimeMs}.{place.Chat}");

    private static bool TryParse(string? cursor, out ChatPlace place)
    {
        place = default;
        var parts = cursor?.Split('.');
        if (parts is not { Length: 2 }
            || !long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var timeMs)
            || !ulong.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var chat))
            return false;
        place = new ChatPlace(timeMs, chat);
        return true;
    }
}
