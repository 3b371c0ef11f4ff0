using System.Runtime.InteropServices;
using LiveChat.Core.Log;
using LiveChat.Core.Timing;
using RocksDbSharp;

namespace LiveChat.Embedded.Log;

/// <summary>
/// The one writer of the log: a thread that takes everything that waits, writes it as one batch with one sync, and
/// answers all of it (group commit: n waiting appends cost one sync instead of n). Any thread enqueues; positions,
/// times and the batch belong to the committer's thread alone; the lock keeps queue, commits and end together. The
/// queue is bounded in number and bytes; full means that the append is refused.
/// </summary>
internal sealed class LogCommitter : IDisposable
{
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<LogFailedException> _failed =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly LogStore _store;
    private readonly PartitionTail[] _tails;
    private readonly RocksDbLogOptions _options;
    private readonly TimeProvider _time;
    private readonly RecentRefusal _full;

    // Under the lock.
    private List<LogRequest> _queue = [];
    private long _queueBytes;
    private Dictionary<(string Group, int Partition), Position> _commits = [];
    private bool _isClosing;
    private LogFailedException? _failure;
    private long _lastTimeMs;
    private bool _isWriting;

    // Of the committer's thread.
    private readonly WriteBatch _batch = new();
    private readonly Position[] _ends;
    private readonly List<LogEntry>[] _entries;
    private long _groupTimeMs;
    private List<LogRequest> _group = [];
    private Dictionary<(string Group, int Partition), Position> _groupCommits = [];

    public LogCommitter(LogStore store, PartitionTail[] tails, RocksDbLogOptions options, TimeProvider time)
    {
        _store = store;
        _tails = tails;
        _options = options;
        _time = time;
        _full = new RecentRefusal(time);
        _ends = [.. tails.Select(tail => tail.Range.End)];
        _lastTimeMs = tails.Max(tail => tail.LastTimeMs);
        _entries = [.. tails.Select(_ => new List<LogEntry>())];
        new Thread(Run) { Name = "log-committer", IsBackground = true }.Start();
    }

    /// <summary>Ends with the reason when the store failed; never otherwise.</summary>
    public Task<LogFailedException> Failed => _failed.Task;

    /// <summary>Why appends were refused a moment ago; null when none was.</summary>
    public string? Refusal => _full.Reason;

    /// <exception cref="LogUnavailableException">The queue is full.</exception>
    public void Enqueue(LogRequest request)
    {
        bool isFirst;
        lock (_lock)
        {
            ThrowIfEnded();
            if (_queue.Count >= _options.QueueLengthMax || _queueBytes + request.Bytes > _options.QueueBytesMax)
            {
                var refusal =
                    $"The log's disk is too slow: {_queue.Count} appends of {_queueBytes} bytes wait already.";
                _full.Note(refusal);
                throw new LogUnavailableException(refusal);
            }

            isFirst = _queue.Count == 0;
            _queue.Add(request);
            _queueBytes += request.Bytes;
        }

        if (isFirst)
        {
            _wake.Set();
        }
    }

    /// <summary>
    /// No record that readers do not see yet will have an earlier append time. While a group is written and synced,
    /// that is the group's time; otherwise it is now, and later groups keep to it when the clock is set back.
    /// </summary>
    public long NextTimeMs()
    {
        lock (_lock)
        {
            return _isWriting ? _lastTimeMs : RaiseTime();
        }
    }

    /// <summary>
    /// Notes a commit. It rides in the next batch that is written for another reason, at the latest when the log is
    /// closed: what a crash in between repeats is no more than what was processed since the last append.
    /// </summary>
    public void Commit(string group, int partition, Position position)
    {
        lock (_lock)
        {
            ThrowIfEnded();
            _commits[(group, partition)] = position;
        }
    }

    /// <summary>A commit that no batch has carried to the store yet.</summary>
    public bool TryGetCommit(string group, int partition, out Position position)
    {
        lock (_lock)
        {
            ThrowIfEnded();
            return _commits.TryGetValue((group, partition), out position)
                || _groupCommits.TryGetValue((group, partition), out position);
        }
    }

    /// <summary>Takes nothing more, writes what was taken, ends the thread.</summary>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _isClosing = true;
        }

        _wake.Set();
        return _ended.Task;
    }

    /// <summary>Only after <see cref="CloseAsync"/> has ended.</summary>
    public void Dispose()
    {
        _batch.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        try
        {
            // Each turn is one group; the loop ends once the log is closing and nothing waits.
            while (TakeGroup())
            {
                if (_group.Count > 0 || _groupCommits.Count > 0)
                {
                    WriteGroup();
                    AnswerGroup();
                }
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }

        _ended.SetResult();
    }

    /// <summary>False when there is nothing left and nothing will come.</summary>
    private bool TakeGroup()
    {
        bool isIdle;
        lock (_lock)
        {
            isIdle = _queue.Count == 0 && !_isClosing;
        }

        if (isIdle)
        {
            _wake.WaitOne();
        }

        lock (_lock)
        {
            (_group, _queue) = (_queue, _group);
            (_groupCommits, _commits) = (_commits, _groupCommits);
            _queueBytes = 0;
            return !_isClosing || _group.Count > 0 || _groupCommits.Count > 0;
        }
    }

    private void WriteGroup()
    {
        _batch.Clear();
        lock (_lock)
        {
            _isWriting = true;
            _groupTimeMs = RaiseTime();
        }

        foreach (var request in _group)
        {
            switch (request)
            {
                case LogAppend append:
                    Put(append);
                    break;
                case LogTrim trim:
                    Put(trim);
                    break;
            }
        }

        foreach (var ((group, partition), position) in _groupCommits)
        {
            _batch.Put(LogCodec.CommitKey(group, partition), LogCodec.PositionKey(position));
        }

        _store.Write(_batch);
    }

    /// <summary>One time for all partitions, which never falls: a clock that is set back makes nobody's <c>since</c>
    /// too late. Under the lock.</summary>
    private long RaiseTime() =>
        _lastTimeMs = Math.Max(_lastTimeMs, _time.GetUtcNow().ToUnixTimeMilliseconds());

    private void Put(LogAppend append)
    {
        var partition = append.Partition;
        var position = PartitionTail.NextOf(_ends[partition]);
        _ends[partition] = position;
        LogCodec.Seal(append.Value, position, _groupTimeMs);
        _store.PutRecord(_batch, partition, position, append.Value);
        _entries[partition].Add(new LogEntry(position, _groupTimeMs, append.Value.AsMemory(LogCodec.HeaderLength)));
        append.Answer = new Appended(position, _groupTimeMs);
    }

    private void Put(LogTrim trim)
    {
        // The end includes appends of this very batch: it is written as a whole or not at all.
        var end = _ends[trim.Partition];
        var begin = PartitionTail.NextOf(trim.Through < end ? trim.Through : end);
        trim.Begin = begin;
        if (begin > _tails[trim.Partition].Range.Begin)
        {
            var bounds = LogCodec.Bounds(new LogRange(begin, end), _groupTimeMs);
            _batch.Put(LogCodec.BoundsKey(trim.Partition), bounds);
        }
    }

    private void AnswerGroup()
    {
        // Readers first: whoever is told of a record finds it.
        for (var partition = 0; partition < _entries.Length; partition++)
        {
            if (_entries[partition].Count > 0)
            {
                _tails[partition].Publish(CollectionsMarshal.AsSpan(_entries[partition]));
                _entries[partition].Clear();
            }
        }

        lock (_lock)
        {
            _isWriting = false;
        }

        foreach (var request in _group)
        {
            if (request is LogTrim trim)
            {
                _tails[trim.Partition].Trim(trim.Through);
            }

            request.Complete();
        }

        _group.Clear();
        lock (_lock)
        {
            _groupCommits.Clear();
        }
    }

    /// <summary>
    /// After a failed write or sync nobody knows what the disk holds, and a second sync that succeeds proves nothing
    /// (the kernel may have dropped the pages of the first): nothing is retried, everybody is told.
    /// </summary>
    private void Fail(Exception cause)
    {
        var failure = new LogFailedException($"The log's store failed: {cause.Message}", cause);
        List<LogRequest> waiting;
        lock (_lock)
        {
            _failure = failure;
            waiting = [.. _group, .. _queue];
            _queue.Clear();
        }

        foreach (var tail in _tails)
        {
            tail.Stop(() => new LogFailedException(failure.Message, cause));
        }

        foreach (var request in waiting)
        {
            request.Fail(new LogFailedException(failure.Message, cause));
        }

        _failed.SetResult(failure);
    }

    private void ThrowIfEnded()
    {
        if (_failure is { } failure)
        {
            throw new LogFailedException(failure.Message, failure.InnerException);
        }

        ObjectDisposedException.ThrowIf(_isClosing, this);
    }
}
