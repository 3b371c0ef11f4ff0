using LiveChat.Core.Log;
using LiveChat.Core.Sessions;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>One time and the partitions behind it, of the times of all partitions.</summary>
public sealed class HandedTimesTests
{
    private const ulong Start = 7;
    private const long Now = 1_764_000_000_000;
    private const long Behind = Now - HandedTimes.BehindMs;

    [Fact]
    public void Partitions_that_are_close_together_have_one_time()
    {
        var since = Of(Now - 1, Behind, Now);
        Assert.Equal((Behind - Since.MarginMs, 0), (since.TimeMs, since.Stragglers.Count));
    }

    [Fact]
    public void One_that_is_behind_has_a_time_of_its_own_and_the_others_keep_theirs()
    {
        var since = Of(Now - 1, Behind - 1, Now);
        Assert.Equal(Now - 1 - Since.MarginMs, since.TimeMs);
        Assert.Equal([new Straggler(1, Behind - 1 - Since.MarginMs)], since.Stragglers);
        Assert.Equal(
            [Now - 1 - Since.MarginMs, Behind - 1 - Since.MarginMs, Now - 1 - Since.MarginMs],
            Enumerable.Range(0, 3).Select(since.TimeOf));
    }

    [Theory]
    [InlineData(Since.StragglersMax, Now - Since.MarginMs, Since.StragglersMax)]
    [InlineData(Since.StragglersMax + 1, Behind - 5 - Since.MarginMs, 0)]
    public void With_more_than_can_be_named_the_lowest_time_counts_for_all(int behind, long timeMs, int named)
    {
        var since = Of([Now, .. Enumerable.Repeat(Behind - 5, behind)]);
        Assert.Equal((timeMs, named), (since.TimeMs, since.Stragglers.Count));
    }

    [Fact]
    public void No_time_is_told_before_every_partition_has_begun() => Assert.True(Of(Now, 0, Now).IsNothing);

    [Fact]
    public void No_time_is_above_what_clients_may_be_told()
    {
        var since = Of(Now + 90_000, Behind - 1, Now + 100_000);
        Assert.Equal((Now - Since.MarginMs, 1), (since.TimeMs, since.Stragglers.Count));
    }

    [Fact]
    public void What_is_held_back_stays_where_it_was()
    {
        var former = new Since(Start, Now - 500_000) { Stragglers = [new Straggler(2, Now - 900_000)] };
        var held = Of(Now, Now, Now, Now).HeldBack([1, 2], former);
        Assert.Equal(
            [Now - Since.MarginMs, Now - 500_000, Now - 900_000, Now - Since.MarginMs],
            Enumerable.Range(0, 4).Select(held.TimeOf));
        Assert.Equal(0, Of(Now, Now).HeldBack([1], Since.Nothing).TimeOf(1));
        Assert.True(Of(Now, Now).HeldBack([], Since.Nothing).TimeOf(1) > 0);
        var all = Of([.. Enumerable.Repeat(Now, 40)]);
        Assert.True(all.HeldBack([.. Enumerable.Range(0, Since.StragglersMax + 1)], Since.Nothing).IsNothing);
    }

    [Fact]
    public void The_time_of_a_chat_is_that_of_its_partition()
    {
        var chat = new ChatId(12_345);
        var partition = Partitioner.PartitionOf(chat, 4);
        var since = new Since(Start, Now) { Stragglers = [new Straggler((ushort)partition, 5)] };
        Assert.Equal(5, since.TimeOf(chat, 4));
        var other = since with { Stragglers = [new Straggler((ushort)((partition + 1) % 4), 5)] };
        Assert.Equal(Now, other.TimeOf(chat, 4));
    }

    private static Since Of(params long[] times) =>
        HandedTimes.Of(Start, times.Length, partition => times[partition], Now);
}
