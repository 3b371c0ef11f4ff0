using System.Threading.Channels;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Workers;

/// <summary>
/// The loop of one partition of delivery-workers. A record whose chat and key are in memory is decided and handed over
/// at once, without a task. One that needs a read of the store waits, and holds back the later records of its chat
/// only; so when the store is away, the chats in memory go on. A record that is decided but not handed over yet holds
/// back no other. Of all partitions at most <see cref="WorkerOptions.WaitingMax"/> records of
/// <see cref="WorkerOptions.WaitingBytesMax"/> together wait, for either; when there are as many, a partition with more
/// than its share waits.
/// </summary>
/// <remarks>The loop owns all state. Reads and hand-overs run as tasks of their own and come back through a queue into
/// the loop. The positions, the times and the chats' states may be read from any thread.</remarks>
internal sealed class DeliveryPartition : IPartitionLoop
{
    private static readonly TimeSpan HistoryWait = TimeSpan.FromSeconds(1);

    private readonly int _partition;
    private readonly IPartitionReader _log;
    private readonly HistoryProgress _progress;
    private readonly EntryDecoder _decoder;
    private readonly DeliveryReader _reader;
    private readonly WorkerOptions _options;
    private readonly WorkerBudget _budget;
    private readonly WorkerMetrics _metrics;
    private readonly PartitionAlerts _alerts;
    private readonly ChatTable _chats;
    private readonly IDeliverySink _sink;

    private readonly HandedTime _handedTime;
    private readonly Dictionary<ChatId, HeldChat> _held = [];
    private readonly Queue<HeldRecord> _order = [];
    private readonly Channel<Ended> _ended;
    private long _orderBytes;

    /// <summary>The last record that was taken from the log; those that wait are among the ones before.</summary>
    private Position _taken;
    private long _takenTimeMs;
    private readonly Position _silentThrough;
    private long _handed;
    private long _handedRecordMs;

    /// <summary>How many records were taken that are no ticks; and when it was last asked whether there are more.
    /// </summary>
    private long _records;
    private long _recordsAsked;

    /// <summary>The end of the log as it was last told.</summary>
    private long _end;

    /// <summary>The end of the log when this loop began, as far as it was told.</summary>
    private long _endAtStart = long.MaxValue;
    private Task _readLog = Task.CompletedTask;
    private Task _readReady = Task.CompletedTask;

    public DeliveryPartition(
        int partition,
        Position start,
        Position silentThrough,
        bool hasClock,
        IPartitionReader log,
        HistoryProgress progress,
        IDeliverySink sink,
        EntryDecoder decoder,
        DeliveryReader reader,
        WorkerOptions options,
        WorkerBudget budget,
        WorkerMetrics metrics,
        PartitionAlerts alerts,
        ulong number = 0)
    {
        (_partition, _log, _progress, _decoder, _reader) = (partition, log, progress, decoder, reader);
        (_options, _budget, _metrics, _alerts) = (options, budget, metrics, alerts);
        (Start, _taken, _handed, _silentThrough) = (start, start, start.Value, silentThrough);
        _chats = new ChatTable(budget);
        _handedTime = new HandedTime(hasClock);
        Mark = new PartitionMark(partition, number, silentThrough, _handedTime);
        _sink = sink;

        // Each entry stands for a record that waits, of a chat the first one, so it is never full.
        _ended = Channel.CreateBounded<Ended>(new BoundedChannelOptions(options.WaitingMax)
        {
            SingleReader = true,
            SingleWriter = false,
            AllowSynchronousContinuations = false,
            FullMode = BoundedChannelFullMode.Wait,
        });
    }

    public Position Start { get; }

    /// <summary>How far it is, for those who are told of it.</summary>
    public PartitionMark Mark { get; }

    /// <summary>Up to here nothing is left to hand over.</summary>
    public Position Handed => new(Math.Max(Volatile.Read(ref _handed), _silentThrough.Value));

    /// <summary>
    /// The log's time up to which everything has been handed over; it never falls. Only the log says it (see
    /// <see cref="HandedTime"/>), so it never passes a record that is not visible yet. In a stopped partition it stays
    /// before the record at which the partition stopped, where history stops too: a device that resumes from it gets
    /// what stands behind once the partition runs again.
    /// </summary>
    public long HandedTimeMs => _handedTime.Value;

    Position IPartitionLoop.Done => Handed;

    long IPartitionLoop.DoneTimeMs => Math.Max(HandedTimeMs, Volatile.Read(ref _handedRecordMs));

    /// <summary>
    /// Whether all that stood in the log when this loop began has been handed over: from then on no state is behind
    /// what was acknowledged, by this process or the one before.
    /// </summary>
    public bool HasCaughtUp => Volatile.Read(ref _handed) >= Volatile.Read(ref _endAtStart);

    /// <summary>The state of a chat that is in memory.</summary>
    public bool TryGetState(ChatId chat, out ChatState? state)
    {
        var isHere = _chats.TryGet(chat, out var found);
        state = found?.State;
        return isHere;
    }

    /// <summary>Where nothing is left to hand over, the log's time is this partition's.</summary>
    public void Look(LogRange range)
    {
        Interlocked.CompareExchange(ref _endAtStart, range.End.Value, long.MaxValue);
        Volatile.Write(ref _end, range.End.Value);
        if (Volatile.Read(ref _handed) == range.End.Value) _handedTime.Rest(range.NextTimeMs);
    }

    /// <summary>Whether nothing is left to hand over, and no record came since this was last asked. One thread asks.
    /// </summary>
    public bool IsIdle()
    {
        var records = Volatile.Read(ref _records);
        var isIdle = records == _recordsAsked && Handed.Value >= Volatile.Read(ref _end);
        _recordsAsked = records;
        return isIdle;
    }

    public void MakeRoom() => _chats.SweepResting(_progress.Passed(_partition), _held.ContainsKey);

    public void Leave()
    {
        _chats.Leave();
        _budget.AddWaiting(-_order.Count, -_orderBytes);
    }

    public async Task RunAsync(CancellationToken stoppingToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        try
        {
            await ReadLogAsync(ending.Token);
        }
        catch (LogTrimmedException e)
        {
            MoveHanded();
            Mark.Stop();
            throw new PartitionStoppedException(_taken, e);
        }
        catch (PartitionStoppedException)
        {
            MoveHanded();
            Mark.Stop();
            throw;
        }
        finally
        {
            ending.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
            await EndReadsAsync();
        }
    }

    private async Task EndReadsAsync()
    {
        const ConfigureAwaitOptions Quietly =
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext;
        var reads = _held.Values.Select(static held => held.Read);
        var handOvers = _order.Select(static record => record.HandOver);
        await Task.WhenAll([.. reads, .. handOvers, _readLog, _readReady])
            .ConfigureAwait(Quietly);
    }

    private async Task ReadLogAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Yield(); // A backlog that is read without waiting must not keep the others from running.
            await WaitForHistoryAsync(stoppingToken);
            var read = _log.ReadAsync(_partition, _taken, _options.BatchBytesMax, stoppingToken).AsTask();
            _readLog = read;
            while (!read.IsCompleted)
            {
                _chats.Rest();
                await Task.WhenAny(read, ReadyAsync(stoppingToken));
                _chats.Wake();

                // From then on the other task ends at once: without this the loop would turn until the read ends too.
                stoppingToken.ThrowIfCancellationRequested();
                ResumeReady(stoppingToken);
            }

            var before = _records;
            await TakeAsync(await read, stoppingToken);
            _metrics.Processed(ConsumerGroups.DeliveryWorkers, (int)(_records - before));
        }
    }

    /// <summary>Ends when a read of the store or a hand-over has; one task until then, however often it is asked for.
    /// </summary>
    private Task ReadyAsync(CancellationToken stoppingToken)
    {
        if (_readReady.IsCompleted)
            _readReady = Waiting.InContextAsync(_ended.Reader.WaitToReadAsync(stoppingToken));
        return _readReady;
    }

    private async Task TakeAsync(IReadOnlyList<LogEntry> batch, CancellationToken stoppingToken)
    {
        _handedTime.Take(batch, isAllHanded: _order.Count == 0);
        ResumeReady(stoppingToken);
        foreach (var entry in batch)
        {
            if (entry.Position <= _taken) continue; // It came before.
            while (_budget.IsFullFor(_order.Count, _orderBytes))
            {
                await ReadyAsync(stoppingToken);
                ResumeReady(stoppingToken);
            }

            Take(entry, stoppingToken);
        }

        MoveHanded();
        _chats.SweepWhenLarge(_progress.Passed(_partition), _held.ContainsKey);
    }

    private void Take(in LogEntry entry, CancellationToken stoppingToken)
    {
        Mark.NoteRead(entry.Position); // Before it is addressed: who comes behind that waits for history to have it.
        try
        {
            var kind = _decoder.Decode(entry, out var decoded);
            if (kind is not EntryKind.Tick) Volatile.Write(ref _records, _records + 1);
            if (kind is EntryKind.Damaged)
                _alerts.SetAside(_partition, entry.Position);
            else if (kind is EntryKind.Record && _held.TryGetValue(decoded.Chat, out var held))
                Hold(held, decoded);
            else if (kind is EntryKind.Record)
                TakeFree(decoded, stoppingToken);
        }
        catch (Exception e) when (e is not HeldReadFailedException)
        {
            throw new PartitionStoppedException(entry.Position, e);
        }

        _taken = entry.Position;
        _takenTimeMs = entry.TimeMs;
    }

    private void TakeFree(in DecodedEntry entry, CancellationToken stoppingToken)
    {
        HeldChat? held = null;
        if (!TryDecide(entry, ref held, out var handOver, stoppingToken))
        {
            _held.Add(entry.Chat, held!); // It made one since it has to wait.
            Hold(held!, entry);
        }
        else if (!handOver.IsCompletedSuccessfully)
        {
            AwaitHandOver(Enqueue(entry), handOver);
        }
    }

    private void Hold(HeldChat held, in DecodedEntry entry) => held.Records.Enqueue(Enqueue(entry));

    private HeldRecord Enqueue(in DecodedEntry entry)
    {
        var record = new HeldRecord(entry, _taken);
        _order.Enqueue(record);
        _orderBytes += entry.Bytes;
        _budget.AddWaiting(1, entry.Bytes);
        return record;
    }

    /// <summary>Keeps the mark before the record until it is handed over.</summary>
    private void AwaitHandOver(HeldRecord record, ValueTask handOver) =>
        record.HandOver = NoteHandOverAsync(record, handOver);

    private async Task NoteHandOverAsync(HeldRecord record, ValueTask handOver)
    {
        try
        {
            await handOver;
        }
        catch (Exception e)
        {
            record.Failure = e; // The loop throws it.
        }

        _ended.Writer.TryWrite(new Ended(null, record));
    }

    /// <summary>
    /// Decides on the record and begins to hand it over; or false when it has to wait for a read, which then runs.
    /// </summary>
    private bool TryDecide(
        in DecodedEntry entry, ref HeldChat? held, out ValueTask handOver, CancellationToken stoppingToken)
    {
        handOver = ValueTask.CompletedTask;
        if (!_chats.TryGet(entry.Chat, out var chat))
        {
            held ??= new HeldChat(entry.Chat);
            if (!held.HasHead && MustWait(held, _reader.HeadAsync(held, stoppingToken)))
                return false;
            chat = _chats.Add(entry.Chat, held.TakeHead());
        }

        var isSilent = entry.Position <= _silentThrough;
        var isPast = chat.IsPast(entry.Position);
        if (isPast && isSilent)
            return true;

        LookedUp found = default;
        var content = isPast || isSilent ? ContentFate.Shown : ContentOf(chat, entry.Record);
        var asked = new LookUp(entry, isPast, chat.NeedsLookup(entry.Key), content is ContentFate.Unknown);
        if (isPast || asked.Key || asked.Target)
        {
            held ??= new HeldChat(entry.Chat);
            if (!held.HasLookedUp && MustWait(held, _reader.LookUpAsync(held, asked, stoppingToken)))
                return false;
            found = held.TakeLookedUp();
            if (asked.Target) content = found.Content;
        }

        if (isPast)
        {
            // A chat that is past a record has a state.
            handOver = _sink.HandAsync(RecordOutcomes.OfPast(chat.State!, entry, found), stoppingToken);
            return true;
        }

        var verdict = _chats.Apply(chat, entry, found.Use);
        if (!isSilent && RecordOutcomes.Of(entry.Record, verdict, content) is { } outcome)
            handOver = _sink.HandAsync(outcome, stoppingToken);
        _chats.Forget(chat, _progress.Passed(_partition), entry.TimeMs);
        return true;
    }

    /// <summary>Whether the content of an edit may be pushed; what is not pushed needs no look.</summary>
    private static ContentFate ContentOf(ChatSequencer chat, Record record) =>
        record.Edit is not null && record.Target is { } target && chat.State is { Pull: false } state
            && target.Seq <= (ulong)state.Seq
                ? chat.FateOf((long)target.Seq)
                : ContentFate.Shown;

    /// <summary>False when the read needed no waiting: its result is there.</summary>
    private bool MustWait(HeldChat held, Task read)
    {
        if (read.IsCompleted)
            return false;
        held.Read = PostAsync(held, read);
        return true;
    }

    private async Task PostAsync(HeldChat held, Task read)
    {
        await read;
        _ended.Writer.TryWrite(new Ended(held, null));
    }

    /// <summary>Goes on with the chats whose reads have ended, and counts what was handed over.</summary>
    private void ResumeReady(CancellationToken stoppingToken)
    {
        var resumed = false;
        while (_ended.Reader.TryRead(out var ended))
        {
            resumed = true;
            if (ended.Read is { } held) Resume(held, stoppingToken);
            if (ended.HandedOver is not { } record) continue;
            if (record.Failure is { } failure) throw new PartitionStoppedException(record.Entry.Position, failure);
            record.IsDone = true;
        }

        if (resumed)
            MoveHanded();
    }

    private void Resume(HeldChat held, CancellationToken stoppingToken)
    {
        var same = held;
        while (held.Records.TryPeek(out var record))
        {
            ValueTask handOver;
            try
            {
                if (!TryDecide(record.Entry, ref same!, out handOver, stoppingToken))
                    return;
            }
            catch (Exception e) when (e is not HeldReadFailedException)
            {
                throw new PartitionStoppedException(record.Entry.Position, e);
            }

            held.Records.Dequeue();
            if (handOver.IsCompletedSuccessfully) record.IsDone = true;
            else AwaitHandOver(record, handOver);
        }

        _held.Remove(held.Id);
    }

    /// <summary>Moves the mark up to the first record that still waits.</summary>
    private void MoveHanded()
    {
        while (_order.TryPeek(out var oldest) && oldest.IsDone)
        {
            var bytes = _order.Dequeue().Entry.Bytes;
            _orderBytes -= bytes;
            _budget.AddWaiting(-1, -bytes);
        }

        var (position, timeMs) = _order.TryPeek(out var waiting)
            ? (waiting.Before, waiting.Entry.TimeMs - 1)
            : (_taken, _takenTimeMs);
        Volatile.Write(ref _handed, position.Value);
        Volatile.Write(ref _handedRecordMs, timeMs);
        Mark.NoteHanded(position); // Before its time.

        // What was handed over stays so: a stop at the first record of a process would say that nothing was.
        _handedTime.Move(position, timeMs);
    }

    /// <summary>
    /// Memory is bounded by history: a chat that it does not have yet cannot be forgotten. Nor can one that a record
    /// waits for, so those whose reads end meanwhile go on; else all could be held and none would ever leave.
    /// </summary>
    private async Task WaitForHistoryAsync(CancellationToken stoppingToken)
    {
        while (_chats.IsFull)
        {
            ResumeReady(stoppingToken);
            var passed = _progress.Passed(_partition);
            _chats.SweepWhenLarge(passed, _held.ContainsKey);
            if (_chats.IsFull)
                await _progress.WaitAsync(_partition, new Position(passed.Value + 1), HistoryWait, stoppingToken);
        }
    }

    /// <summary>A read that has ended, or a hand-over.</summary>
    private readonly record struct Ended(HeldChat? Read, HeldRecord? HandedOver);
}
