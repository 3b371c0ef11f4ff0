using LiveChat.Core.Chats;
using LiveChat.Core.FanOut;
using LiveChat.Core.Log;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.FanOut;

public sealed class HeadCoalescerTests
{
    private readonly HeadCoalescer _heads = new(new FakeTimeProvider());
    private readonly List<long> _said = [];

    [Fact]
    public void A_quiet_chat_is_said_at_once_and_a_busy_one_once_a_turn()
    {
        Assert.True(_heads.TryBegin(At(1)));
        Assert.False(_heads.TryBegin(At(2)));
        Assert.False(_heads.TryBegin(At(3)));
        Turn();
        Assert.Equal([3L], _said);
        Turn();
        Assert.Equal([3L], _said);
        Assert.True(_heads.TryBegin(At(4)));
    }

    [Fact]
    public void What_comes_while_a_head_is_said_is_said_at_the_next_turn()
    {
        _heads.TryBegin(At(1));
        _heads.TryBegin(At(2));
        _heads.Turn(head =>
        {
            _said.Add(head.Seq);
            Assert.False(_heads.TryBegin(At(3)));
        });
        Turn();
        Assert.Equal([2L, 3L], _said);
    }

    private void Turn() => _heads.Turn(head => _said.Add(head.Seq));

    private static HandedEvent At(long seq) => new(
        new StoredEvent { Seq = (ulong)seq, N = (ulong)seq, Record = new LiveChat.Core.Log.Record { Chat = 5 } },
        ContentFate.Shown,
        default,
        null,
        IsPull: true);
}
