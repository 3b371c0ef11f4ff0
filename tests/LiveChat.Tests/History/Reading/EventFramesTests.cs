using System.Buffers;
using System.Text;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using Xunit;

namespace LiveChat.Tests.History.Reading;

public class EventFramesTests
{
    private static readonly ChatId Chat = new(7);

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
            ChatEvents.FrameOf(events[2], showsTarget: false));
        var reaction = Assert.IsType<ReactionChanged>(
            ChatEvents.FrameOf(events[3], showsTarget: false));

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
            var frame = ChatEvents.FrameOf(e, showsTarget: true);
            var plain = new ArrayBufferWriter<byte>();
            JsonFrames.Write(plain, frame);
            Assert.Equal(Text(plain.WrittenMemory), Text(FrameBytes.Of(frame)));
        }
    }

    private static string Text(ReadOnlyMemory<byte> frame) => Encoding.UTF8.GetString(frame.Span);
}
