using System.Diagnostics;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>A command that was handed to the log and has no terminal answer yet.</summary>
internal sealed class PendingCommand(
    ulong record, int partition, UserId user, Inflight owner, uint? re, long enteredAt, Coming coming)
{
    private const long NotYet = -1;
    private long _durableAt = NotYet;
    private int _accepted;

    /// <summary>The record's id.</summary>
    public ulong Record => record;

    /// <summary>The part of the log that the record goes to.</summary>
    public int Partition => partition;

    /// <summary>Who commanded, which a claimed creation's sender may not be.</summary>
    public UserId User => user;

    public Inflight Owner => owner;

    /// <summary>The number of the frame to answer; absent when no answer is wanted.</summary>
    public uint? Re => re;

    /// <summary>The time stamp of its entry.</summary>
    public long EnteredAt => enteredAt;

    /// <summary>When it came, before what ingest had to look up.</summary>
    public long CameAt => coming.At;

    /// <summary>Its trace; null when it is not traced.</summary>
    public Activity? Span => coming.Span;

    /// <summary>The time stamp at which the append was durable.</summary>
    public long? DurableAt => Volatile.Read(ref _durableAt) is var at && at != NotYet ? at : null;

    /// <summary>The append, which never faults: whoever stops the node awaits it.</summary>
    public Task Append { get; set; } = Task.CompletedTask;

    public void NoteDurable(long timestamp) => Volatile.Write(ref _durableAt, timestamp);

    /// <summary>True for the first who asks: <c>accepted</c> is said once.</summary>
    public bool TryAccept() => Interlocked.Exchange(ref _accepted, 1) == 0;

    public void Answer(ServerFrame frame)
    {
        if (re is { } number) owner.Outbox.Answer(frame with { Re = number });
    }
}
