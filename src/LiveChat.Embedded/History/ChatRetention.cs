using System.Diagnostics.Metrics;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;
using RocksDbSharp;

namespace LiveChat.Embedded.History;

/// <summary>
/// Removes from the chats on RocksDB the events that are older than an age: their content, edits and reactions.
/// <code>
/// chat_head  chat 'f' → the first event that is left: stays are cut there on every read
/// </code>
/// An event goes once it is older than the age <i>and</i> the log has it no more, so neither a replay nor a group that
/// is behind misses it. Its seq and the counts of the chat stay, and so do keys, members and marks. The creation stays
/// for what it claimed, where no stay shows it, and the last event stays without its content, so the head has an event.
/// The rows and the first event of a chat go in one batch, unsynced: a turn that was cut off is done by the next one.
/// One loop; the numbers may be read by any thread.
/// </summary>
internal sealed partial class ChatRetention(
    IMessageLog log,
    HistoryDatabase database,
    ChatRetentionOptions options,
    TimeProvider time,
    ILogger<ChatRetention> logger)
{
    private const int HeadsAtOnce = 500;

    /// <summary>Behind the row of every chat.</summary>
    private static readonly byte[] Behind = [.. Enumerable.Repeat(byte.MaxValue, 9)];

    private long _events;

    /// <summary>Events that were removed since the start.</summary>
    public long Events => Interlocked.Read(ref _events);

    /// <summary>Adds the counter.</summary>
    public void Observe(Meter meter) => meter.CreateObservableCounter(
        "livechat.retention.events", () => Events, "{event}", "Events that were removed by their age.");

    /// <summary>Removes at once, and then once a period, until cancelled.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        if (options.Days == 0) return;
        while (true)
        {
            try
            {
                await TrimAsync(stoppingToken);
            }
            catch (LogUnavailableException away)
            {
                LogPostponed(away.Message);
            }

            await Task.Delay(options.Period, time, stoppingToken);
        }
    }

    /// <summary>One turn over all chats.</summary>
    public async Task TrimAsync(CancellationToken cancellationToken)
    {
        var ranges = await log.RangesAsync([.. Enumerable.Range(0, log.Partitions)], cancellationToken);
        var before = new Bound(
            (time.GetUtcNow() - TimeSpan.FromDays(options.Days)).ToUnixTimeMilliseconds(),
            [.. Enumerable.Range(0, log.Partitions).Select(partition => ranges[partition].Begin)]);
        var (chats, events) = await Task.Run(() => TrimAll(before, cancellationToken), cancellationToken);
        if (events > 0) LogRemoved(options.Days, events, chats);
    }

    private (long Chats, long Events) TrimAll(Bound before, CancellationToken cancellationToken)
    {
        var (chats, events) = (0L, 0L);
        for (byte[] from = []; ;)
        {
            var rows = database.Scan(database.ChatHead, from, Behind, HeadsAtOnce);
            using var batch = new WriteBatch();
            foreach (var (key, value) in rows)
            {
                // The row of the head has the chat alone for its key.
                if (key.Length != sizeof(ulong)) continue;
                var gone = Trim(batch, new ChatId((ulong)RowCodec.Number(key, 0)), value, before);
                events += gone;
                chats += gone > 0 ? 1 : 0;
            }

            if (batch.Count() > 0) database.Write(batch, sync: false);
            cancellationToken.ThrowIfCancellationRequested();
            if (rows.Count < HeadsAtOnce) break;
            from = [.. rows[^1].Key, 0];
        }

        database.Sync();
        Interlocked.Add(ref _events, events);
        return (chats, events);
    }

    /// <summary>How many events of the chat go.</summary>
    private long Trim(WriteBatch batch, ChatId chat, byte[] head, Bound before)
    {
        var headSeq = RowCodec.CountsOf(head).Seq;
        var first = database.FirstEventOf(chat);
        if (!IsOld(chat, first, before)) return 0;

        // The last one that is old: the times of a chat never fall.
        var (old, young) = (first, headSeq + 1);
        while (young - old > 1)
        {
            var middle = old + ((young - old) / 2);
            if (IsOld(chat, middle, before)) old = middle;
            else young = middle;
        }

        var isLastOld = old == headSeq;
        var left = isLastOld ? headSeq : old + 1;
        var hasLast = isLastOld && HasContent(chat, headSeq);
        if (left == first && !hasLast) return 0;
        if (left > first) Cut(batch, chat, left);
        if (hasLast) Empty(batch, chat, headSeq);
        return left - first + (hasLast ? 1 : 0);
    }

    private void Cut(WriteBatch batch, ChatId chat, long left)
    {
        database.PutFirstEvent(batch, chat, left);
        DeleteRange(batch, database.Events, chat, 2, left);
        DeleteHanging(batch, chat, 0, left);
    }

    /// <summary>The last event stays as a message does that was deleted.</summary>
    private void Empty(WriteBatch batch, ChatId chat, long seq)
    {
        batch.Delete(EventKey(chat, seq, RocksDbEventReader.ContentCell), database.Events);
        batch.Put(EventKey(chat, seq, RocksDbEventReader.DeletedCell), RowCodec.Numbers(seq), database.Events);
        DeleteHanging(batch, chat, seq, seq + 1);
    }

    private void DeleteHanging(WriteBatch batch, ChatId chat, long from, long to)
    {
        foreach (var table in (ColumnFamilyHandle[])[database.Edits, database.Reactions, database.ReactionChanges])
            DeleteRange(batch, table, chat, from, to);
    }

    private bool HasContent(ChatId chat, long seq) =>
        database.Get(EventKey(chat, seq, RocksDbEventReader.ContentCell), database.Events) is not null;

    /// <summary>An event that cannot be read is not taken for old.</summary>
    private bool IsOld(ChatId chat, long seq, Bound before)
    {
        if (database.Get(EventKey(chat, seq, RocksDbEventReader.EventCell), database.Events) is not { } bytes
            || !TryParse(bytes, out var stored))
            return false;
        var partition = Partitioner.PartitionOf(chat, before.Begins.Length);
        return stored.TimeMs < before.TimeMs && new Position(stored.Position) < before.Begins[partition];
    }

    private static bool TryParse(byte[] bytes, out StoredEvent stored)
    {
        try
        {
            stored = StoredEvent.Parser.ParseFrom(bytes);
            return true;
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            stored = new StoredEvent();
            return false;
        }
    }

    private static void DeleteRange(WriteBatch batch, ColumnFamilyHandle table, ChatId chat, long from, long to)
    {
        var first = new KeyWriter(stackalloc byte[16]).Number(chat.Value).Number(from).Key.ToArray();
        var behind = new KeyWriter(stackalloc byte[16]).Number(chat.Value).Number(to).Key.ToArray();
        if (from < to) batch.DeleteRange(first, (ulong)first.Length, behind, (ulong)behind.Length, table);
    }

    private static byte[] EventKey(ChatId chat, long seq, byte cell) =>
        new KeyWriter(stackalloc byte[17]).Number(chat.Value).Number(seq).Byte(cell).Key.ToArray();

    [LoggerMessage(5020, LogLevel.Information,
        "Events older than {Days} days were removed: {Events} of {Chats} chats.")]
    private partial void LogRemoved(int days, long events, long chats);

    [LoggerMessage(5021, LogLevel.Warning, "No old events were removed, the next turn tries again: {Reason}")]
    private partial void LogPostponed(string reason);

    /// <summary>What is old: below a time, and below where each partition of the log begins.</summary>
    private readonly record struct Bound(long TimeMs, Position[] Begins);
}
