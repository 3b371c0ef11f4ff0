using System.Diagnostics;
using Google.Protobuf;
using LiveChat.Core.Log;

namespace LiveChat.Core.Measuring;

/// <summary>
/// The trace of a message, from its command to its delivery. One of so many messages is traced, which its id decides;
/// its record carries the trace over the log and the links, so that every node adds to the same one. A span says where
/// it was and how long it took; ids of chats and positions are in it, never a user, a text or a token. No span is the
/// current one of its thread: it ends on another thread than it began on. Any thread.
/// </summary>
internal sealed class MessageTraces : IDisposable
{
    /// <summary>The name of the source.</summary>
    public const string Name = "LiveChat.Core";

    /// <summary>From the coming of the command to its answer, at the gateway of the sender.</summary>
    public const string Send = "send message";

    /// <summary>Until the record was durable in the log; a part of <see cref="Send"/>.</summary>
    public const string Append = "append log";

    /// <summary>What became of the record is addressed and handed over, at the owner of the chat.</summary>
    public const string HandOver = "hand over event";

    /// <summary>The event goes to the outboxes of a gateway's sessions.</summary>
    public const string Deliver = "deliver event";

    private const int TraceBytes = 16;
    private const int SpanBytes = 8;

    private readonly ActivitySource? _source;
    private readonly ulong _oneIn;

    /// <param name="oneIn">One of so many messages is traced; 0: none.</param>
    public MessageTraces(int oneIn)
    {
        _oneIn = (ulong)oneIn;
        if (oneIn > 0) _source = new ActivitySource(Name);
    }

    /// <summary>Traces nothing.</summary>
    public static MessageTraces None { get; } = new(oneIn: 0);

    /// <summary>Begins the trace of a message, if its id chooses it, and notes it in its record; null otherwise.
    /// </summary>
    /// <param name="record">The record, with its id.</param>
    /// <param name="came">When the command came, as a time stamp of the clock.</param>
    /// <param name="time">The clock.</param>
    public Activity? Begin(Record record, long came, TimeProvider time)
    {
        if (_source is null || record.Message is null || Partitioner.Mix(record.Id) % _oneIn != 0) return null;
        var span = Start(Send, ActivityKind.Server, default, time.GetUtcNow() - time.GetElapsedTime(came));
        if (span is null) return null;
        span.SetTag("messaging.message.conversation_id", $"{record.Chat}");
        span.SetTag("messaging.message.id", $"{record.Id}");
        Span<byte> trace = stackalloc byte[TraceBytes + SpanBytes];
        span.TraceId.CopyTo(trace[..TraceBytes]);
        span.SpanId.CopyTo(trace[TraceBytes..]);
        record.Trace = ByteString.CopyFrom(trace);
        return span;
    }

    /// <summary>A part of a span; null when that is.</summary>
    public Activity? Within(Activity? span, string name) =>
        span is null ? null : Start(name, ActivityKind.Producer, span.Context, began: default);

    /// <summary>What another loop, or another node, does for the message of a record; null when it is not traced.
    /// </summary>
    public Activity? Follow(Record record, string name) =>
        _source is not null && record.Trace.Span is { Length: TraceBytes + SpanBytes } trace
            ? Start(
                name,
                ActivityKind.Consumer,
                new ActivityContext(
                    ActivityTraceId.CreateFromBytes(trace[..TraceBytes]),
                    ActivitySpanId.CreateFromBytes(trace[TraceBytes..]),
                    ActivityTraceFlags.Recorded,
                    isRemote: true),
                began: default)
            : null;

    /// <summary>Ends a span; with a code when it ended by an error.</summary>
    public static void End(Activity? span, string? errorCode = null)
    {
        if (span is null) return;
        if (errorCode is not null) span.SetStatus(ActivityStatusCode.Error).SetTag("error.type", errorCode);
        var current = Activity.Current;
        span.Stop(); // It makes the one before it current.
        Activity.Current = current;
    }

    public void Dispose() => _source?.Dispose();

    private Activity? Start(string name, ActivityKind kind, ActivityContext parent, DateTimeOffset began)
    {
        var current = Activity.Current;
        Activity.Current = null;
        var span = _source!.StartActivity(name, kind, parent, startTime: began);
        Activity.Current = current;
        return span;
    }
}
