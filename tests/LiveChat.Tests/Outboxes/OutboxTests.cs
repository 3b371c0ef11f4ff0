using System.Buffers;
using System.Text;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Outboxes;

public sealed class OutboxTests
{
    private static readonly ChatId Chat = new(7);
    private readonly FakeTimeProvider _time = new();
    private readonly OutboxOptions _options = new() { BytesMax = 16 * 1024, FramesMax = 16, HeadsMax = 16 };
    private readonly OutboxBudget _budget = new(1024 * 1024);

    [Fact]
    public void Frames_come_out_in_order_and_share_a_message()
    {
        var outbox = Create();
        outbox.PostAnswer("{\"a\":1}"u8.ToArray());
        outbox.PostEvent("{\"b\":2}"u8.ToArray(), Chat, 1, 1);
        Assert.Equal("{\"a\":1}\n{\"b\":2}", Take(outbox));
        Assert.Equal(0, outbox.Bytes);
        Assert.Equal(0, _budget.Bytes);
    }

    [Fact]
    public void A_message_ends_before_it_is_too_long_but_a_long_frame_goes_alone()
    {
        var outbox = Create();
        outbox.PostAnswer(new byte[100]);
        outbox.PostAnswer(new byte[20]);
        var message = new ArrayBufferWriter<byte>();
        Assert.Equal(1, outbox.Take(message, 50));
        Assert.Equal(100, message.WrittenCount);
        Assert.Equal(1, outbox.Take(message, 50));
        Assert.Equal(0, outbox.Take(message, 50));
    }

    [Fact]
    public void A_full_outbox_turns_events_into_one_head_a_chat_and_loses_nothing()
    {
        var outbox = Create();
        for (var seq = 1; seq <= 40; seq++) outbox.PostEvent(Encoding.UTF8.GetBytes($"e{seq}"), Chat, seq, seq);
        Assert.True(outbox.IsBehind);

        var lines = Take(outbox).Split('\n');
        Assert.Equal(17, lines.Length);
        Assert.Equal("e16", lines[15]);
        var head = Assert.IsType<ChatHeadFrame>(
            JsonFrames.ReadServerFrame(Encoding.UTF8.GetBytes(lines[16])).Frame);
        Assert.Equal(40, head.Seq);
        Assert.Equal(40, head.N);
    }

    [Fact]
    public void An_outbox_that_was_read_empty_takes_events_again()
    {
        var outbox = Create();
        for (var seq = 1; seq <= 40; seq++) outbox.PostEvent("e"u8.ToArray(), Chat, seq, seq);
        Take(outbox);
        Assert.False(outbox.IsBehind);
        outbox.PostEvent("again"u8.ToArray(), Chat, 41, 41);
        Assert.Equal("again", Take(outbox));
    }

    [Fact]
    public void Heads_of_a_chat_are_one_frame_with_the_highest_seq()
    {
        var outbox = Create();
        outbox.PostHead(Chat, 3, 2);
        outbox.PostHead(Chat, 9, 8);
        outbox.PostHead(Chat, 5, 4);
        var head = Assert.IsType<ChatHeadFrame>(
            JsonFrames.ReadServerFrame(Encoding.UTF8.GetBytes(Take(outbox))).Frame);
        Assert.Equal(9, head.Seq);
    }

    [Fact]
    public void Answers_are_taken_by_a_full_outbox()
    {
        var outbox = Create();
        for (var seq = 1; seq <= 40; seq++) outbox.PostEvent("e"u8.ToArray(), Chat, seq, seq);
        outbox.PostAnswer("ack"u8.ToArray());
        Assert.EndsWith("ack", Take(outbox), StringComparison.Ordinal);
    }

    [Fact]
    public void Ephemeral_frames_are_dropped_before_anything_else()
    {
        var outbox = Create();
        outbox.PostAnswer(new byte[9 * 1024]);
        Assert.False(outbox.TryPostEphemeral("typing"u8.ToArray()));
        outbox.PostEvent(new byte[1024], Chat, 1, 1);
        Assert.False(outbox.IsBehind);
    }

    [Fact]
    public void An_end_is_taken_while_there_is_room_and_no_event_passes_one_that_was_not()
    {
        var outbox = Create();
        outbox.PostAnswer(new byte[9 * 1024]);
        Assert.True(outbox.TryPostEnd("typing"u8.ToArray()));
        outbox.PostAnswer(new byte[7 * 1024]);
        Assert.False(outbox.TryPostEnd("typing"u8.ToArray()));
        outbox.PostEvent("e"u8.ToArray(), Chat, 1, 1);
        Assert.EndsWith(
            Encoding.UTF8.GetString(FrameBytes.Of(new ChatHeadFrame { Chat = "7", Seq = 1, N = 1 }).Span),
            Take(outbox),
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_nodes_sum_counts_as_a_full_outbox()
    {
        var budget = new OutboxBudget(100);
        var first = new Outbox(_options, budget, _time);
        var second = new Outbox(_options, budget, _time);
        first.PostEvent(new byte[90], Chat, 1, 1);
        second.PostEvent(new byte[20], Chat, 1, 1);
        Assert.False(first.IsBehind);
        Assert.True(second.IsBehind);
        first.Abandon();
        Assert.Equal(0, budget.Bytes);
    }

    [Fact]
    public void It_is_behind_from_when_it_was_full_until_everything_was_read()
    {
        var outbox = Create();
        for (var seq = 1; seq <= 16; seq++) outbox.PostEvent("e"u8.ToArray(), Chat, seq, seq);
        Assert.Null(outbox.BehindSince);
        var full = _time.GetTimestamp();
        outbox.PostEvent("e"u8.ToArray(), Chat, 17, 17);
        _time.Advance(TimeSpan.FromSeconds(1));
        outbox.PostEvent("e"u8.ToArray(), Chat, 18, 18);
        Assert.Equal(full, outbox.BehindSince);
        outbox.Take(new System.Buffers.ArrayBufferWriter<byte>(), 1);
        Assert.Equal(full, outbox.BehindSince);
        outbox.Take(new System.Buffers.ArrayBufferWriter<byte>(), 64 * 1024);
        Assert.Null(outbox.BehindSince);
    }

    [Fact]
    public void A_close_says_goodbye_last_and_takes_nothing_more()
    {
        var outbox = Create();
        outbox.PostAnswer("ack"u8.ToArray());
        outbox.Close(CloseCode.Draining, afterMs: 1_500);
        outbox.PostAnswer("late"u8.ToArray());
        var lines = Take(outbox).Split('\n');
        Assert.Equal(2, lines.Length);
        var goodbye = Assert.IsType<Goodbye>(JsonFrames.ReadServerFrame(Encoding.UTF8.GetBytes(lines[1])).Frame);
        Assert.Equal((int)CloseCode.Draining, goodbye.Code);
        Assert.Equal("draining", goodbye.Reason);
        Assert.True(goodbye.Reconnect);
        Assert.Equal(1_500, goodbye.AfterMs);
        Assert.Equal(CloseCode.Draining, outbox.Closed);
        Assert.True(outbox.Closing.IsCompleted);
    }

    [Fact]
    public void Each_close_is_told_as_its_rule_has_it()
    {
        foreach (var rule in CloseRule.All.Where(static rule => rule.Code is not CloseCode.Normal))
        {
            var outbox = Create();
            outbox.Close(rule.Code);
            var said = Encoding.UTF8.GetBytes(Take(outbox));
            var goodbye = Assert.IsType<Goodbye>(JsonFrames.ReadServerFrame(said).Frame);
            Assert.Equal(
                ((int)rule.Code, rule.Name, rule.Reconnects, rule.AfterMs),
                (goodbye.Code, goodbye.Reason, goodbye.Reconnect, goodbye.AfterMs));
        }
    }

    [Fact]
    public void Too_many_heads_close_it_and_only_the_goodbye_is_left()
    {
        var outbox = Create();
        for (var chat = 1UL; chat <= 17; chat++) outbox.PostHead(new ChatId(chat), 1, 1);
        Assert.Equal(CloseCode.SlowConsumer, outbox.Closed);
        Assert.DoesNotContain('\n', Take(outbox));
    }

    [Fact]
    public async Task The_reader_is_woken_by_a_frame_and_by_a_close()
    {
        var outbox = Create();
        var waiting = outbox.WaitAsync().AsTask();
        Assert.False(waiting.IsCompleted);
        outbox.PostAnswer("a"u8.ToArray());
        await waiting;
        Take(outbox);

        waiting = outbox.WaitAsync().AsTask();
        Assert.False(waiting.IsCompleted);
        outbox.Close(CloseCode.Normal);
        await waiting;
    }

    [Fact]
    public async Task Room_comes_when_less_than_half_is_used()
    {
        var outbox = Create();
        outbox.PostAnswer(new byte[7 * 1024]);
        outbox.PostAnswer(new byte[7 * 1024]);
        var room = outbox.WaitForRoomAsync();
        Assert.False(room.IsCompleted);
        outbox.Take(new ArrayBufferWriter<byte>(), 1);
        await room;
    }

    private Outbox Create() => new(_options, _budget, _time);

    private static string Take(Outbox outbox)
    {
        var message = new ArrayBufferWriter<byte>();
        outbox.Take(message, int.MaxValue);
        return Encoding.UTF8.GetString(message.WrittenSpan);
    }
}
