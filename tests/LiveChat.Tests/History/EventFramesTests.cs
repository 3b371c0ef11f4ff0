using System.Buffers;
using System.Text;
using CsCheck;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Core.Sequencing;
using LiveChat.Core.Sessions;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Sequencing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.History;

public class EventFramesTests
{
    private static readonly ChatId Chat = new(7);

    /// <summary>At the moment at which an event is the last one: what comes later is folded into pages.</summary>
    [Fact]
    public Task What_is_pushed_has_the_bytes_that_a_page_from_history_or_from_the_tail_has() =>
        Gens.Stream.SampleAsync(
            async records =>
            {
                var events = ChatEvents.Of(records, Chat.Value);
                var (stored, tail) = (new InMemoryHistoryStore("epoch"), new TailCache());
                foreach (var e in events)
                {
                    await stored.WriteAsync([HistoryRowsBuilder.Build([e])], default);
                    tail.Add(HistoryRowsBuilder.WholeOf(e));
                    if (e.After.Roster.Count == 0 || EditsWhatIsGone(e, events)) continue;
                    var reader = e.After.Roster.Members[0];
                    var pushed = FrameBytes.Of(EventFrames.Of(HistoryRowsBuilder.WholeOf(e), SeesTarget(reader, e)));
                    foreach (var frame in new[]
                    {
                        await ReadAsync(stored, new TailCache(), e, reader),
                        await ReadAsync(new InMemoryHistoryStore("epoch"), tail, e, reader),
                    })
                        Assert.Equal(Text(pushed), frame);
                }
            },
            iter: 100,
            threads: 1);

    [Fact]
    public void Who_may_not_see_the_target_is_not_told_of_it()
    {
        var target = Records.Target(2, "ann");
        var events = ChatEvents.Of(
            [
                Records.Created("ann", 0, "bob"), Records.Message("ann", 1), Records.Edit("ann", 2, target),
                Records.React("bob", 3, target),
            ],
            Chat.Value);
        var edit = Assert.IsType<MessageEdited>(
            EventFrames.Of(HistoryRowsBuilder.WholeOf(events[2]), withContent: false));
        var reaction = Assert.IsType<ReactionChanged>(
            EventFrames.Of(HistoryRowsBuilder.WholeOf(events[3]), withContent: false));

        Assert.Equal((2, null), (edit.Target, edit.Body));
        Assert.Equal((2, null, true), (reaction.Target, reaction.Emoji, reaction.On));
    }

    [Fact]
    public void A_frame_takes_the_bytes_that_it_has_however_long_it_is()
    {
        var events = ChatEvents.Of(
            [Records.Created("ann", 0, "bob"), Records.Message("ann", 1, new string('x', 15_000))], Chat.Value);
        foreach (var e in events)
        {
            var frame = EventFrames.Of(HistoryRowsBuilder.WholeOf(e), withContent: true);
            var plain = new ArrayBufferWriter<byte>();
            JsonFrames.Write(plain, frame);
            Assert.Equal(Text(plain.WrittenMemory), Text(FrameBytes.Of(frame)));
        }
    }

    private static bool SeesTarget(Member reader, SequencedEvent e) =>
        e.Record.Target is not { } target || (long)target.Seq >= reader.FromSeq;

    /// <summary>An edit of a message that was deleted before is pushed as it came; pages know better.</summary>
    private static bool EditsWhatIsGone(SequencedEvent e, List<SequencedEvent> events) =>
        e.Record.Edit is not null && events.Any(earlier => earlier.After.Seq < e.After.Seq
            && earlier.Record.Delete is not null && earlier.Record.Target.Seq == e.Record.Target.Seq);

    private static async Task<string> ReadAsync(
        InMemoryHistoryStore store, TailCache tail, SequencedEvent e, Member reader)
    {
        var time = new FakeTimeProvider();
        var history = new HistoryReader(
            store, store, new InMemoryIdentityStore(), tail, new HistoryProgress(1, time), time);
        var query = new PageQuery { AfterSeq = e.After.Seq - 1, AsMessages = false };
        var page = (await history.ReadPageAsync(reader.User, Chat, query, default)).Value!;
        return Text(FrameBytes.Of(Assert.Single(page.Items)));
    }

    private static string Text(ReadOnlyMemory<byte> frame) => Encoding.UTF8.GetString(frame.Span);
}
