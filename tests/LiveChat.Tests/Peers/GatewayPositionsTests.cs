using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Peers;
using LiveChat.Core.Workers;
using Xunit;

namespace LiveChat.Tests.Peers;

/// <summary>What moves a gateway's position, and what does not.</summary>
public sealed class GatewayPositionsTests
{
    private const int Partition = 1;
    private readonly object _first = new();
    private readonly object _second = new();
    private readonly List<PositionAsk> _askedOwn = [];
    private readonly GatewayPositions _positions;
    private PartitionMark? _own;

    public GatewayPositionsTests() => _positions = new GatewayPositions(
        2, partition => partition == Partition ? _own : null, static _ => [7], _askedOwn.Add);

    [Fact]
    public void An_owner_moves_the_position_only_behind_its_catch_up()
    {
        var asked = Claim(_first, loop: 1);
        Assert.True(asked.Unknown);
        Move(_first, loop: 1, handed: 50, timeMs: 5_000);
        Assert.Null(_positions.PositionOf(Partition));
        Assert.False(_positions.IsReady);

        CatchUp(_first, loop: 1, asked, end: 40);
        Assert.Equal(At(50), _positions.PositionOf(Partition)); // What was handed over meanwhile lies behind the end.
        Assert.Equal(5_000, _positions.TimeOf(Partition));
        Assert.True(_positions.IsReady);
        Move(_first, loop: 1, handed: 60, timeMs: 6_000);
        Assert.Equal((At(60), 6_000L), (_positions.PositionOf(Partition)!.Value, _positions.TimeOf(Partition)));
    }

    [Fact]
    public void A_claim_ends_with_its_call_and_a_frozen_owner_moves_nothing()
    {
        CatchUp(_first, loop: 1, Claim(_first, loop: 1), end: 40);
        _positions.End(_first);
        Move(_first, loop: 1, handed: 90, timeMs: 9_000);
        Assert.Equal(At(40), _positions.PositionOf(Partition));

        var asked = Claim(_first, loop: 1);
        Assert.Equal((At(40).Value, false), (asked.Position, asked.Unknown));
        Assert.Equal([7ul], asked.Records);
        Move(_first, loop: 1, handed: 90, timeMs: 9_000);
        Assert.Equal(At(40), _positions.PositionOf(Partition));
    }

    [Fact]
    public void A_new_loop_of_an_owner_begins_to_claim_anew()
    {
        CatchUp(_first, loop: 1, Claim(_first, loop: 1), end: 40);
        var asked = Claim(_first, loop: 2);
        Move(_first, loop: 1, handed: 90, timeMs: 9_000); // Of the former one.
        Move(_first, loop: 2, handed: 95, timeMs: 9_500);
        Assert.Equal(At(40), _positions.PositionOf(Partition));
        CatchUp(_first, loop: 2, asked, end: 93);
        Assert.Equal(At(95), _positions.PositionOf(Partition));
    }

    [Fact]
    public void An_answer_to_another_question_finishes_nothing()
    {
        var asked = Claim(_first, loop: 1);
        var other = new CaughtUp { Partition = Partition, Loop = 1, Ask = asked.Ask + 1, End = At(99).Value };
        Assert.Null(_positions.Take(_first, other));
        Assert.Null(_positions.Take(_second, Part(1, asked, 99)));
        Assert.Null(_positions.PositionOf(Partition));
    }

    [Fact]
    public void Two_who_claim_a_partition_are_both_waited_for_and_the_higher_counts()
    {
        Claim(_first, loop: 1);
        Claim(_second, loop: 1);
        Assert.Null(_positions.ReadsOf(5, IsOther));
        Echo(_first, 5, read: 30);
        Assert.Null(_positions.ReadsOf(5, IsOther));
        Echo(_second, 5, read: 70);
        Assert.Equal(At(70), _positions.ReadsOf(5, IsOther)![Partition]);
        Assert.Null(_positions.ReadsOf(6, IsOther));
    }

    [Fact]
    public void A_partition_that_nobody_claims_holds_a_barrier_up()
    {
        Assert.Null(_positions.ReadsOf(1, IsOther));
        Claim(_first, loop: 1);
        Echo(_first, 1, read: 30);
        Assert.NotNull(_positions.ReadsOf(1, IsOther));
        _positions.End(_first);
        Assert.Null(_positions.ReadsOf(1, IsOther)); // An echo of who is gone says nothing.
    }

    [Fact]
    public void A_loop_of_this_node_that_begins_where_the_gateway_is_counts_at_once()
    {
        _own = MarkOf(loop: 1, begin: 20);
        Assert.Equal(At(20), _positions.PositionOf(Partition));
        _own.NoteRead(At(35));
        _own.NoteHanded(At(30));
        Assert.Equal(At(30), _positions.PositionOf(Partition));
        Assert.Equal(At(35), _positions.ReadsOf(1, IsOther)![Partition]);
        _own = MarkOf(loop: 2, begin: 25);
        Assert.Equal(At(30), _positions.PositionOf(Partition));
        Assert.Empty(_askedOwn);
    }

    [Fact]
    public void A_loop_of_this_node_that_begins_further_on_has_to_bring_the_gateway_there()
    {
        CatchUp(_first, loop: 1, Claim(_first, loop: 1), end: 40);
        _positions.End(_first);
        _own = MarkOf(loop: 1, begin: 60);
        _own.NoteHanded(At(80));
        Assert.Equal(At(40), _positions.PositionOf(Partition));
        var asked = Assert.Single(_askedOwn);
        Assert.Equal(At(40).Value, asked.Position);
        CatchUp(_positions, loop: 1, asked, end: 75);
        Assert.Equal(At(80), _positions.PositionOf(Partition));
    }

    private static bool IsOther(int partition) => partition != Partition;

    private static Position At(long offset) => Position.Create(1, offset);

    private static PartitionMark MarkOf(ulong loop, long begin) =>
        new(Partition, loop, At(begin), new HandedTime(hasClock: true));

    private PositionAsk Claim(object call, ulong loop) => Assert.Single(_positions.Claimed(
        call, new Claims { Items = { new Claim { Partition = Partition, Loop = loop } } }).Items);

    private void Move(object call, ulong loop, long handed, long timeMs) => _positions.Take(call, new Progress
    {
        Partitions =
        {
            new Progress.Types.Place
            {
                Partition = Partition, Loop = loop, Handed = At(handed).Value, HandedTimeMs = timeMs,
            },
        },
    });

    private void Echo(object call, ulong counter, long read) => _positions.Take(call, new Echo
    {
        Counter = counter,
        Items = { new Echo.Types.Item { Partition = Partition, Loop = 1, Read = At(read).Value } },
    });

    private static CaughtUp Part(ulong loop, PositionAsk asked, long end) => new()
    {
        Partition = Partition, Loop = loop, Ask = asked.Ask, End = At(end).Value, Unknown = asked.Unknown,
    };

    private void CatchUp(object call, ulong loop, PositionAsk asked, long end)
    {
        var claim = _positions.Take(call, Part(loop, asked, end));
        Assert.NotNull(claim);
        _positions.Finish(Partition, claim, At(end));
    }
}
