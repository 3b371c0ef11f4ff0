using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Log;

public sealed class PartitionerTests
{
    // The first outputs of SplitMix64 for the seeds 0 and 1234567, as its published test vectors have them.
    [Theory]
    [InlineData(0UL, 0xE220_A839_7B1D_CDAFUL)]
    [InlineData(1234567UL, 0x599E_D017_FB08_FC85UL)]
    [InlineData(1234567UL + 0x9E37_79B9_7F4A_7C15UL, 0x2C73_F084_5854_0FA5UL)]
    public void The_mixer_is_the_finaliser_of_SplitMix64(ulong value, ulong mixed) =>
        Assert.Equal(mixed, Partitioner.Mix(value));

    // Golden: these may never change, or a chat's records would continue in another partition.
    [Theory]
    [InlineData(1UL, 16, 1)]
    [InlineData(2UL, 16, 14)]
    [InlineData(501_234_567_890_123_776UL, 16, 15)]
    [InlineData(501_234_567_890_123_776UL, 1000, 831)]
    [InlineData(ulong.MaxValue, 1000, 936)]
    [InlineData(ulong.MaxValue, 1, 0)]
    public void A_chat_stays_in_its_partition_for_ever(ulong chat, int partitions, int partition) =>
        Assert.Equal(partition, Partitioner.PartitionOf(new ChatId(chat), partitions));

    [Fact]
    public void Ids_of_quiet_nodes_spread_over_all_partitions()
    {
        // One id a millisecond: the sequence bits are always 0.
        var counts = new int[16];
        for (var i = 0UL; i < 16_000; i++)
        {
            counts[Partitioner.PartitionOf(new ChatId((i + 1) << 23), 16)]++;
        }

        // 1,000 each on average; five standard deviations of a fair spread are 153.
        Assert.All(counts, count => Assert.InRange(count, 847, 1153));
    }
}
