using System.Collections.Concurrent;
using LiveChat.Cluster.Store;
using LiveChat.Core.History;
using LiveChat.Cql;
using LiveChat.Cql.Values;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cluster.History;

/// <summary>
/// The users' side of history on Cassandra.
/// <code>
/// user_chats ((user_id), chat_id)   read_seq, read_n, read_time_ms, marked_time_ms   stamp = the seq
///                                   everything else of a row is written by the events, see CassandraHistoryStore
/// markers    ((chat_id), user_id)   delivered_seq, delivered_time_ms                              stamp = the seq
///                                   read_seq, read_time_ms                                        stamp = the seq
/// chat_ids   ((scope))              chat_id, creator, client_id, body                             by conditions only
/// </code>
/// A raise reads what is there, one read a chat and one a user, and writes what rose: the user's row first, then the
/// marker, by which the next raise sees that nothing is left to do. The greatest value stays, so writes may cross. Two
/// raises at once may both say that a part rose; a raise whose write failed is said to have risen when it is repeated.
/// <para>A list by time reads the user's rows, a page at a time, and the heads of the pull chats among them. Any
/// thread.</para>
/// </summary>
internal sealed class CassandraUserStore(CassandraSession session, Decisions decisions) : IUserStore
{
    private const int AtOnce = 32;
    private const int RowsPerRead = 1_000;
    private const int KeysPerRead = 256;

    private const string Columns = $"{UserChatRows.Columns}, marked_time_ms";
    private const int MarkedAt = 10;

    private readonly UserChatRows _rows = new(session);

    /// <summary>Raises whose last write failed: the next one of the same values says that they rose.</summary>
    private readonly ConcurrentDictionary<(ChatId Chat, UserId User), bool> _doubtful = new();

    public async ValueTask<ChatClaim> ClaimChatAsync(
        string scope, ChatClaim claim, CancellationToken cancellationToken) =>
        await decisions.DecideAsync(
            scope,
            async (number, token) =>
            {
                // A claim never changes, so one that a quorum has is the one.
                using var read = await session.BindAsync(
                    "SELECT chat_id, creator, client_id, body FROM chat_ids WHERE scope = ?", token);
                read.Set(0, scope);
                using var held = number == 0
                    ? await session.ReadAsync(read, token)
                    : await session.ReadDecidedAsync(read, token);
                if (held.Count > 0) return Decided<ChatClaim>.As(ClaimOf(held[0]));

                using var insert = await session.BindAsync(
                    "INSERT INTO chat_ids (scope, chat_id, creator, client_id, body) VALUES (?, ?, ?, ?, ?) "
                    + "IF NOT EXISTS",
                    token);
                insert.Set(0, scope).Set(1, Bits(claim.Chat)).Set(2, claim.Creator.Value)
                    .Set(3, claim.ClientId.Value).SetBlob(4, claim.Body.Span);
                using var decided = await session.DecideAsync(insert, token);
                return Decided<ChatClaim>.As(decided.WasApplied ? claim : ClaimOf(decided[0]));
            },
            cancellationToken);

    public ValueTask<UserChat?> ReadUserChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken) =>
        _rows.ReadAsync(user, chat, cancellationToken);

    public async ValueTask<IReadOnlyList<UserChat>> ReadUserChatsAsync(
        UserId user, ChatId after, int limit, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            $"SELECT {UserChatRows.Columns} FROM user_chats WHERE user_id = ? AND chat_id > ?", cancellationToken);
        read.Set(0, user.Value).Set(1, Bits(after)).PageSize = Math.Min(limit, RowsPerRead);
        var found = new List<UserChat>(limit);
        await foreach (var row in session.ReadAllAsync(read, cancellationToken))
        {
            if (UserChatRows.Read(row) is not { } chat) continue;
            found.Add(chat);
            if (found.Count == limit) break;
        }

        return found;
    }

    public async ValueTask<IReadOnlyList<PlacedChat>> ReadChatsByTimeAsync(
        UserId user, ChatOrder order, ChatPlace behind, int limit, CancellationToken cancellationToken)
    {
        using var read = await session.BindAsync(
            $"SELECT {Columns} FROM user_chats WHERE user_id = ?", cancellationToken);
        read.Set(0, user.Value).PageSize = RowsPerRead;
        var (latest, part) = (new List<PlacedChat>(), new List<(UserChat Row, long MarkedMs)>(RowsPerRead));
        await foreach (var row in session.ReadAllAsync(read, cancellationToken))
        {
            if (UserChatRows.Read(row) is not { } chat) continue;
            part.Add((chat, NumberOf(row, MarkedAt)));
            if (part.Count == RowsPerRead) await KeepLatestAsync();
        }

        await KeepLatestAsync();
        return latest;

        async ValueTask KeepLatestAsync()
        {
            var placed = order is ChatOrder.Marks
                ? part.Where(static one => one.MarkedMs > 0).Select(static one => Place(one.Row, one.MarkedMs))
                : await PlaceByHeadsAsync([.. part.Select(static one => one.Row)], cancellationToken);
            latest = [.. latest.Concat(placed)
                .Where(one => one.Place.IsBehind(behind))
                .OrderByDescending(static one => (one.Place.TimeMs, one.Place.Chat))
                .Take(limit)];
            part.Clear();
        }
    }

    public async ValueTask<IReadOnlyList<MarkerRaise>> RaiseMarkersAsync(
        IReadOnlyList<MarkerRaise> markers, CancellationToken cancellationToken)
    {
        var cells = await ReadMarksAsync(markers, cancellationToken);
        var (rose, writes) = (new MarkerRaise[markers.Count], new Dictionary<(ChatId, UserId), MarkerRaise>());
        for (var i = 0; i < rose.Length; i++)
        {
            var raise = markers[i];
            var key = (raise.Chat, raise.User);
            var marks = cells[key];
            var (readSeq, readN) = raise.ReadSeq > marks.RowReadSeq
                ? (raise.ReadSeq, raise.ReadN)
                : (marks.RowReadSeq, marks.RowReadN);
            rose[i] = marks.SaidOf(raise).RiseOf(raise, readN);
            var rise = marks.Marker.RiseOf(raise, raise.ReadN);
            cells[key] = new Marks(marks.Marker.Raise(raise), readSeq, readN, IsDoubtful: false);
            if (rise.DeliveredSeq + rise.ReadSeq > 0)
                writes[key] = Merge(writes.GetValueOrDefault(key, rise), rise);
        }

        foreach (var key in writes.Keys) _doubtful[key] = true;
        await Parallel.ForEachAsync(
            writes.Values, OptionsOf(cancellationToken), (raise, token) => WriteAsync(raise, token));
        foreach (var raise in markers) _doubtful.TryRemove((raise.Chat, raise.User), out _);
        return rose;
    }

    public async ValueTask<IReadOnlyList<Marker>> ReadMarkersAsync(
        ChatId chat, IReadOnlyCollection<UserId> users, CancellationToken cancellationToken)
    {
        var found = new List<Marker>(users.Count);
        foreach (var part in users.Chunk(KeysPerRead))
        {
            using var read = await session.BindAsync(
                "SELECT user_id, delivered_seq, delivered_time_ms, read_seq, read_time_ms FROM markers "
                + "WHERE chat_id = ? AND user_id IN ?",
                cancellationToken);
            read.Set(0, Bits(chat)).Set(
                1, [.. part.Select(static user => user.Value)], CqlCodecs.List(CqlCodecs.Text));
            using var rows = await session.ReadAsync(read, cancellationToken);
            found.AddRange(rows.Select(static row => new Marker(
                UserId.OfRecord(row.GetString(0)),
                NumberOf(row, 1),
                NumberOf(row, 3),
                Math.Max(NumberOf(row, 2), NumberOf(row, 4)))));
        }

        return found;
    }

    private static PlacedChat Place(UserChat row, long timeMs) => new(new ChatPlace(timeMs, row.Chat.Value), row);

    /// <summary>The head of a pull chat is not in the user's row.</summary>
    private async ValueTask<IEnumerable<PlacedChat>> PlaceByHeadsAsync(
        UserChat[] rows, CancellationToken cancellationToken)
    {
        var placed = Array.ConvertAll(rows, static row => Place(row, row.HeadTimeMs));
        await Parallel.ForEachAsync(
            Enumerable.Range(0, rows.Length).Where(at => rows[at].Pull),
            OptionsOf(cancellationToken),
            async (at, token) =>
            {
                using var read = await session.BindAsync(
                    "SELECT pull, time_ms FROM chat_head WHERE chat_id = ?", token);
                using var heads = await session.ReadAsync(read.Set(0, Bits(rows[at].Chat)), token);
                if (heads.Count > 0 && !heads[0].IsNull(1))
                    placed[at] = Place(rows[at], ChatPlace.TimeOf(heads[0].GetBoolean(0), heads[0].GetInt64(1)));
            });
        return placed;
    }

    private async ValueTask<Dictionary<(ChatId Chat, UserId User), Marks>> ReadMarksAsync(
        IReadOnlyList<MarkerRaise> raises, CancellationToken cancellationToken)
    {
        var markers = new ConcurrentDictionary<(ChatId, UserId), Marker>();
        await Parallel.ForEachAsync(
            raises.GroupBy(static raise => raise.Chat, static raise => raise.User),
            OptionsOf(cancellationToken),
            async (ofChat, token) =>
            {
                foreach (var marker in await ReadMarkersAsync(ofChat.Key, [.. ofChat.Distinct()], token))
                    markers[(ofChat.Key, marker.User)] = marker;
            });
        var rows = new ConcurrentDictionary<(ChatId, UserId), (long Seq, long N)>();
        await Parallel.ForEachAsync(
            raises.GroupBy(static raise => raise.User, static raise => raise.Chat)
                .SelectMany(static ofUser => ofUser.Distinct().Chunk(KeysPerRead).Select(part => (ofUser.Key, part))),
            OptionsOf(cancellationToken),
            async (ofUser, token) =>
            {
                using var read = await session.BindAsync(
                    "SELECT chat_id, read_seq, read_n FROM user_chats WHERE user_id = ? AND chat_id IN ?", token);
                read.Set(0, ofUser.Key.Value).Set(
                    1, [.. ofUser.part.Select(static chat => Bits(chat))], CqlCodecs.List(CqlCodecs.BigInt));
                using var found = await session.ReadAsync(read, token);
                foreach (var row in found)
                    rows[(ChatOf(row.GetInt64(0)), ofUser.Key)] = (NumberOf(row, 1), NumberOf(row, 2));
            });
        return raises.Select(static raise => (raise.Chat, raise.User)).Distinct().ToDictionary(
            static key => key,
            key => new Marks(
                markers.GetValueOrDefault(key, new Marker(key.User, 0, 0, 0)),
                rows.GetValueOrDefault(key).Seq,
                rows.GetValueOrDefault(key).N,
                _doubtful.ContainsKey(key)));
    }

    private async ValueTask WriteAsync(MarkerRaise raise, CancellationToken cancellationToken)
    {
        if (raise.ReadSeq > 0)
        {
            using var row = await session.BindAsync(
                "UPDATE user_chats USING TIMESTAMP ? SET read_seq = ?, read_n = ?, read_time_ms = ?, "
                + "marked_time_ms = ? WHERE user_id = ? AND chat_id = ?",
                cancellationToken);
            row.Set(0, raise.ReadSeq).Set(1, raise.ReadSeq).Set(2, raise.ReadN).Set(3, raise.TimeMs)
                .Set(4, raise.TimeMs).Set(5, raise.User.Value).Set(6, Bits(raise.Chat));
            await session.WriteAsync(row, cancellationToken);
        }

        if (raise.DeliveredSeq > 0) await WriteMarkerAsync("delivered", raise.DeliveredSeq, raise, cancellationToken);
        if (raise.ReadSeq > 0) await WriteMarkerAsync("read", raise.ReadSeq, raise, cancellationToken);
    }

    private async ValueTask WriteMarkerAsync(
        string part, long seq, MarkerRaise raise, CancellationToken cancellationToken)
    {
        using var marker = await session.BindAsync(
            $"UPDATE markers USING TIMESTAMP ? SET {part}_seq = ?, {part}_time_ms = ? "
            + "WHERE chat_id = ? AND user_id = ?",
            cancellationToken);
        marker.Set(0, seq).Set(1, seq).Set(2, raise.TimeMs).Set(3, Bits(raise.Chat)).Set(4, raise.User.Value);
        await session.WriteAsync(marker, cancellationToken);
    }

    private static MarkerRaise Merge(MarkerRaise one, MarkerRaise other) => one with
    {
        DeliveredSeq = Math.Max(one.DeliveredSeq, other.DeliveredSeq),
        ReadSeq = Math.Max(one.ReadSeq, other.ReadSeq),
        ReadN = one.ReadSeq > other.ReadSeq ? one.ReadN : other.ReadN,
        TimeMs = Math.Max(one.TimeMs, other.TimeMs),
    };

    private static ParallelOptions OptionsOf(CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };

    private static long Bits(ChatId chat) => unchecked((long)chat.Value);

    private static ChatId ChatOf(long bits) => new(unchecked((ulong)bits));

    private static long NumberOf(Row row, int ordinal) => row.IsNull(ordinal) ? 0 : row.GetInt64(ordinal);

    private static ChatClaim ClaimOf(Row row) => new(
        ChatOf(row.Get("chat_id", CqlCodecs.BigInt)),
        UserId.OfRecord(row.Get("creator", CqlCodecs.Text)),
        ClientId.TryCreate(row.Get("client_id", CqlCodecs.Uuid), out var id)
            ? id
            : throw new FormatException("The client id of a claim is no UUIDv7."),
        row.Get("body", CqlCodecs.Blob));

    /// <summary>What is stored of a user in a chat.</summary>
    /// <param name="Marker">The marker.</param>
    /// <param name="RowReadSeq">The read marker of the user's row, which own messages raise too.</param>
    /// <param name="RowReadN">The number of messages up to there.</param>
    /// <param name="IsDoubtful">Whether the last raise failed, and may be what is stored.</param>
    private readonly record struct Marks(Marker Marker, long RowReadSeq, long RowReadN, bool IsDoubtful)
    {
        /// <summary>The marker that a raise is compared with for what is said of it: one that was in doubt has not been
        /// said yet.</summary>
        public Marker SaidOf(MarkerRaise raise) => !IsDoubtful ? Marker : Marker with
        {
            DeliveredSeq = Marker.DeliveredSeq == raise.DeliveredSeq ? 0 : Marker.DeliveredSeq,
            ReadSeq = Marker.ReadSeq == raise.ReadSeq ? 0 : Marker.ReadSeq,
        };
    }
}
