using System.Collections.Concurrent;
using System.Diagnostics;
using Google.Protobuf;
using LiveChat.Core.Chats;
using LiveChat.Core.FanOut;
using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Measuring;
using LiveChat.Core.Peers;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Sessions;
using Xunit;
using Record = LiveChat.Core.Log.Record;

namespace LiveChat.Tests.Measuring;

/// <summary>The trace of a message, from its command to its delivery.</summary>
public sealed class MessageTracesTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public MessageTracesTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == MessageTraces.Name,
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Fact]
    public async Task A_message_is_one_trace_from_its_command_over_the_log_to_the_outboxes()
    {
        using var traces = new MessageTraces(oneIn: 1);
        await using var node = await TestNode.StartAsync(change: ports => ports with { Traces = traces });
        var ann = await node.ConnectAsync("ann");
        var bob = await node.ConnectAsync("bob");
        var chat = await ann.CreateAsync("bob");
        var ack = await ann.AckAsync(ann.Message(chat, "a secret"));
        await bob.NextAsync<MessageCreated>();

        var send = Assert.Single(_ended, span => Equals(span.GetTagItem("messaging.message.id"), ack.Id));
        var trace = _ended.Where(span => span.TraceId == send.TraceId).ToList();
        Assert.Equal(
            [MessageTraces.Append, MessageTraces.Deliver, MessageTraces.HandOver, MessageTraces.Send],
            trace.Select(static span => span.OperationName).Order(StringComparer.Ordinal));
        Assert.Equal(default, send.ParentSpanId);
        Assert.All(trace.Where(span => span != send), span => Assert.Equal(send.SpanId, span.ParentSpanId));
        Assert.Equal(chat, send.GetTagItem("messaging.message.conversation_id"));
        Assert.Equal(ActivityStatusCode.Unset, send.Status);
        Assert.Null(Activity.Current);

        // Neither the text nor who wrote it.
        Assert.All(
            trace.SelectMany(static span => span.TagObjects),
            static tag => Assert.DoesNotContain($"{tag.Value}", (string[])["a secret", "ann", "bob"]));
    }

    [Fact]
    public async Task A_message_that_is_refused_ends_its_trace_with_the_code()
    {
        using var traces = new MessageTraces(oneIn: 1);
        await using var node = await TestNode.StartAsync(change: ports => ports with { Traces = traces });
        var ann = await node.ConnectAsync("ann");
        var chat = await ann.CreateAsync("bob");
        var message = ann.Message(chat, "one");
        await ann.AckAsync(message);
        await ann.ProblemAsync(message with { Body = new MessageBody { Text = "another" } });

        var refused = Assert.Single(
            _ended,
            span => span.Status is ActivityStatusCode.Error
                && Equals(span.GetTagItem("messaging.message.conversation_id"), chat));
        Assert.Equal(ErrorCode.DuplicateMismatch, refused.GetTagItem("error.type"));
    }

    [Fact]
    public void One_of_so_many_is_traced_and_no_other_record_carries_anything()
    {
        using var traces = new MessageTraces(oneIn: 10);
        var records = Enumerable.Range(1, 10_000)
            .Select(static id => new Record { Id = (ulong)id << 22, Chat = 7, Message = new Message() })
            .ToList();
        var traced = records.Count(record =>
        {
            var span = traces.Begin(record, came: 0, TimeProvider.System);
            MessageTraces.End(span);
            Assert.Equal(span is null, record.Trace.IsEmpty);
            return span is not null;
        });
        Assert.InRange(traced, 900, 1_100);
        Assert.Null(traces.Begin(new Record { Id = 1, Delete = new Delete() }, came: 0, TimeProvider.System));
        Assert.Null(MessageTraces.None.Begin(records[0], came: 0, TimeProvider.System));
    }

    [Fact]
    public void A_link_carries_the_trace_to_the_gateway_that_delivers()
    {
        using var traces = new MessageTraces(oneIn: 1);
        var record = new Record { Id = 1 << 22, Chat = 7, Sender = "ann", Message = new Message() };
        var send = traces.Begin(record, came: 0, TimeProvider.System)!;
        var handed = new HandedEvent(
            new StoredEvent { Seq = 2, N = 1, Record = record },
            ContentFate.Shown,
            (Member[])[new Member(UserId.Parse("bob"), Role.Member, 1)],
            Removed: null,
            IsPull: true);
        var sent = LinkFrames.Of(new HandOver(new ChatId(7), record.Id, default, handed), handed, withAnswer: false);
        var heard = LinkFrames.Read(LinkFrame.Parser.ParseFrom(sent.ToByteArray()).Handed);

        var deliver = traces.Follow(heard.Event!.Stored.Record, MessageTraces.Deliver)!;
        MessageTraces.End(deliver);
        Assert.Equal((send.TraceId, send.SpanId), (deliver.TraceId, deliver.ParentSpanId));
        MessageTraces.End(send);
    }

    /// <summary>A newer or a foreign writer may have put anything there.</summary>
    [Fact]
    public void A_record_whose_trace_is_not_one_is_not_followed()
    {
        using var traces = new MessageTraces(oneIn: 1);
        foreach (var length in (int[])[0, 1, 23, 25, 100])
            Assert.Null(traces.Follow(
                new Record { Trace = ByteString.CopyFrom(new byte[length]) }, MessageTraces.Deliver));
    }

    public void Dispose() => _listener.Dispose();
}
