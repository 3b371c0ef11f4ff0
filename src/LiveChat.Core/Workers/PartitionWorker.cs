using LiveChat.Core.Log;
using LiveChat.Core.Timing;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Workers;

/// <summary>
/// A member of a consumer group. For each partition that is assigned it runs a new loop, and drops it when the
/// partition goes: nothing of a former loop is used again. What the loops keep in memory is bounded for all of them
/// together. At most once every <see cref="WorkerOptions.CommitEvery"/> it commits how far they are and measures how
/// far they are behind, each in one request for all partitions. Of partitions in which nothing happens a log without a
/// clock has nothing new to say: these are asked for in turns.
/// </summary>
/// <remarks>A failure of a loop ends all and is thrown. A log that does not answer is asked again, without an end. The
/// lock keeps the partitions that are assigned, and what is said of them, in step.</remarks>
internal abstract partial class PartitionWorker<TPartition> : IPartitionOwner
    where TPartition : class, IPartitionLoop
{
    /// <summary>How long a partition may take to leave: whoever gets it next waits for that.</summary>
    private static readonly TimeSpan LeaveMax = TimeSpan.FromSeconds(10);

    /// <summary>For how long a commit proves that the worker has its partitions, unless commits are rarer: as long as
    /// a group waits for a member that says nothing. It proves it of all, since the group takes no commit of a member
    /// that lost one.</summary>
    private static readonly TimeSpan SureFor = TimeSpan.FromSeconds(6);

    /// <summary>A partition at rest is measured every so many times.</summary>
    private const int RestTurns = 10;

    private readonly string _group;
    private readonly IMessageLog _log;
    private readonly IPartitionReader _reader;
    private readonly LogCalls _calls;
    private readonly WorkerOptions _options;
    private readonly WorkerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly PartitionAlerts _alerts;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly Assignment?[] _assigned;
    private readonly ReadSlots _committing = new(1);
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _turn;
    private readonly TimeSpan _sureFor;
    private long _sureAt;

    protected PartitionWorker(
        string group,
        IMessageLog log,
        IPartitionReader reader,
        LogCalls calls,
        WorkerOptions options,
        WorkerMetrics metrics,
        TimeProvider time,
        ILoggerFactory loggers)
    {
        (_group, _log, _reader, _calls, _options) = (group, log, reader, calls, options);
        (_metrics, _time, _logger) = (metrics, time, loggers.CreateLogger<PartitionAlerts>());
        _alerts = new PartitionAlerts(group, metrics, loggers.CreateLogger<PartitionAlerts>());
        _assigned = new Assignment?[log.Partitions];
        Budget = new WorkerBudget(options);
        _sureFor = TimeSpan.FromTicks(Math.Max(SureFor.Ticks, 3 * options.CommitEvery.Ticks));
    }

    /// <summary>The partitions that stopped, and why.</summary>
    public IReadOnlyDictionary<int, string> Stopped => _alerts.Stopped;

    /// <summary>The partitions that this worker has at the moment.</summary>
    public IReadOnlyCollection<int> Assigned => [.. Snapshot().Select(static one => one.Partition)];

    /// <summary>Whether the worker has the partition for certain: the group gave it, or took a commit, within the last
    /// 6 s, or within three periods of <see cref="WorkerOptions.CommitEvery"/>. Another may have it otherwise. That the
    /// group gave another partition proves nothing. Any thread.</summary>
    public bool IsSureOf(int partition) =>
        Volatile.Read(ref _assigned[partition]) is { } one
        && _time.GetElapsedTime(Math.Max(Volatile.Read(ref _sureAt), one.GivenAt)) < _sureFor;

    /// <summary>What its loops keep in memory, together.</summary>
    public WorkerBudget Budget { get; }

    /// <summary>Hears of entries that are set aside.</summary>
    protected PartitionAlerts Alerts => _alerts;

    /// <summary>How many partitions the log has.</summary>
    public int PartitionCount => _assigned.Length;

    /// <summary>Runs until the token is cancelled.</summary>
    /// <exception cref="WorkerFailedException">The log or the store failed for good: the host stops.</exception>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        await Loops.RunAllAsync(
            [
                token => _reader.RunAsync(this, token),
                token => _failed.Task.InContextAsync().WaitAsync(token),
                token => EveryAsync("commits", CommitAsync, token),
                token => EveryAsync("ends", MeasureAsync, token),
            ],
            stoppingToken);
        if (_failed.Task.Exception?.InnerException is { } last) throw new WorkerFailedException(last);
    }

    public async ValueTask<IReadOnlyDictionary<int, Position>> AssignAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        var givenAt = _time.GetTimestamp();
        var loops = await _calls.RepeatAsync(
            $"starts of {_group}", token => NewLoopsAsync(partitions, token), cancellationToken);
        await _calls.TryAsync(
            $"ends of {_group}",
            async token =>
            {
                foreach (var (partition, range) in await _log.RangesAsync(partitions, token))
                    loops[partition].Look(range);
            },
            cancellationToken);
        Assignment[] coming = [.. loops.Select(one => new Assignment(one.Key, one.Value, givenAt))];
        lock (_lock)
        {
            foreach (var one in coming)
            {
                if (_assigned[one.Partition] is not null)
                    throw new InvalidOperationException($"Partition {one.Partition} is assigned already.");
                _assigned[one.Partition] = one;
            }

            Budget.Partitions = _assigned.Count(static one => one is not null);
        }

        foreach (var one in coming) one.Run = RunLoopAsync(one);
        return loops.ToDictionary(static one => one.Key, static one => one.Value.Start);
    }

    public async ValueTask RevokeAsync(
        IReadOnlyCollection<int> partitions, bool isLost, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LeaveMax, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var leaving = Take(partitions);
        if (isLost) GiveUp(leaving);
        try
        {
            await Task.WhenAll(leaving.Select(EndAsync)).InContextAsync().WaitAsync(ending.Token);
            if (!isLost) await CommitAsync(leaving, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            LogLeftLate(_group, leaving.Count);
        }
        catch (LogUnavailableException away)
        {
            LogNotCommitted(_group, leaving.Count, away.Message);
        }
        finally
        {
            GiveUp(leaving);
        }
    }

    /// <summary>A new loop for each of the partitions, from where the group is.</summary>
    /// <exception cref="LogUnavailableException">Nobody says where that is; it is asked again.</exception>
    protected abstract ValueTask<IReadOnlyDictionary<int, TPartition>> NewLoopsAsync(
        IReadOnlyCollection<int> partitions, CancellationToken cancellationToken);

    /// <summary>Makes durable what is done up to these positions before they are committed.</summary>
    protected virtual ValueTask FlushAsync(
        IReadOnlyDictionary<int, Position> done, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Whether it matters that the worker is sure: it commits again then when there is nothing new.</summary>
    protected virtual bool StaysSure => false;

    /// <summary>The loop of the partition; null when this worker does not have it.</summary>
    protected TPartition? LoopOf(int partition) => Volatile.Read(ref _assigned[partition])?.Loop;

    private Task EveryAsync(string what, Func<CancellationToken, Task> turn, CancellationToken stoppingToken) =>
        Loops.EveryAsync(
            _options.CommitEvery, _time, token => _calls.TryAsync($"{what} of {_group}", turn, token), stoppingToken);

    private List<Assignment> Snapshot()
    {
        lock (_lock) return [.. _assigned.OfType<Assignment>()];
    }

    private async Task RunLoopAsync(Assignment one)
    {
        await Task.Yield(); // Whoever assigns waits for the start positions alone.
        try
        {
            await RunLoopOnAsync(one);
        }
        catch (PartitionStoppedException stop)
        {
            lock (_lock)
                if (_assigned[one.Partition] == one)
                    _alerts.Stop(one.Partition, stop.Position, stop.InnerException ?? stop);
        }
        catch (Exception e) when (
            one.Stop.IsCancellationRequested && (e.InnerException ?? e) is OperationCanceledException)
        {
            // It was asked to end.
        }
        catch (Exception e)
        {
            _failed.TrySetException(e);
        }
    }

    /// <summary>
    /// A node that was frozen reads on where it was, while another has had the partition, and the log was trimmed
    /// behind that one. A new loop would begin further on: nothing is missing, and the group tells soon that the
    /// partition is lost.
    /// </summary>
    private async Task RunLoopOnAsync(Assignment one)
    {
        try
        {
            await one.Loop.RunAsync(one.Stop.Token);
        }
        catch (PartitionStoppedException stop) when (stop.InnerException is LogTrimmedException)
        {
            var start = await _calls.RepeatAsync(
                $"start of {_group} in {one.Partition}",
                async token => (await NewLoopsAsync([one.Partition], token))[one.Partition].Start,
                one.Stop.Token);
            if (start <= stop.Position) throw;
            LogPassed(_group, one.Partition, stop.Position, start);
        }
    }

    /// <summary>Takes the partitions out of the worker: from here on nobody meets their loops.</summary>
    private List<Assignment> Take(IReadOnlyCollection<int> partitions)
    {
        var taken = new List<Assignment>(partitions.Count);
        lock (_lock)
        {
            foreach (var partition in partitions)
            {
                if (_assigned[partition] is not { } one) continue;
                taken.Add(one);
                _assigned[partition] = null;
                _alerts.Forget(partition);
                _metrics.Left(_group, partition);
            }

            Budget.Partitions = _assigned.Count(static one => one is not null);
        }

        return taken;
    }

    /// <summary>What a commit that is under way has not sent yet, it does not send any more.</summary>
    private static void GiveUp(List<Assignment> leaving)
    {
        foreach (var one in leaving) one.IsGivenUp = true;
    }

    private static async Task EndAsync(Assignment one)
    {
        one.Stop.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
        await one.Run;
        one.Loop.Leave();
        one.Stop.Dispose();
    }

    private Task CommitAsync(CancellationToken cancellationToken) => CommitAsync(Snapshot(), cancellationToken);

    private async Task CommitAsync(List<Assignment> assigned, CancellationToken cancellationToken)
    {
        await _committing.EnterAsync(cancellationToken);
        try
        {
            // The positions are taken before the flush, which covers everything written before it began.
            var done = new Dictionary<int, Position>();
            foreach (var one in assigned)
                if (one.Loop.Done is var position && position > one.Committed)
                    done.Add(one.Partition, position);
            if (done.Count == 0 && Proof(assigned) is { } proof) done.Add(proof.Partition, proof.Committed);
            if (done.Count == 0) return;
            await FlushAsync(done, cancellationToken);
            foreach (var one in assigned)
                if (one.IsGivenUp) done.Remove(one.Partition);
            if (done.Count == 0) return;
            var committedAt = _time.GetTimestamp();
            await _reader.CommitAsync(done, cancellationToken);
            Volatile.Write(ref _sureAt, committedAt);
            foreach (var one in assigned)
                if (done.TryGetValue(one.Partition, out var position)) one.Committed = position;
        }
        finally
        {
            _committing.Leave();
        }
    }

    /// <summary>What is committed once more, so that the worker stays sure; null when it need not.</summary>
    private Assignment? Proof(List<Assignment> assigned) =>
        StaysSure && _time.GetElapsedTime(Volatile.Read(ref _sureAt)) + _options.CommitEvery > _sureFor / 2
            ? assigned.Find(static one => !one.IsGivenUp && one.Committed > Position.None)
            : null;

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        var assigned = Snapshot();
        foreach (var one in assigned) one.Loop.MakeRoom();
        _turn = (_turn + 1) % RestTurns;
        if (!_log.HasClock) assigned.RemoveAll(one => one.IsAtRest && one.Partition % RestTurns != _turn);
        if (assigned.Count == 0) return;
        var ranges = await _log.RangesAsync([.. assigned.Select(static one => one.Partition)], cancellationToken);
        var nowMs = _time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var one in assigned)
        {
            var (range, loop) = (ranges[one.Partition], one.Loop);
            loop.Look(range);
            one.Look(range.End);
            lock (_lock)
                if (_assigned[one.Partition] == one)
                    _metrics.Measure(_group, one.Partition, range.End, loop.Done, loop.DoneTimeMs, nowMs);
        }
    }

    [LoggerMessage(EventId = 4006, Level = LogLevel.Warning,
        Message = "{Group}: {Count} partitions left without a last commit; it took too long.")]
    private partial void LogLeftLate(string group, int count);

    [LoggerMessage(EventId = 4007, Level = LogLevel.Warning,
        Message = "{Group}: {Count} partitions left without a last commit: {Reason}")]
    private partial void LogNotCommitted(string group, int count, string reason);

    [LoggerMessage(EventId = 4008, Level = LogLevel.Information,
        Message = "{Group}: partition {Partition} went on to {Start} elsewhere; this node had read up to {Position}.")]
    private partial void LogPassed(string group, int partition, Position position, Position start);

    /// <summary>A partition from its assignment to its revocation.</summary>
    private sealed class Assignment(int partition, TPartition loop, long givenAt)
    {
        public int Partition { get; } = partition;

        /// <summary>When the group gave it.</summary>
        public long GivenAt { get; } = givenAt;

        public TPartition Loop { get; } = loop;

        public CancellationTokenSource Stop { get; } = new();

        public Task Run { get; set; } = Task.CompletedTask;

        /// <summary>What is committed already.</summary>
        public Position Committed { get; set; } = loop.Done;

        /// <summary>Whether it had nothing left to do when its log was last asked, and has done nothing since. Of the
        /// loop that measures.</summary>
        public bool IsAtRest => Loop.Done == _doneAtLook && _doneAtLook >= _end;

        /// <summary>Another may have it: nothing of it is committed from here on.</summary>
        public volatile bool IsGivenUp;

        private Position _doneAtLook;
        private Position _end = new(long.MaxValue);

        /// <summary>Notes where its log ended.</summary>
        public void Look(Position end) => (_doneAtLook, _end) = (Loop.Done, end);
    }
}
