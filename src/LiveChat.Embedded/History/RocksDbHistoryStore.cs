using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Embedded.Disk;
using LiveChat.Protocol.Ids;
using RocksDbSharp;

namespace LiveChat.Embedded.History;

/// <summary>
/// The chats' side of history on RocksDB.
/// <code>
/// chat_head     chat                            → head         chat 'r' → roster         chat 'f' → first event left
/// events        chat seq 0 → event              chat seq 1 → content            chat seq 2 → deleted_seq
/// edits         chat seq edit_seq               → body
/// reactions     chat seq emoji 0 user 0         → on event_seq (while it is on)
/// reaction_changes  chat seq event_seq          → on emoji_length emoji user
/// chat_members  chat user 0 from_seq            → to_seq (0: none)
/// user_chats    user 0 chat 'h' → head          user 0 chat 'm' → membership    user 0 chat 'r' → read by events
/// client_keys   chat sender 0 client_id         → use
/// chats_by_time an index of user_chats          see ChatsByTime
/// </code>
/// Buckets and months are left out of the keys: they only bound the partitions of a cluster. Write: one atomic batch
/// of whole commits, unsynced; a commit at or below the stored head is there already and left out, so that repeated
/// and late ones change nothing. Read: point reads and range scans. Delete: a message's content is a cell of its own,
/// so that an erasure needs no read. What cannot be read of an event harms no other: see
/// <see cref="RocksDbEventReader"/>. Any thread.
/// </summary>
internal sealed class RocksDbHistoryStore(HistoryDatabase database) : IHistoryStore
{
    private const int KeyBytesMax = 256;
    private const int ValueBytesMax = 64;

    public string Epoch => database.Epoch;

    public ValueTask<ChatState?> ReadHeadAsync(ChatId chat, CancellationToken cancellationToken)
    {
        Span<byte> buffer = stackalloc byte[9];
        var key = new KeyWriter(buffer).Number(chat.Value);
        if (database.Get(key.Key, database.ChatHead) is not { } head) return ValueTask.FromResult<ChatState?>(null);

        // The roster is written with a head and never without one. A later roster than the head can be seen here only
        // together with a later head, so the pair is read again until it did not move.
        while (true)
        {
            var roster = database.Get(new KeyWriter(buffer).Number(chat.Value).Byte((byte)'r').Key, database.ChatHead)
                ?? throw DataDamagedException.Found($"chat {chat} has a head and no roster");
            var again = database.Get(new KeyWriter(buffer).Number(chat.Value).Key, database.ChatHead)!;
            if (again.AsSpan().SequenceEqual(head))
                return ValueTask.FromResult<ChatState?>(RowCodec.ReadHead(chat, head, RosterBytes.Read(roster)));
            head = again;
        }
    }

    public ValueTask<KeyUse?> ReadKeyAsync(
        ChatId chat, UserId sender, ClientId clientId, CancellationToken cancellationToken)
    {
        Span<byte> buffer = stackalloc byte[KeyBytesMax];
        var key = new KeyWriter(buffer).Number(chat.Value).Text(sender.Value).Id(clientId.Value);
        return ValueTask.FromResult<KeyUse?>(
            database.Get(key.Key, database.ClientKeys) is { } value ? RowCodec.ReadKey(value) : null);
    }

    public ValueTask WriteAsync(IReadOnlyList<HistoryCommit> commits, CancellationToken cancellationToken)
    {
        using var batch = new WriteBatch();
        Span<byte> buffer = stackalloc byte[KeyBytesMax];
        foreach (var commit in commits)
        {
            var head = commit.Head;
            var key = new KeyWriter(buffer).Number(head.Chat.Value);
            var stored = database.Get(key.Key, database.ChatHead);
            if (stored is not null && RowCodec.StampOf(stored) >= head.Stamp) continue;
            foreach (var row in commit.Rows)
                Put(batch, head.Chat, row);
            if (commit.RosterChanged)
                batch.Put(
                    new KeyWriter(buffer).Number(head.Chat.Value).Byte((byte)'r').Key,
                    RosterBytes.Of(head.Roster), database.ChatHead);
            batch.Put(new KeyWriter(buffer).Number(head.Chat.Value).Key, RowCodec.Head(head), database.ChatHead);
            ChatsByTime.Move(batch, database, stored, commit);
        }

        if (batch.Count() > 0) database.Write(batch, sync: false);
        return ValueTask.CompletedTask;
    }

    /// <summary>A sync takes milliseconds and is waited for on the pool, not on the caller's loop.</summary>
    public async ValueTask FlushAsync(IReadOnlyDictionary<int, Position> passed, CancellationToken cancellationToken) =>
        await Task.Run(
            () =>
            {
                database.NotePassed(passed);
                database.Sync();
            },
            cancellationToken);

    public ValueTask<EventsRead> ReadEventsAsync(
        ChatId chat, EventRange range, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new RocksDbEventReader(database, chat, range).Read());

    public ValueTask<IReadOnlyList<MemberStay>> ReadStaysAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        Span<byte> low = stackalloc byte[KeyBytesMax];
        Span<byte> high = stackalloc byte[KeyBytesMax];
        var rows = database.Scan(
            database.ChatMembers,
            new KeyWriter(low).Number(chat.Value).Text(user.Value).Key,
            new KeyWriter(high).Number(chat.Value).Text(user.Value).Number(ulong.MaxValue).Key,
            IHistoryStore.StaysMax,
            isDownward: true);
        rows.Reverse();
        var first = database.FirstEventOf(chat);
        return ValueTask.FromResult<IReadOnlyList<MemberStay>>(
        [
            .. rows.Select(static row => new MemberStay(
                BinaryPrimitives.ReadInt64BigEndian(row.Key.AsSpan(row.Key.Length - 8)),
                RowCodec.Number(row.Value, 0) is > 0 and var toSeq ? toSeq : null))
                .Where(stay => !(stay.ToSeq < first))
                .Select(stay => stay with { FromSeq = Math.Max(stay.FromSeq, first) }),
        ]);
    }

    /// <summary>The database is closed by whoever opened it.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Adds the cells of a row to a batch.</summary>
    public void Put(WriteBatch batch, ChatId chat, HistoryRow row)
    {
        Span<byte> buffer = stackalloc byte[KeyBytesMax];
        Span<byte> value = stackalloc byte[ValueBytesMax];
        var key = new KeyWriter(buffer);
        switch (row)
        {
            case EventRow it:
                key = key.Number(chat.Value).Number(it.Event.Seq).Byte(RocksDbEventReader.EventCell);
                Put(batch, key.Key, it.Event, database.Events);
                buffer[16] = RocksDbEventReader.ContentCell;
                if (it.Content is not null) Put(batch, key.Key, it.Content, database.Events);
                break;
            case EditRow it:
                key = key.Number(chat.Value).Number(it.Target).Number(it.EditSeq);
                Put(batch, key.Key, it.Content, database.Edits);
                break;
            case ErasureRow it:
                Erase(batch, chat, it);
                break;
            case ReactionRow it:
                key = key.Number(chat.Value).Number(it.Target).Text(it.Emoji).Text(it.User.Value);
                if (it.On) batch.Put(key.Key, RowCodec.Numbers(value, 1, it.EventSeq), database.Reactions);
                else batch.Delete(key.Key, database.Reactions);
                key = new KeyWriter(buffer).Number(chat.Value).Number(it.Target).Number(it.EventSeq);
                batch.Put(key.Key, RowCodec.ReactionChange(it), database.ReactionChanges);
                break;
            case StayRow it:
                key = key.Number(chat.Value).Text(it.User.Value).Number(it.FromSeq);
                batch.Put(key.Key, RowCodec.Numbers(value, it.ToSeq ?? 0), database.ChatMembers);
                break;
            case KeyRow it:
                key = key.Number(chat.Value).Text(it.Sender.Value).Id(it.ClientId.Value);
                batch.Put(key.Key, RowCodec.Key(value, it.Use), database.ClientKeys);
                break;
            case UserChatRow it:
                key = key.Text(it.User.Value).Number(chat.Value).Byte((byte)'m');
                batch.Put(
                    key.Key, RowCodec.Numbers(value, it.FromSeq, it.ToSeq ?? 0, it.Pull ? 1 : 0), database.UserChats);
                break;
            case UserChatHeadRow it:
                key = key.Text(it.User.Value).Number(chat.Value).Byte((byte)'h');
                batch.Put(key.Key, RowCodec.Numbers(value, it.HeadSeq, it.HeadN, it.HeadTimeMs), database.UserChats);
                break;
            case UserChatReadRow it:
                key = key.Text(it.User.Value).Number(chat.Value).Byte((byte)'r');
                batch.Put(key.Key, RowCodec.Numbers(value, it.ReadSeq, it.ReadN, it.ReadTimeMs), database.UserChats);
                break;
            case DeletionRow it:
                RocksDbDeletionStore.Begin(batch, database, chat, it);
                break;
            default:
                throw new InvalidOperationException($"No table takes a {row.GetType().Name}.");
        }
    }

    private static void Put(WriteBatch batch, ReadOnlySpan<byte> key, IMessage message, ColumnFamilyHandle family)
    {
        var size = message.CalculateSize();
        var rented = ArrayPool<byte>.Shared.Rent(size);
        message.WriteTo(rented.AsSpan(0, size));
        batch.Put(key, rented.AsSpan(0, size), family);
        ArrayPool<byte>.Shared.Return(rented);
    }

    private void Erase(WriteBatch batch, ChatId chat, ErasureRow erasure)
    {
        Span<byte> buffer = stackalloc byte[KeyBytesMax];
        var content = new KeyWriter(buffer)
            .Number(chat.Value).Number(erasure.Target).Byte(RocksDbEventReader.ContentCell);
        batch.Delete(content.Key, database.Events);
        buffer[16] = RocksDbEventReader.DeletedCell;
        batch.Put(content.Key, RowCodec.Numbers(erasure.DeletedSeq), database.Events);

        Span<byte> limit = stackalloc byte[16];
        var first = content.Key[..16].ToArray();
        var last = new KeyWriter(limit).Number(chat.Value).Number(erasure.Target + 1).Key.ToArray();
        batch.DeleteRange(first, (ulong)first.Length, last, (ulong)last.Length, database.Edits);
    }
}
