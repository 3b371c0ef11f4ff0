using System.Runtime.CompilerServices;
using LiveChat.Cluster.Store;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Cluster.History;

/// <summary>
/// The chats' side of history on Cassandra, in the tables of <see cref="CassandraTables"/>.
/// <code>
/// chat_head        a row a chat, all cells but the roster at each write              stamp W of the head
/// events           bucket = seq / 4096: event, content; once it was deleted          stamp W of the event,
///                  deleted and an empty content; edited = the newest edit's seq      of the delete, of the edit
/// edits            bucket and seq of the message, newest edit first: content;        the same
///                  once the message was deleted deleted and an empty content
/// reactions        bucket and seq of the message: is_on, event_seq                   stamp W
/// reaction_changes every change of them, never changed itself                        stamp W
/// chat_members     a row a stay; to_seq 0 while it lasts                             stamp W
/// user_chats       from_seq, to_seq, pull | head_seq, head_n, head_time_ms           stamp W
///                  read_seq, read_n, read_time_ms                                    stamp read_seq
/// client_keys      partitions of thirty days of the key's time                       stamp W
/// log_offsets      how far a group is in a partition                                 stamp = the position
/// maintenance      'erasure': when a text was last erased                            stamp = the time
/// </code>
/// Write: of each commit the rows, in batches of one partition each, then the head. A commit that is tried again
/// leaves out what is written. Every cell has its stamp, so that whatever comes twice or late changes nothing. Read:
/// see <see cref="CassandraEventReader"/>. Delete: a text is overwritten with an empty value, never deleted, so that no
/// replica that missed it brings the text back; only a delete looks at rows before it writes. What is atomic: a batch,
/// on each replica. Any thread.
/// </summary>
/// <param name="session">The session, which whoever opened it closes.</param>
/// <param name="epoch">The epoch of the store's lineage.</param>
internal sealed class CassandraHistoryStore(CassandraSession session, Func<string> epoch) : IHistoryStore
{
    private const string ErasureRow = "erasure";
    private const int MicrosecondsPerMs = 1000;
    private const int CommitsAtOnce = 64;

    /// <summary>Commits of which a part is written. Gone with the commit when nobody tries it again.</summary>
    private readonly ConditionalWeakTable<HistoryCommit, CommitWrite> _unfinished = [];
    private readonly CassandraOffsets _offsets = new(session);
    private long _erasedMs;
    private long _erasedToldMs;

    public string Epoch => epoch();

    public async ValueTask<ChatState?> ReadHeadAsync(ChatId chat, CancellationToken cancellationToken)
    {
        using var read = (await session.BindAsync(HistoryCql.ReadHead, cancellationToken)).Set(0, (long)chat.Value);
        using var rows = await session.ReadAsync(read, cancellationToken);
        if (rows.Count == 0) return null;
        var row = rows[0];
        return new ChatState
        {
            Chat = chat,
            Seq = row.GetInt64(0),
            Position = new Position(row.GetInt64(1)),
            TimeMs = row.GetInt64(2),
            Stamp = row.GetInt64(3),
            N = row.GetInt64(4),
            Direct = row.GetBoolean(5),
            Pull = row.GetBoolean(6),
            SettingsSeq = row.GetInt64(7),
            Title = row.GetString(8),
            Custom = row.GetString(9),
            Awaits = row.GetString(10) is { Length: > 0 } user ? UserId.OfRecord(user) : null,
            Roster = RosterBytes.Read(row.GetBytes(11)),
        };
    }

    public async ValueTask<KeyUse?> ReadKeyAsync(
        ChatId chat, UserId sender, ClientId clientId, CancellationToken cancellationToken)
    {
        using var read = (await session.BindAsync(HistoryCql.ReadKey, cancellationToken))
            .Set(0, (long)chat.Value).Set(1, sender.Value).Set(2, CommitWrite.MonthOf(clientId)).Set(3, clientId.Value);
        using var rows = await session.ReadAsync(read, cancellationToken);
        return rows.Count == 0 ? null : new KeyUse(
            rows[0].GetInt64(0),
            rows[0].GetInt64(1),
            new Position(rows[0].GetInt64(2)),
            new MessageId((ulong)rows[0].GetInt64(3)),
            (ulong)rows[0].GetInt64(4));
    }

    public async ValueTask WriteAsync(IReadOnlyList<HistoryCommit> commits, CancellationToken cancellationToken)
    {
        await Bounded.RunAsync(commits, CommitsAtOnce, commit => WriteAsync(commit, cancellationToken));
        NoteErasures(commits);
    }

    /// <summary>What was written is durable: a quorum of replicas has said so. So the rows beside it are written.
    /// </summary>
    public async ValueTask FlushAsync(IReadOnlyDictionary<int, Position> passed, CancellationToken cancellationToken)
    {
        await FlushErasuresAsync(cancellationToken);
        await _offsets.RaiseAsync(ConsumerGroups.HistoryWriters, passed, cancellationToken);
    }

    public async ValueTask<EventsRead> ReadEventsAsync(
        ChatId chat, EventRange range, CancellationToken cancellationToken) =>
        await new CassandraEventReader(session, chat, range).ReadAsync(cancellationToken);

    public async ValueTask<IReadOnlyList<MemberStay>> ReadStaysAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        using var read = (await session.BindAsync(HistoryCql.ReadStays, cancellationToken))
            .Set(0, (long)chat.Value).Set(1, user.Value).Set(2, IHistoryStore.StaysMax);
        var stays = new List<MemberStay>();
        await foreach (var row in session.ReadAllAsync(read, cancellationToken))
            stays.Add(new MemberStay(row.GetInt64(0), row.GetInt64(1) is > 0 and var toSeq ? toSeq : null));
        stays.Reverse();
        return stays;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task WriteAsync(HistoryCommit commit, CancellationToken cancellationToken)
    {
        if (!_unfinished.TryGetValue(commit, out var write))
            write = new CommitWrite(session, commit.Head.Chat, commit.Rows);
        try
        {
            await write.RunAsync(commit.Head, commit.RosterChanged, cancellationToken);
            _unfinished.Remove(commit);
        }
        catch (HistoryUnavailableException)
        {
            _unfinished.AddOrUpdate(commit, write);
            throw;
        }
    }

    private void NoteErasures(IReadOnlyList<HistoryCommit> commits)
    {
        foreach (var commit in commits)
            foreach (var row in commit.Rows)
                if (row is ErasureRow || row is DeletionRow) RaiseErased(row.Stamp / MicrosecondsPerMs);
    }

    private void RaiseErased(long timeMs)
    {
        for (var former = Interlocked.Read(ref _erasedMs); timeMs > former;)
            former = Interlocked.CompareExchange(ref _erasedMs, timeMs, former) is var seen && seen == former
                ? timeMs
                : seen;
    }

    private async ValueTask FlushErasuresAsync(CancellationToken cancellationToken)
    {
        var erasedMs = Interlocked.Read(ref _erasedMs);
        if (erasedMs <= Interlocked.Read(ref _erasedToldMs)) return;
        using var write = (await session.BindAsync(HistoryCql.WriteMaintenance, cancellationToken))
            .Set(0, ErasureRow).Set(1, erasedMs).Set(2, erasedMs * MicrosecondsPerMs);
        await session.WriteAsync(write, cancellationToken);
        Interlocked.Exchange(ref _erasedToldMs, erasedMs);
    }
}
