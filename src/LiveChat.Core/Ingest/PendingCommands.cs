using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using LiveChat.Core.FanOut;
using LiveChat.Core.Log;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Ingest;

/// <summary>
/// The commands of this node that are on their way: record id → who waits. Each gets one terminal answer: from
/// delivery, or here when the append failed or was given up after 30 s; <c>accepted</c> goes before when it takes
/// more than a second after the append was durable. Whoever takes a command out of the table answers it, so that no
/// two do. Any thread enters and completes; the wheel looks at all of them once a second.
/// </summary>
internal sealed class PendingCommands(IMessageLog log, IngestOptions options, TimingWheel wheel, TimeProvider time)
    : ITimed
{
    private static readonly TimeSpan AcceptedAfter = TimeSpan.FromSeconds(1);

    /// <summary>Inside the minute by which a session's <c>since</c> stays behind.</summary>
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<ulong, PendingCommand> _pending = new();
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Start() => wheel.Add(this, AcceptedAfter);

    /// <summary>
    /// Enters the command and hands its record to the log, in the order of the calls. Null when it was taken.
    /// </summary>
    public Problem? Append(Record record, Inflight owner, uint? re, int partition, ReadOnlyMemory<byte> bytes)
    {
        if (!owner.TryEnter()) return Problems.Of(ErrorCode.RateLimited, "Too many commands without an answer.");
        if (Interlocked.Increment(ref _count) > options.NodeInflightMax)
        {
            Interlocked.Decrement(ref _count);
            owner.Leave();
            return Problems.Of(ErrorCode.Unavailable, "The node has too many commands without an answer.");
        }

        var command = new PendingCommand(record.Id, owner, re, time.GetTimestamp());
        _pending[record.Id] = command;
        command.Append = AppendAsync(command, partition, bytes);
        return null;
    }

    /// <summary>What delivery says of a record, if anybody here waits for it.</summary>
    public void Complete(Record record, DeliveryAnswer answer)
    {
        if (!TryTake(record.Id, out var command)) return;
        if (answer.Use is { } use && answer.Refusal is null)
            command.Answer(new Ack
            {
                Chat = new ChatId(record.Chat).ToString(),
                Id = use.Id.ToString(),
                Seq = use.Seq,
                Duplicate = answer.Duplicate,
            });
        else
            command.Answer(new ErrorFrame
            {
                Problem = answer.Refusal is { } refusal
                    ? Problems.Of(refusal)
                    : Problems.Of(ErrorCode.Unavailable, "It was refused; the reason is no longer known."),
            });
    }

    public TimeSpan? OnDue()
    {
        var now = time.GetTimestamp();
        foreach (var (_, command) in _pending)
        {
            if (command.Owner.Outbox.Closed is not null)
                TryTake(command.Record, out _);
            else if (command.DurableAt is { } durable)
            {
                if (time.GetElapsedTime(durable, now) >= AcceptedAfter && command.TryAccept())
                    command.Answer(new Accepted());
            }
            else if (time.GetElapsedTime(command.EnteredAt, now) >= GiveUpAfter)
                Fail(command, Problems.Of(ErrorCode.Timeout));
        }

        return AcceptedAfter;
    }

    /// <summary>Waits until every command has its answer, or the token says that it was long enough.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        while (Count > 0 && !cancellationToken.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(10), time, CancellationToken.None);
    }

    private async Task AppendAsync(PendingCommand command, int partition, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await log.AppendAsync(partition, bytes, CancellationToken.None);
            command.NoteDurable(time.GetTimestamp());
        }
        catch (LogUnavailableException away)
        {
            Fail(command, Problems.Of(ErrorCode.Unavailable, away.Message));
        }
        catch (LogFailedException)
        {
            Fail(command, Problems.Of(ErrorCode.Timeout));
        }
    }

    private void Fail(PendingCommand command, Problem problem)
    {
        if (TryTake(command.Record, out _)) command.Answer(new ErrorFrame { Problem = problem });
    }

    private bool TryTake(ulong record, [MaybeNullWhen(false)] out PendingCommand command)
    {
        if (!_pending.TryRemove(record, out command)) return false;
        Interlocked.Decrement(ref _count);
        command.Owner.Leave();
        return true;
    }
}
