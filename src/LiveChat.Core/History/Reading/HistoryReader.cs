using LiveChat.Core.Chats;
using LiveChat.Core.Identities;
using LiveChat.Core.Log;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History.Reading;

/// <summary>
/// Reads of a chat for a user: whether the user has anything to do with it, then the head, then the membership as it is
/// behind that head, then the events at or below it; what the tail cache holds above it comes on top. Whether the chat
/// exists or the user is no member of it cannot be told apart, neither by the answer nor by what is read and decoded.
/// Any thread.
/// </summary>
/// <param name="store">The chats' side of history.</param>
/// <param name="users">The users' side.</param>
/// <param name="settings">What users set for their chats.</param>
/// <param name="tails">What was handed over lately.</param>
/// <param name="isMember">Whether delivery, which is ahead of history, has the user in the chat's roster.</param>
/// <param name="looks">Waits for history, for all of the node.</param>
/// <param name="time">The clock.</param>
/// <param name="charge">Hears what a user's reads cost.</param>
internal sealed class HistoryReader(
    IHistoryStore store,
    IUserStore users,
    IUserSettingsStore settings,
    TailCache tails,
    Func<ChatId, UserId, bool> isMember,
    HeadLooks looks,
    TimeProvider time,
    Action<UserId, ReadCost> charge)
{
    /// <summary>How long a read waits for history to come up to what the reader has seen.</summary>
    public static readonly TimeSpan CatchUpTimeout = TimeSpan.FromSeconds(1);

    private readonly PageScanner _scanner = new(store);

    public string Epoch => store.Epoch;

    /// <summary>The users' lists of chats.</summary>
    public ChatLists Lists { get; } = new(store, users, settings, time, charge);

    /// <summary>A page; <c>not_found</c>, or <c>unavailable</c> when history is behind for too long.</summary>
    public async ValueTask<ReadResult<Page>> ReadPageAsync(
        UserId user, ChatId chat, PageQuery query, CancellationToken cancellationToken)
    {
        var (view, isWhole) = await ViewAsync(user, chat, query.MinSeq, cancellationToken);
        if (!isWhole) return ReadResult<Page>.Refused(ErrorCode.Unavailable);
        if (view.Stays.Count == 0) return ReadResult<Page>.Refused(ErrorCode.NotFound);

        var scan = await _scanner.ScanAsync(view, query, cancellationToken);
        charge(user, scan.Cost);
        return ReadResult<Page>.Of(new Page
        {
            Chat = chat.ToString(),
            Items = scan.Items,
            HeadSeq = view.VisibleSeq,
            HeadN = await VisibleNumberAsync(view, cancellationToken),
            Stays = [.. view.Stays
                .Where(stay => stay.FromSeq <= scan.Highest && (stay.ToSeq ?? long.MaxValue) >= scan.Lowest)
                .Select(static stay => new Stay(stay.FromSeq, stay.ToSeq))],
            Markers = view.IsMember ? await ReceiptsAsync(view, cancellationToken) : null,
            Next = scan.Next,
            NextBefore = scan.NextBefore,
            NextAfter = scan.NextAfter,
            Epoch = store.Epoch,
        });
    }

    /// <summary>Whether the user is a member, or ever was: as many reads for a chat that is not there.</summary>
    public async ValueTask<bool> HasStaysAsync(UserId user, ChatId chat, CancellationToken cancellationToken)
    {
        if (isMember(chat, user)) return true;
        var stays = await store.ReadStaysAsync(chat, user, cancellationToken);
        charge(user, ReadCost.Of(stays));
        return stays.Count > 0;
    }

    /// <summary>What ingest stamps of an event that a command acts on; null when there is none of that seq.</summary>
    public async ValueTask<Target?> ReadTargetAsync(
        UserId user, ChatId chat, long seq, CancellationToken cancellationToken)
    {
        var stored = await FindAsync(user, chat, seq, cancellationToken);
        return stored is null
            ? null
            : new Target
            {
                Seq = (ulong)seq,
                Sender = stored.Record.Sender,
                IsMessage = stored.Record.BodyCase == Record.BodyOneofCase.Message,
            };
    }

    /// <summary>
    /// Whether a message may get this reaction: one that it has, or one more. Looks at history alone, which it hurries,
    /// so that those who react at the same moment may come a few above the limit.
    /// </summary>
    public async ValueTask<bool> HasRoomForReactionAsync(
        ChatId chat, long seq, UserId user, string emoji, CancellationToken cancellationToken)
    {
        looks.Hurry(chat);
        var entries = await ReadOneAsync(user, chat, seq, IHistoryStore.ReactionsNow, cancellationToken);
        if (entries is not [{ Reactions: var reactions }]) return true;
        var own = reactions.Where(reaction => reaction.User == user).ToArray();
        return own.Any(reaction => reaction.Emoji == emoji)
            || (own.Length < Limits.EmojisByUserMax && reactions.Count < Limits.ReactionsMax);
    }

    /// <summary>
    /// History's head, when a message has the reaction of a user there, or has not, as a command would set it; null
    /// when the command changes that, or became an event before.
    /// </summary>
    public async ValueTask<long?> ReadHeadWhereSetAsync(
        ChatId chat, long target, CommandKey command, string emoji, bool on, CancellationToken cancellationToken)
    {
        var head = await store.ReadHeadAsync(chat, cancellationToken);
        charge(command.Sender, ReadCost.Of(head) + new ReadCost(1, 0));
        if (head is null || target > head.Seq) return null;
        var use = await store.ReadKeyAsync(chat, command.Sender, command.ClientId, cancellationToken);
        if (use is not null) return null;
        var entries = await ReadOneAsync(
            command.Sender, chat, target, IHistoryStore.ReactionsNow, cancellationToken);
        if (entries is not [{ IsUnreadable: false, Reactions: var reactions }]) return null;
        var last = reactions.LastOrDefault(row => row.User == command.Sender && row.Emoji == emoji);

        // What lies above the head is of a commit that is under way.
        return last?.EventSeq > head.Seq || (last?.On ?? false) != on ? null : head.Seq;
    }

    /// <summary>The number of messages up to a seq; null when there is no event of that seq.</summary>
    public async ValueTask<long?> ReadNumberAsync(
        UserId user, ChatId chat, long seq, CancellationToken cancellationToken) =>
        await FindAsync(user, chat, seq, cancellationToken) is { } stored ? (long)stored.N : null;

    private async ValueTask<StoredEvent?> FindAsync(
        UserId user, ChatId chat, long seq, CancellationToken cancellationToken)
    {
        var found = await LookForAsync(user, chat, seq, cancellationToken);
        if (found.IsThere) return found.Event;
        await looks.WaitAsync(chat, seq, CatchUpTimeout, cancellationToken);
        return (await LookForAsync(user, chat, seq, cancellationToken)).Event;
    }

    /// <summary>The event; not there while history and the tail end below it.</summary>
    private async ValueTask<(bool IsThere, StoredEvent? Event)> LookForAsync(
        UserId user, ChatId chat, long seq, CancellationToken cancellationToken)
    {
        if (tails.TryGet(chat, seq, out var recent)) return (true, recent);
        var head = await store.ReadHeadAsync(chat, cancellationToken);
        charge(user, ReadCost.Of(head));
        if (head is null || seq > head.Seq) return default;
        var entries = await ReadOneAsync(user, chat, seq, reactionsTo: 0, cancellationToken);
        return (true, entries.Count > 0 ? entries[0].Event : null);
    }

    private async ValueTask<IReadOnlyList<HistoryEntry>> ReadOneAsync(
        UserId user, ChatId chat, long seq, long reactionsTo, CancellationToken cancellationToken)
    {
        var range = new EventRange(seq, seq) { ReactionsTo = reactionsTo };
        var read = await store.ReadEventsAsync(chat, range, cancellationToken);
        charge(user, read.Cost);
        return read.Entries;
    }

    /// <summary>
    /// The chat as the user has it, once it has come up to what the reader has seen and what this node had said when
    /// the read began; not whole when it has not within the time-out. Reads head and stays twice at most.
    /// </summary>
    private async ValueTask<(ChatView View, bool IsWhole)> ViewAsync(
        UserId user, ChatId chat, long minSeq, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        if (!await HasStaysAsync(user, chat, cancellationToken))
        {
            // Nothing of the chat is looked at for a stranger, and the wait is the same for every chat and none.
            if (minSeq <= 0) return (Nothing(user, chat), true);
            await Task.Delay(CatchUpTimeout, time, cancellationToken);
            var isCertain = await looks.HasHandedAsync(chat, CatchUpTimeout, cancellationToken);
            if (!await HasStaysAsync(user, chat, cancellationToken)) return (Nothing(user, chat), isCertain);
        }

        var said = tails.Highest(chat);
        var view = await LookAtAsync(user, chat, cancellationToken);
        if (IsWhole(view, minSeq, said)) return (view, true);

        // Without a stay the head that is known says nothing of what to wait for: the named seq does.
        var required = view.IsMember ? Math.Max(minSeq, said) : minSeq;
        await looks.WaitAsync(chat, required, CatchUpTimeout, cancellationToken);
        view = await LookAtAsync(user, chat, cancellationToken);
        if (IsWhole(view, minSeq, said)) return (view, true);

        // Whoever names more than a stay shows waits the time-out out, wherever the head is.
        var left = CatchUpTimeout - time.GetElapsedTime(began);
        if (left > TimeSpan.Zero) await looks.WaitAsync(chat, long.MaxValue, left, cancellationToken);
        return (view, false);
    }

    private static ChatView Nothing(UserId user, ChatId chat) => new(chat, user, null, [], []);

    private async ValueTask<ChatView> LookAtAsync(UserId user, ChatId chat, CancellationToken cancellationToken)
    {
        var head = await store.ReadHeadAsync(chat, cancellationToken);
        var stays = await store.ReadStaysAsync(chat, user, cancellationToken);
        charge(user, ReadCost.Of(head) + ReadCost.Of(stays));
        return new ChatView(chat, user, head, tails.After(chat, head?.Seq ?? 0), stays);
    }

    private static bool IsWhole(ChatView view, long minSeq, long said) =>
        view.IsMember ? view.Seq >= Math.Max(minSeq, said) : view.VisibleSeq >= minSeq;

    /// <summary>Who left sees the number of messages as it was then.</summary>
    private async ValueTask<long> VisibleNumberAsync(ChatView view, CancellationToken cancellationToken)
    {
        if (view.IsMember) return view.N;
        if (tails.TryGet(view.Chat, view.VisibleSeq, out var last)) return (long)last.N;
        var row = await users.ReadUserChatAsync(view.User, view.Chat, cancellationToken);
        charge(view.User, ReadCost.UserChat);
        return row?.HeadN ?? 0;
    }

    /// <summary>The markers of the members, as far as the reader's stay goes: those of who left are kept, and nobody's
    /// to see.</summary>
    private async ValueTask<IReadOnlyList<Receipt>> ReceiptsAsync(ChatView view, CancellationToken cancellationToken)
    {
        var members = view.Members();
        if (view.Awaits is { } other && other != view.User) members.Remove(other.Value);
        var markers = await users.ReadMarkersAsync(
            view.Chat, [.. members.Select(UserId.OfRecord)], cancellationToken);
        charge(view.User, new ReadCost(members.Count, 0));
        // Without a head in history the tail, having no hole, begins with the creation.
        var isDirect = view.Stored?.Direct ?? view.Tail[0].Record.Created.Direct;
        var stay = view.Stays[^1];
        return
        [
            .. markers
                .Select(marker => Sight.OfMarker(marker.User, marker.DeliveredSeq, marker.ReadSeq, stay, isDirect))
                .OfType<Receipt>(),
        ];
    }
}
