using LiveChat.Client;
using LiveChat.Protocol.Frames;
using Xunit;

namespace LiveChat.Tests.Client;

/// <summary>Where a chat's events begin for a device that is new.</summary>
public sealed class EventStreamTests
{
    [Theory]
    [InlineData(1, 1)] // The head stood for the events 2 and 3.
    [InlineData(2, 2)]
    [InlineData(4, 2)] // The list is newer.
    public void A_head_that_comes_before_the_list_leaves_nothing_out(long listed, long begins)
    {
        var stream = new EventStream(capacity: 16);
        stream.Begin(Fresh());
        stream.Take(new ChatHeadFrame { Chat = "7", Seq = 3, N = 3 });
        stream.TakeSync(ListOf("7", listed));

        Assert.True(stream.TryBeginPull("7", out var after, out _));
        Assert.Equal(begins, after);
    }

    [Fact]
    public void What_was_told_before_an_older_list_is_not_pulled_again()
    {
        var stream = new EventStream(capacity: 16);
        stream.Begin(Fresh());
        stream.Take(new MessageDeleted
        {
            Chat = "7", Seq = 2, N = 1, Id = "1", ClientId = "", Sender = "ann", SentAt = default, Target = 1,
        });
        stream.Take(new ChatHeadFrame { Chat = "7", Seq = 3, N = 1 });
        stream.TakeSync(ListOf("7", 1));

        Assert.True(stream.TryBeginPull("7", out var after, out _));
        Assert.Equal(2, after);
    }

    [Fact]
    public void What_the_list_names_is_no_news()
    {
        var stream = new EventStream(capacity: 16);
        stream.Begin(Fresh());
        stream.TakeSync(ListOf("7", 3));

        Assert.False(stream.TryBeginPull("7", out _, out _));
    }

    private static Ready Fresh() => new()
    {
        Session = "s_1",
        User = "ann",
        Resume = "fresh",
        PingMs = 30_000,
        Limits = new ReadyLimits
        {
            FrameBytes = 65_536, Inflight = 64, SendPerSecond = 20, BodyBytes = 16_384, Members = 256,
        },
        ServerTime = DateTimeOffset.UnixEpoch,
        Since = "0",
        Epoch = "e",
    };

    private static Sync ListOf(string chat, long head) => new()
    {
        Items =
        [
            new ChatSummary
            {
                Chat = chat,
                Kind = "group",
                Members = 2,
                HeadSeq = head,
                HeadN = head,
                HeadTime = DateTimeOffset.UnixEpoch,
                ReadSeq = 0,
                Unread = head,
                Stay = new Stay(1, null),
            },
        ],
        Epoch = "e",
        Since = "1",
    };
}
