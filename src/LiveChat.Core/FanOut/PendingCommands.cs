using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Log;
using LiveChat.Core.Measuring;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Core.Workers;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.FanOut;

/// <summary>
/// The commands of this node that are on their way: record id → who waits. Each gets one terminal answer. Delivery
/// gives it, or this table does: when the append failed, when the record's partition stopped, or 30 s after the command
/// came, whatever became of its append. <c>accepted</c> goes before when it takes more than a second after the append
/// was durable. Whoever takes a command out of the table answers it, so that a later verdict is no second answer. Any
/// thread enters and completes; the wheel looks at all of them once a second.
/// </summary>
/// <param name="log">Where the records go.</param>
/// <param name="commandsMax">How many commands may be on their way.</param>
/// <param name="isStopped">Whether delivery gives no more answers for the records of a partition.</param>
/// <param name="answered">Hears of each success before it is answered.</param>
/// <param name="wheel">Calls once a second.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears of appends that failed as nothing in the log's contract says.</param>
internal sealed partial class PendingCommands(
    IMessageLog log,
    int commandsMax,
    Func<int, bool> isStopped,
    AnsweredChanges answered,
    TimingWheel wheel,
    TimeProvider time,
    ILogger<PendingCommands> logger)
    : ITimed
{
    private static readonly TimeSpan AcceptedAfter = TimeSpan.FromSeconds(1);

    /// <summary>Inside the minute by which a session's <c>since</c> stays behind.</summary>
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(30);

    private const string Full = "The node has too many commands without an answer.";

    private readonly ConcurrentDictionary<ulong, PendingCommand> _pending = new();
    private readonly RecentRefusal _full = new(time);
    private int _count;
    private long _failures;
    private long _loggedAt = long.MinValue;

    /// <summary>Why commands were refused a moment ago; null when none was.</summary>
    public string? Refusal => _full.Reason;

    /// <summary>Appends that failed as nothing in the log's contract says. Must stay 0.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Times the answers; null: nobody does.</summary>
    public GatewayMeasures? Measures { get; init; }

    /// <summary>The traces of messages.</summary>
    public MessageTraces Traces { get; init; } = MessageTraces.None;

    public int Count => Volatile.Read(ref _count);

    public void Start() => wheel.Add(this, AcceptedAfter);

    /// <summary>
    /// Enters the command and hands its record to the log, in the order of the calls. Null when it was taken.
    /// </summary>
    public Problem? Append(
        Record record,
        UserId user,
        Inflight owner,
        uint? re,
        int partition,
        ReadOnlyMemory<byte> bytes,
        Coming coming = default)
    {
        if (!owner.TryEnter()) return Problems.Of(ErrorCode.RateLimited, "Too many commands without an answer.");
        if (Interlocked.Increment(ref _count) > commandsMax)
        {
            Interlocked.Decrement(ref _count);
            owner.Leave();
            _full.Note(Full);
            return Problems.Of(ErrorCode.Unavailable, Full);
        }

        var command = new PendingCommand(record.Id, partition, user, owner, re, time.GetTimestamp(), coming);
        _pending[record.Id] = command;
        command.Append = AppendAsync(command, partition, bytes);
        return null;
    }

    /// <summary>What delivery says of a record, if anybody here waits for it.</summary>
    public void Complete(ulong record, ChatId chat, DeliveryAnswer answer)
    {
        if (!TryTake(record, out var command)) return;
        if (answer.Use is { } use && answer.Refusal is null)
        {
            answered.Note(command.User, command.Partition, use.Position);
            Measures?.NoteAck(command.CameAt);
            command.Span?.SetTag("livechat.seq", use.Seq);
            command.Answer(new Ack
            {
                Chat = chat.ToString(),
                Id = use.Id.ToString(),
                Seq = use.Seq,
                Duplicate = answer.Duplicate,
            });
            MessageTraces.End(command.Span);
            return;
        }

        Refuse(
            command,
            answer.Refusal is { } refusal
                ? Problems.Of(refusal)
                : Problems.Of(ErrorCode.Unavailable, "It was refused; the reason is no longer known."));
    }

    /// <summary>The records of a partition that have no answer.</summary>
    public IReadOnlyList<ulong> RecordsOf(int partition) =>
    [
        .. _pending.Values.Where(command => command.Partition == partition).Select(static command => command.Record),
    ];

    /// <summary>Nobody answers the commands of a partition that were entered before a moment: their outcome is unknown.
    /// </summary>
    /// <param name="partition">The partition.</param>
    /// <param name="before">A time stamp of the clock.</param>
    public void Forsake(int partition, long before)
    {
        foreach (var (_, command) in _pending)
            if (command.Partition == partition && command.EnteredAt < before)
                Fail(command, Problems.Of(ErrorCode.Timeout));
    }

    public TimeSpan? OnDue()
    {
        var now = time.GetTimestamp();
        foreach (var (_, command) in _pending)
            Look(command, now);
        return AcceptedAfter;
    }

    /// <summary>Ends every command whose answer delivery did not give: its outcome is unknown.</summary>
    public void EndAll()
    {
        foreach (var (_, command) in _pending)
            Fail(command, Problems.Of(ErrorCode.Timeout));
    }

    /// <summary>Waits until every command has its answer, or the token says that it was long enough.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (Count > 0 && !cancellationToken.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, CancellationToken.None);
    }

    private async Task AppendAsync(PendingCommand command, int partition, ReadOnlyMemory<byte> bytes)
    {
        var append = Traces.Within(command.Span, MessageTraces.Append);
        append?.SetTag("messaging.destination.partition.id", $"{partition}");
        try
        {
            await log.AppendAsync(partition, bytes, CancellationToken.None);
            command.NoteDurable(time.GetTimestamp());
            MessageTraces.End(append);
        }
        catch (LogUnavailableException away)
        {
            Fail(command, Problems.Of(ErrorCode.Unavailable, away.Message));
        }
        catch (AppendUnknownException)
        {
            // The record may appear yet: then delivery answers. Else the command ends with its time.
        }
        catch (LogFailedException)
        {
            Fail(command, Problems.Of(ErrorCode.Timeout));
        }
        catch (Exception unexpected)
        {
            // Nothing is known of the record. The command ends all the same, and somebody must act.
            NoteFailure(partition, unexpected);
            Fail(command, Problems.Of(ErrorCode.Timeout));
        }
    }

    private void Look(PendingCommand command, long now)
    {
        if (command.Owner.Outbox.Closed is not null)
            Drop(command);
        else if (isStopped(command.Partition))
            Fail(command, Problems.Of(ErrorCode.Timeout, "This part of the log has stopped."));
        else if (time.GetElapsedTime(command.EnteredAt, now) >= GiveUpAfter)
            Fail(command, Problems.Of(ErrorCode.Timeout));
        else if (command.DurableAt is { } durable
            && time.GetElapsedTime(durable, now) >= AcceptedAfter
            && command.TryAccept())
            command.Answer(new Accepted());
    }

    /// <summary>Counts every one, and logs one a second.</summary>
    private void NoteFailure(int partition, Exception failure)
    {
        var count = Interlocked.Increment(ref _failures);
        var now = time.GetTimestamp();
        var loggedAt = Volatile.Read(ref _loggedAt);
        var isFirst = loggedAt == long.MinValue;
        if ((isFirst || time.GetElapsedTime(loggedAt, now) >= AcceptedAfter)
            && Interlocked.CompareExchange(ref _loggedAt, now, loggedAt) == loggedAt)
            LogFailure(failure, partition, count);
    }

    /// <summary>The session is gone, and hears no answer.</summary>
    private void Drop(PendingCommand command)
    {
        if (TryTake(command.Record, out _)) MessageTraces.End(command.Span);
    }

    private void Fail(PendingCommand command, Problem problem)
    {
        if (TryTake(command.Record, out _)) Refuse(command, problem);
    }

    private static void Refuse(PendingCommand command, Problem problem)
    {
        command.Answer(new ErrorFrame { Problem = problem });
        MessageTraces.End(command.Span, problem.Code);
    }

    private bool TryTake(ulong record, [MaybeNullWhen(false)] out PendingCommand command)
    {
        if (!_pending.TryRemove(record, out command)) return false;
        Interlocked.Decrement(ref _count);
        command.Owner.Leave();
        return true;
    }

    [LoggerMessage(2000, LogLevel.Error,
        "An append to partition {Partition} failed in a way that the log does not document, {Count} so far.")]
    private partial void LogFailure(Exception failure, int partition, long count);
}
