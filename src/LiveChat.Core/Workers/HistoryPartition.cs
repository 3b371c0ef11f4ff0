using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Workers;

/// <summary>
/// The loop of one partition of history-writers, batch by batch: load the heads of the chats that are not in memory,
/// look up the keys that need it, decide in the order of the log, write rows and heads (the head last: the commit
/// point), then say how far history is. The next batch waits for the former, so commits of a chat are never two at a
/// time. A crash in between repeats the same writes with the same content and stamps.
/// </summary>
internal sealed class HistoryPartition(
    int partition,
    Position start,
    IPartitionReader reader,
    IHistoryStore store,
    HistoryProgress progress,
    EntryDecoder decoder,
    BuildCommit buildCommit,
    WorkerOptions options,
    WorkerBudget budget,
    StoreCalls calls,
    WorkerMetrics metrics,
    PartitionAlerts alerts)
    : IPartitionLoop
{
    private readonly ChatTable _chats = new(budget);

    private readonly Func<CommandKeyInChat, CancellationToken, ValueTask<KeyUse?>> _readKey =
        (key, token) =>
        {
            metrics.KeyRead(ConsumerGroups.HistoryWriters);
            return store.ReadKeyAsync(key.Chat, key.Key.Sender, key.Key.ClientId, token);
        };

    // The batch in hand; empty while the next one gathers.
    private readonly List<DecodedEntry> _entries = [];
    private readonly Dictionary<CommandKeyInChat, KeyUse?> _looked = [];
    private readonly Dictionary<ChatId, List<SequencedEvent>> _events = [];
    private long _written = start.Value;
    private long _writtenTimeMs;
    private long _lastRecord = start.Value;

    public Position Start => start;

    /// <summary>Everything at or below is written, not necessarily durable; any thread may read it.</summary>
    public Position Written => new(Volatile.Read(ref _written));

    /// <summary>The append time of the last record that was written.</summary>
    public long WrittenTimeMs => Volatile.Read(ref _writtenTimeMs);

    /// <summary>The ticks at the end of what it has written. What it began behind counts as a record. Any thread.
    /// </summary>
    public TickRun Ticks
    {
        get
        {
            var through = Written; // First: a record is noted before it counts as written.
            return new TickRun(new Position(Volatile.Read(ref _lastRecord)), through);
        }
    }

    Position IPartitionLoop.Done => Written;

    long IPartitionLoop.DoneTimeMs => WrittenTimeMs;

    public void Look(LogRange range)
    {
        // History says nothing of the end.
    }

    public void MakeRoom() => _chats.SweepResting(Written, static _ => false);

    public void Leave() => _chats.Leave();

    public async Task RunAsync(CancellationToken stoppingToken)
    {
        var after = start;
        Advance(after, 0);
        Exception? stop = null;
        while (stop is null)
        {
            await Task.Yield(); // A backlog that is read without waiting must not keep the others from running.
            var batch = await ReadAsync(after, stoppingToken);
            (var last, stop) = Decode(batch, after);
            await LoadAsync(stoppingToken);
            if (Decide() is { } undecidable)
                (last, stop) = undecidable;
            await WriteAsync(stoppingToken);

            after = last;
            Advance(after, batch[^1].TimeMs);
            metrics.Processed(ConsumerGroups.HistoryWriters, _entries.Count);
            Forget(batch[^1].TimeMs);
            Clear();
            await PauseAsync(batch, stoppingToken);
        }

        throw new PartitionStoppedException(after, stop);
    }

    /// <summary>Lets go of the batch: while the next one gathers it would only be moved from one generation of the heap
    /// to the next.</summary>
    private void Clear()
    {
        _entries.Clear();
        _looked.Clear();
        _events.Clear();
    }

    /// <summary>Lets messages gather, so that each chat's rows are written once for several. A backlog is not kept
    /// waiting.</summary>
    private ValueTask PauseAsync(IReadOnlyList<LogEntry> batch, CancellationToken stoppingToken)
    {
        if (options.HistoryPause <= TimeSpan.Zero) return ValueTask.CompletedTask;
        var bytes = batch.Sum(static entry => (long)entry.Bytes.Length);
        return bytes >= options.BatchBytesMax / 2
            ? ValueTask.CompletedTask
            : progress.PauseAsync(partition, options.HistoryPause, stoppingToken);
    }

    private async Task<IReadOnlyList<LogEntry>> ReadAsync(Position after, CancellationToken stoppingToken)
    {
        _chats.Rest();
        try
        {
            return await reader.ReadAsync(partition, after, options.BatchBytesMax, stoppingToken);
        }
        catch (LogTrimmedException e)
        {
            throw new PartitionStoppedException(after, e);
        }
        finally
        {
            _chats.Wake();
        }
    }

    /// <summary>Opens the batch up to the first entry that cannot be decided.</summary>
    private (Position Last, Exception? Stop) Decode(IReadOnlyList<LogEntry> batch, Position after)
    {
        var last = after;
        foreach (var entry in batch)
        {
            if (entry.Position <= last) continue; // It came before.
            try
            {
                var kind = decoder.Decode(entry, out var decoded);
                if (kind is not EntryKind.Tick) Volatile.Write(ref _lastRecord, entry.Position.Value);
                if (kind is EntryKind.Record) _entries.Add(decoded);
                if (kind is EntryKind.Damaged) alerts.SetAside(partition, entry.Position);
            }
            catch (Exception e)
            {
                return (last, e);
            }

            last = entry.Position;
        }

        return (last, null);
    }

    /// <summary>Heads first, then keys: which keys are needed depends on the heads. Both many at a time.</summary>
    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        Dictionary<ChatId, Task<ChatState?>>? heads = null;
        foreach (var entry in _entries)
        {
            var chat = entry.Chat;
            if (_chats.TryGet(chat, out _) || heads?.ContainsKey(chat) == true)
                continue;
            var head = calls.ReadAsync(chat, store.ReadHeadAsync, cancellationToken);
            (heads ??= []).Add(chat, head.AsTask());
        }

        if (heads is not null)
        {
            await Task.WhenAll(heads.Values);
            foreach (var (chat, head) in heads)
                _chats.Add(chat, await head);
        }

        await LookUpAsync(cancellationToken);
    }

    private async Task LookUpAsync(CancellationToken cancellationToken)
    {
        List<(CommandKeyInChat Key, Task<KeyUse?> Use)>? reads = null;
        foreach (var entry in _entries)
        {
            _chats.TryGet(entry.Chat, out var chat);
            var key = new CommandKeyInChat(entry.Chat, entry.Key);
            if (chat!.IsPast(entry.Position) // Every chat of the batch was loaded. What is repeated needs no look.
                || !chat.NeedsLookup(entry.Key)
                || !_looked.TryAdd(key, null))
                continue;
            var use = calls.ReadAsync(key, _readKey, cancellationToken);
            if (use.IsCompleted)
                _looked[key] = await use;
            else
                (reads ??= []).Add((key, use.AsTask()));
        }

        if (reads is null)
            return;
        await Task.WhenAll(reads.Select(read => read.Use));
        foreach (var (key, use) in reads)
            _looked[key] = await use;
    }

    /// <returns>Null, or the entry at which the partition must stop: what lies before it is still written.</returns>
    private (Position Last, Exception Stop)? Decide()
    {
        var last = Written;
        foreach (var entry in _entries)
        {
            try
            {
                _chats.TryGet(entry.Chat, out var chat);
                _looked.TryGetValue(new CommandKeyInChat(entry.Chat, entry.Key), out var stored);
                if (_chats.Apply(chat!, entry, stored) is Verdict.Accepted { Event: var accepted })
                    Add(entry.Chat, accepted);
            }
            catch (Exception e)
            {
                return (last, e);
            }

            last = entry.Position;
        }

        return null;
    }

    private void Add(ChatId chat, SequencedEvent accepted)
    {
        if (_events.TryGetValue(chat, out var events))
            events.Add(accepted);
        else
            _events.Add(chat, [accepted]);
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        if (_events.Count == 0)
            return;
        var commits = new List<HistoryCommit>(_events.Count);
        foreach (var events in _events.Values)
            commits.Add(buildCommit(events));
        await calls.WriteAsync(token => store.WriteAsync(commits, token), cancellationToken);
    }

    private void Advance(Position position, long timeMs)
    {
        Volatile.Write(ref _written, position.Value);
        Volatile.Write(ref _writtenTimeMs, timeMs);
        progress.Advance(partition, position);
    }

    /// <summary>K moves between batches only, so that what was looked up for a batch stays right within it.</summary>
    private void Forget(long logTimeMs)
    {
        foreach (var id in _events.Keys)
        {
            if (_chats.TryGet(id, out var chat))
                _chats.Forget(chat, Written, logTimeMs);
        }

        _chats.SweepWhenLarge(Written, static _ => false);
    }

    private readonly record struct CommandKeyInChat(ChatId Chat, CommandKey Key);
}
