using System.Buffers.Binary;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using RocksDbSharp;

namespace LiveChat.Embedded.History;

/// <summary>
/// The users' side of history on RocksDB, in the same database as the chats' side.
/// <code>
/// user_chats  user 0 chat 'h' 'm' 'r'  (by events, see RocksDbHistoryStore)     user 0 chat 'k' → read by marks
/// markers     chat user 0                 → delivered read time
/// chat_ids    scope 0                     → claim
/// chats_by_time user 0 'k' …              (an index of 'k', see ChatsByTime)
/// </code>
/// The read marker of a row is the higher of the cells 'r' and 'k': events and marks write cells of their own, each
/// of which only rises, so that the path of a message needs no read. Everything is synced before a call
/// returns. One at a time claims or marks (the lock), since both look before they write; the lock is held over a
/// sync, so these calls run on the pool.
/// </summary>
internal sealed class RocksDbUserStore(HistoryDatabase database) : IUserStore
{
    private const int KeyBytesMax = 512;
    private const int CellsPerRow = 4;
    private const int ReadsAtOnce = 8;

    private readonly Lock _claims = new();
    private readonly Lock _marks = new();

    public async ValueTask<ChatClaim> ClaimChatAsync(
        string scope, ChatClaim claim, CancellationToken cancellationToken)
    {
        var key = new KeyWriter(new byte[KeyBytesMax]).Text(scope).Key.ToArray();
        if (database.Get(key, database.ChatIds) is { } held) return RowCodec.ReadClaim(held);
        return await Task.Run(
            () =>
            {
                lock (_claims)
                {
                    if (database.Get(key, database.ChatIds) is { } holder) return RowCodec.ReadClaim(holder);
                    var value = RowCodec.Claim(claim);
                    database.Put(key, value, database.ChatIds, sync: true);
                    return RowCodec.ReadClaim(value);
                }
            },
            cancellationToken);
    }

    /// <summary>Claims what a creation in the log claimed, for a history that is made or moved on from the log. The
    /// chat of a later creation takes a scope that a deleted one holds, as it did when it was created.</summary>
    /// <param name="creation">The record that created the chat.</param>
    /// <param name="deleted">The chats that the log deletes.</param>
    public void ClaimAgain(Record creation, HashSet<ulong> deleted)
    {
        var (scopes, claim) = ChatScopes.Of(creation);
        foreach (var scope in scopes)
        {
            var key = new KeyWriter(new byte[KeyBytesMax]).Text(scope).Key.ToArray();
            if (database.Get(key, database.ChatIds) is { } held
                && (deleted.Contains(claim.Chat.Value) || !deleted.Contains(RowCodec.ReadClaim(held).Chat.Value)))
                continue;
            database.Put(key, RowCodec.Claim(claim), database.ChatIds, sync: true);
        }
    }

    public ValueTask<UserChat?> ReadUserChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Row(user, chat));

    public ValueTask<IReadOnlyList<UserChat>> ReadUserChatsAsync(
        UserId user, ChatId after, int limit, CancellationToken cancellationToken)
    {
        Span<byte> low = stackalloc byte[KeyBytesMax];
        Span<byte> high = stackalloc byte[KeyBytesMax];
        var to = new KeyWriter(high).Text(user.Value).Number(ulong.MaxValue).Key;
        var rows = new List<UserChat>(limit);

        // Marks in chats without a row take room in a scan: each turn begins behind the last, the last finds the end.
        while (true)
        {
            var from = new KeyWriter(low).Text(user.Value).Number(after.Value + 1).Key;
            var cellsMax = (limit - rows.Count + 1) * CellsPerRow;
            var cells = database.Scan(database.UserChats, from, to, cellsMax);
            var chats = cells.GroupBy(static cell => ChatOf(cell.Key)).ToList();

            // The last chat of a full scan may have been cut; with room for four cells each it is not the only one.
            var isEnd = cells.Count < cellsMax;
            foreach (var chat in isEnd ? chats : chats.SkipLast(1))
            {
                after = new ChatId(chat.Key);
                if (Read(after, [.. chat]) is { } row && rows.Count < limit) rows.Add(row);
            }

            if (isEnd || rows.Count == limit) return ValueTask.FromResult<IReadOnlyList<UserChat>>(rows);
        }
    }

    public ValueTask<IReadOnlyList<PlacedChat>> ReadChatsByTimeAsync(
        UserId user, ChatOrder order, ChatPlace behind, int limit, CancellationToken cancellationToken)
    {
        var kind = order is ChatOrder.Heads ? ChatsByTime.Heads : ChatsByTime.Marks;
        var placed = new List<PlacedChat>(limit);

        // A mark in a chat without a row has an entry too, and is passed over.
        while (true)
        {
            var keys = database.Scan(
                database.ChatsByTime, ChatsByTime.Behind(user, kind, behind), ChatsByTime.End(user, kind),
                limit - placed.Count);
            foreach (var (key, _) in keys)
            {
                behind = ChatsByTime.PlaceOf(key);
                if (Row(user, new ChatId(behind.Chat)) is { } row) placed.Add(new PlacedChat(behind, row));
            }

            if (keys.Count == 0 || placed.Count == limit)
                return ValueTask.FromResult<IReadOnlyList<PlacedChat>>(placed);
        }
    }

    public async ValueTask<IReadOnlyList<MarkerRaise>> RaiseMarkersAsync(
        IReadOnlyList<MarkerRaise> markers, CancellationToken cancellationToken) =>
        await Task.Run(() => Raise(markers), cancellationToken);

    public ValueTask<IReadOnlyList<Marker>> ReadMarkersAsync(
        ChatId chat, IReadOnlyCollection<UserId> users, CancellationToken cancellationToken)
    {
        var rows = new List<(byte[] Key, byte[] Value)>(users.Count);
        foreach (var user in users)
        {
            var key = MarkerKey(chat, user);
            if (database.Get(key, database.Markers) is { } value) rows.Add((key, value));
        }

        return ValueTask.FromResult<IReadOnlyList<Marker>>(
            database.Unreadable.ReadAll("markers", rows, static (key, value) => MarkerOf(UserOf(key), value)));
    }

    private UserChat? Row(UserId user, ChatId chat)
    {
        Span<byte> low = stackalloc byte[KeyBytesMax];
        Span<byte> high = stackalloc byte[KeyBytesMax];
        var cells = database.Scan(
            database.UserChats,
            new KeyWriter(low).Text(user.Value).Number(chat.Value).Key,
            new KeyWriter(high).Text(user.Value).Number(chat.Value + 1).Key);
        return Read(chat, cells);
    }

    private MarkerRaise[] Raise(IReadOnlyList<MarkerRaise> markers)
    {
        lock (_marks)
        {
            // The same marker may rise twice in one call, and the batch is not seen by reads before it is written.
            var merged = StoredOf(markers);
            var rose = new MarkerRaise[markers.Count];
            for (var i = 0; i < rose.Length; i++)
            {
                var raise = markers[i];
                var id = (raise.Chat, raise.User);
                var former = merged[id];
                var read = raise.ReadSeq > former.ByMarks[0]
                    ? new[] { raise.ReadSeq, raise.ReadN, raise.TimeMs }
                    : former.ByMarks;
                merged[id] = former with { Marker = former.Marker.Raise(raise), ByMarks = read };
                rose[i] = former.Marker.RiseOf(raise, Later(read, former.ByEvents)[1]);
            }

            using var batch = new WriteBatch();
            Span<byte> buffer = stackalloc byte[KeyBytesMax];
            foreach (var ((chat, user), (marker, read, _, markedMs)) in merged)
            {
                ChatsByTime.Move(
                    batch, database, user, ChatsByTime.Marks, chat,
                    markedMs == 0 ? null : markedMs, read[2] == 0 ? null : read[2]);
                batch.Put(
                    MarkerKey(chat, user),
                    RowCodec.Numbers(marker.DeliveredSeq, marker.ReadSeq, marker.TimeMs), database.Markers);
                batch.Put(
                    new KeyWriter(buffer).Text(user.Value).Number(chat.Value).Byte((byte)'k').Key,
                    RowCodec.Numbers(read), database.UserChats);
            }

            if (batch.Count() > 0) database.Write(batch, sync: true);
            return rose;
        }
    }

    /// <summary>What is stored of all of them, read beside each other: thousands of cold chats are thousands of reads
    /// of the disk.</summary>
    private Dictionary<(ChatId, UserId), MarkCells> StoredOf(IReadOnlyList<MarkerRaise> markers)
    {
        var distinct = markers.DistinctBy(static raise => (raise.Chat, raise.User)).ToArray();
        var cells = new MarkCells[distinct.Length];
        Parallel.For(
            0, cells.Length, new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce },
            i => cells[i] = Stored(distinct[i]));
        return distinct.Zip(cells).ToDictionary(
            static pair => (pair.First.Chat, pair.First.User), static pair => pair.Second);
    }

    private MarkCells Stored(MarkerRaise raise)
    {
        var marker = database.Get(MarkerKey(raise.Chat, raise.User), database.Markers);
        var byMarks = ReadOf(raise, 'k');
        return new MarkCells(
            marker is null ? new Marker(raise.User, 0, 0, 0) : MarkerOf(raise.User, marker),
            byMarks,
            ReadOf(raise, 'r'),
            byMarks[2]);
    }

    private long[] ReadOf(MarkerRaise raise, char cell)
    {
        Span<byte> buffer = stackalloc byte[KeyBytesMax];
        var key = new KeyWriter(buffer).Text(raise.User.Value).Number(raise.Chat.Value).Byte((byte)cell).Key;
        return database.Get(key, database.UserChats) is { } read
            ? [RowCodec.Number(read, 0), RowCodec.Number(read, 1), RowCodec.Number(read, 2)]
            : [0, 0, 0];
    }

    /// <summary>The cell of a row's read marker that counts.</summary>
    private static long[] Later(long[] byMarks, long[] byEvents) => byMarks[0] > byEvents[0] ? byMarks : byEvents;

    private static byte[] MarkerKey(ChatId chat, UserId user) =>
        new KeyWriter(stackalloc byte[KeyBytesMax]).Number(chat.Value).Text(user.Value).Key.ToArray();

    private static ulong ChatOf(byte[] key) => BinaryPrimitives.ReadUInt64BigEndian(key.AsSpan(key.Length - 9));

    private static Marker MarkerOf(UserId user, byte[] value) =>
        new(user, RowCodec.Number(value, 0), RowCodec.Number(value, 1), RowCodec.Number(value, 2));

    private static UserId UserOf(byte[] key)
    {
        var parts = new KeyReader(key);
        parts.Number();
        return UserId.OfRecord(parts.Text());
    }

    /// <summary>The row of a chat, or null: also when one of its cells cannot be read, since the list of the others is
    /// worth more than no list.</summary>
    private UserChat? Read(ChatId chat, List<(byte[] Key, byte[] Value)> cells) =>
        cells.Count > 0
        && database.Unreadable.TryRead(
            "user_chats", cells[0], (_, _) => RowOf(chat, database.FirstEventOf(chat), cells), out var row)
            ? row
            : null;

    /// <summary>The row of a chat from its cells; null before the membership is there.</summary>
    /// <param name="chat">The chat.</param>
    /// <param name="first">Its first event that is left, where the stay is cut.</param>
    /// <param name="cells">The cells.</param>
    private static UserChat? RowOf(ChatId chat, long first, List<(byte[] Key, byte[] Value)> cells)
    {
        byte[]? Cell(char cell) => cells.Find(it => it.Key[^1] == cell).Value;
        long Part(byte[]? value, int index) => value is null ? 0 : RowCodec.Number(value, index);

        if (Cell('m') is not { } membership) return null;
        var (head, byEvents, byMarks) = (Cell('h'), Cell('r'), Cell('k'));
        var read = Part(byMarks, 0) > Part(byEvents, 0) ? byMarks : byEvents;
        long? toSeq = Part(membership, 1) is > 0 and var left ? left : null;
        return new UserChat
        {
            Chat = chat,
            FromSeq = Math.Min(Math.Max(Part(membership, 0), first), toSeq ?? long.MaxValue),
            ToSeq = toSeq,
            Pull = Part(membership, 2) != 0,
            HeadSeq = Part(head, 0),
            HeadN = Part(head, 1),
            HeadTimeMs = Part(head, 2),
            ReadSeq = Part(read, 0),
            ReadN = Part(read, 1),
            ReadTimeMs = Part(read, 2),
        };
    }

    /// <summary>What a mark raises: the marker, and of the user's row the read marker, of which it writes one cell.
    /// </summary>
    /// <param name="Marker">The marker.</param>
    /// <param name="ByMarks">The cell that marks write, as it will be.</param>
    /// <param name="ByEvents">The cell that events write.</param>
    /// <param name="MarkedMs">The time of the mark that is stored; 0 for none.</param>
    private readonly record struct MarkCells(Marker Marker, long[] ByMarks, long[] ByEvents, long MarkedMs);
}
