using LiveChat.Core.Chats;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>
/// History in memory: the twin of every other store, for tests and the simulator. Its cells have stamps, as
/// Cassandra's have, so that commits may be torn between rows, repeated and delayed (<see cref="Apply"/> takes a
/// single row, <see cref="ApplyHead"/> the head). Both ports in one class, because both see the same tables.
/// <code>
/// chat → head, roster                           seq → event, content, deleted; edits; reactions
///        (user, from_seq) → to_seq              (sender, client_id) → use              user → marker
/// (user, chat) → membership, head, read         scope → claim                 chat → deletion
/// </code>
/// Any thread; one lock around everything.
/// </summary>
internal sealed class InMemoryHistoryStore(string epoch) : IHistoryStore, IUserStore
{
    private readonly Lock _lock = new();
    private string _epoch = epoch;
    private readonly Dictionary<ChatId, ChatRows> _chats = [];
    private readonly Dictionary<UserId, SortedDictionary<ulong, UserChatCells>> _userChats = [];
    private readonly Dictionary<string, ChatClaim> _claims = [];
    private readonly Dictionary<ChatId, ChatDeletion> _deletions = [];
    private readonly HashSet<(UserId, ChatId)> _forgotten = [];

    public string Epoch => Volatile.Read(ref _epoch);

    /// <summary>The lineage that renews this epoch.</summary>
    public InMemoryLineageStore Lineage => field ??= new InMemoryLineageStore(
        () => Volatile.Write(ref _epoch, Epoch + "+"));

    /// <summary>Writes one row, as a commit does that is torn behind it. What was purged or forgotten stays so: a late
    /// row of a former event does not show again.</summary>
    public void Apply(ChatId chat, HistoryRow row)
    {
        lock (_lock)
        {
            if (row.Stamp < ChatOf(chat).PurgedStamp || (UserOf(row) is { } user && _forgotten.Contains((user, chat))))
                return;
            switch (row)
            {
                case UserChatRow membership:
                    UserChatOf(membership.User, chat).Membership.Write(row.Stamp, membership);
                    break;
                case UserChatHeadRow head:
                    UserChatOf(head.User, chat).Head.Write(row.Stamp, head);
                    break;
                case UserChatReadRow read:
                    UserChatOf(read.User, chat).Raise(read);
                    break;
                case DeletionRow deletion:
                    _deletions.TryAdd(chat, new ChatDeletion(chat, deletion.DeletedMs));
                    break;
                default:
                    ChatOf(chat).Apply(row);
                    break;
            }
        }
    }

    /// <summary>Writes the head, and the roster with it when it changed.</summary>
    public void ApplyHead(ChatState head, bool rosterChanged)
    {
        lock (_lock)
        {
            var rows = ChatOf(head.Chat);
            rows.Head.Write(head.Stamp, head);
            if (rosterChanged)
                rows.Roster.Write(head.Stamp, head.Roster);
        }
    }

    public ValueTask<ChatState?> ReadHeadAsync(ChatId chat, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult(
                _chats.GetValueOrDefault(chat) is { Head.Value: { } head, Roster.Value: { } roster }
                    ? head with { Roster = roster }
                    : null);
    }

    public ValueTask<KeyUse?> ReadKeyAsync(
        ChatId chat, UserId sender, ClientId clientId, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult<KeyUse?>(
                _chats.TryGetValue(chat, out var rows)
                && rows.Keys.TryGetValue(new CommandKey(sender, clientId), out var cell)
                    ? cell.Value
                    : null);
    }

    public ValueTask WriteAsync(IReadOnlyList<HistoryCommit> commits, CancellationToken cancellationToken)
    {
        foreach (var commit in commits)
        {
            foreach (var row in commit.Rows)
                Apply(commit.Head.Chat, row);
            ApplyHead(commit.Head, commit.RosterChanged);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask FlushAsync(IReadOnlyDictionary<int, Position> passed, CancellationToken cancellationToken) =>
        ValueTask.CompletedTask;

    public ValueTask<EventsRead> ReadEventsAsync(ChatId chat, EventRange range, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(range.To - range.From, 8191);
        lock (_lock)
            return ValueTask.FromResult(
                _chats.TryGetValue(chat, out var rows) ? rows.Entries(range) : new EventsRead([], default, false));
    }

    public ValueTask<IReadOnlyList<MemberStay>> ReadStaysAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult(_chats.TryGetValue(chat, out var rows) ? rows.StaysOf(user) : []);
    }

    public ValueTask<ChatClaim> ClaimChatAsync(string scope, ChatClaim claim, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _claims.TryAdd(scope, claim);
            return ValueTask.FromResult(_claims[scope]);
        }
    }

    public ValueTask<UserChat?> ReadUserChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult(
                _userChats.TryGetValue(user, out var chats) && chats.TryGetValue(chat.Value, out var cells)
                    ? cells.Read(chat)
                    : null);
    }

    public ValueTask<IReadOnlyList<UserChat>> ReadUserChatsAsync(
        UserId user, ChatId after, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<UserChat>>(
                _userChats.TryGetValue(user, out var chats)
                    ? [.. chats.Where(chat => chat.Key > after.Value)
                        .Select(chat => chat.Value.Read(new ChatId(chat.Key)))
                        .OfType<UserChat>()
                        .Take(limit)]
                    : []);
    }

    public ValueTask<IReadOnlyList<PlacedChat>> ReadChatsByTimeAsync(
        UserId user, ChatOrder order, ChatPlace behind, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<PlacedChat>>(
                _userChats.TryGetValue(user, out var chats)
                    ? [.. chats.Select(chat => PlaceOf(order, new ChatId(chat.Key), chat.Value))
                        .OfType<PlacedChat>()
                        .Where(placed => placed.Place.IsBehind(behind))
                        .OrderByDescending(static placed => (placed.Place.TimeMs, placed.Place.Chat))
                        .Take(limit)]
                    : []);
    }

    public ValueTask<IReadOnlyList<MarkerRaise>> RaiseMarkersAsync(
        IReadOnlyList<MarkerRaise> markers, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<MarkerRaise>>([.. markers.Select(Raise)]);
    }

    public ValueTask<IReadOnlyList<Marker>> ReadMarkersAsync(
        ChatId chat, IReadOnlyCollection<UserId> users, CancellationToken cancellationToken)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<Marker>>(
                _chats.TryGetValue(chat, out var rows)
                    ? [.. users.Where(rows.Markers.ContainsKey).Select(user => rows.Markers[user])]
                    : []);
    }

    /// <summary>Removes what the user has of a chat: row, stays and marker.</summary>
    public void Forget(UserId user, ChatId chat)
    {
        lock (_lock)
        {
            _forgotten.Add((user, chat));
            if (_userChats.TryGetValue(user, out var chats)) chats.Remove(chat.Value);
            if (_chats.TryGetValue(chat, out var rows)) rows.Forget(user);
        }
    }

    /// <summary>Removes what is left of the user's list of chats.</summary>
    public void Forget(UserId user)
    {
        lock (_lock) _userChats.Remove(user);
    }

    /// <summary>Calls with the deletions, under the lock.</summary>
    public T WithDeletions<T>(Func<Dictionary<ChatId, ChatDeletion>, T> call)
    {
        lock (_lock) return call(_deletions);
    }

    /// <summary>Who has a stay in the chat.</summary>
    public IReadOnlyList<UserId> UsersOf(ChatId chat)
    {
        lock (_lock) return _chats.TryGetValue(chat, out var rows) ? [.. rows.Users] : [];
    }

    /// <summary>Removes what a deleted chat had; see <see cref="IDeletionStore"/>.</summary>
    public void Purge(ChatState head)
    {
        lock (_lock)
        {
            var (creation, left, gone) = ChatOf(head.Chat).Purge(head);
            foreach (var user in left)
                _userChats.GetValueOrDefault(user)?.GetValueOrDefault(head.Chat.Value)?.ForgetMarks();
            foreach (var user in gone) _userChats.GetValueOrDefault(user)?.Remove(head.Chat.Value);
            if (creation?.Created is null) return;
            foreach (var scope in ChatScopes.Of(creation).Scopes) Unclaim(scope, head.Chat);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The pair is free; the key stays taken, without what it was for.</summary>
    private void Unclaim(string scope, ChatId chat)
    {
        if (_claims.GetValueOrDefault(scope) is not { } claim || claim.Chat != chat) return;
        if (ChatScopes.IsPair(scope)) _claims.Remove(scope);
        else _claims[scope] = claim with { Body = ChatClaim.DeletedBody };
    }

    private MarkerRaise Raise(MarkerRaise raise)
    {
        var row = UserChatOf(raise.User, raise.Chat);
        if (raise.ReadSeq > 0)
        {
            row.Raise(new UserChatReadRow(raise.User, raise.ReadSeq, raise.ReadN, raise.TimeMs));
            row.Mark(raise);
        }

        return ChatOf(raise.Chat).Raise(raise).RiseOf(raise, row.ReadN);
    }

    /// <summary>Whose row it is; null of the chat's own.</summary>
    private static UserId? UserOf(HistoryRow row) => row switch
    {
        StayRow it => it.User,
        UserChatRow it => it.User,
        UserChatHeadRow it => it.User,
        UserChatReadRow it => it.User,
        _ => null,
    };

    private PlacedChat? PlaceOf(ChatOrder order, ChatId chat, UserChatCells cells)
    {
        if (cells.Read(chat) is not { } row) return null;
        if (order is ChatOrder.Marks)
            return cells.MarkedMs > 0 ? new PlacedChat(new ChatPlace(cells.MarkedMs, chat.Value), row) : null;
        var timeMs = row.Pull && _chats.GetValueOrDefault(chat)?.Head.Value is { } head
            ? ChatPlace.TimeOf(head.Pull, head.TimeMs)
            : row.HeadTimeMs;
        return new PlacedChat(new ChatPlace(timeMs, chat.Value), row);
    }

    private ChatRows ChatOf(ChatId chat)
    {
        if (!_chats.TryGetValue(chat, out var rows))
            _chats.Add(chat, rows = new ChatRows());
        return rows;
    }

    private UserChatCells UserChatOf(UserId user, ChatId chat)
    {
        if (!_userChats.TryGetValue(user, out var chats))
            _userChats.Add(user, chats = []);
        if (!chats.TryGetValue(chat.Value, out var cells))
            chats.Add(chat.Value, cells = new UserChatCells());
        return cells;
    }

    /// <summary>A row of <c>user_chats</c>.</summary>
    private sealed class UserChatCells
    {
        public Cell<UserChatRow> Membership;
        public Cell<UserChatHeadRow> Head;
        private UserChatReadRow? _read;
        private long _markedSeq;

        public long ReadN => _read?.ReadN ?? 0;

        /// <summary>When the user's mark last rose; 0 for never.</summary>
        public long MarkedMs { get; private set; }

        public void ForgetMarks() => (_read, _markedSeq, MarkedMs) = (null, 0, 0);

        public void Mark(MarkerRaise raise)
        {
            if (raise.ReadSeq > _markedSeq) (_markedSeq, MarkedMs) = (raise.ReadSeq, raise.TimeMs);
        }

        /// <summary>Stamped with its value: the largest stays, of equal ones the later.</summary>
        public void Raise(UserChatReadRow read)
        {
            if (_read is null || (read.ReadSeq, read.ReadTimeMs).CompareTo((_read.ReadSeq, _read.ReadTimeMs)) > 0)
                _read = read;
        }

        public UserChat? Read(ChatId chat) => Membership.Value is not { } membership ? null : new UserChat
        {
            Chat = chat,
            FromSeq = membership.FromSeq,
            ToSeq = membership.ToSeq,
            Pull = membership.Pull,
            HeadSeq = Head.Value?.HeadSeq ?? 0,
            HeadN = Head.Value?.HeadN ?? 0,
            HeadTimeMs = Head.Value?.HeadTimeMs ?? 0,
            ReadSeq = _read?.ReadSeq ?? 0,
            ReadN = ReadN,
            ReadTimeMs = _read?.ReadTimeMs ?? 0,
        };
    }
}
