using LiveChat.Cluster.Log;
using LiveChat.Core.Log;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>Where groups start whose history is in a data folder.</summary>
public sealed class FolderOffsetsReaderTests(OneBroker brokers) : IClassFixture<OneBroker>
{
    /// <summary>How far the folder is, what the group has committed (0: nothing, else one more than the last record),
    /// and where it starts.</summary>
    [Theory]
    [InlineData(ConsumerGroups.HistoryWriters, 3, 5, 3)]
    [InlineData(ConsumerGroups.HistoryWriters, 0, 5, 0)]
    [InlineData(ConsumerGroups.HistoryWriters, 5, 3, 3)]
    [InlineData(ConsumerGroups.HistoryWriters, 5, 0, 5)]
    [InlineData(ConsumerGroups.DeliveryWorkers, 3, 5, 5)]
    [InlineData(ConsumerGroups.DeliveryWorkers, 5, 3, 3)]
    [InlineData(ConsumerGroups.DeliveryWorkers, 5, 0, 5)]
    [InlineData(ConsumerGroups.DeliveryWorkers, 0, 0, 0)]
    public async Task A_group_starts_where_nothing_is_left_out_or_pushed_again(
        string group, int passed, int committed, int start)
    {
        await using var open = await OpenLog.OpenAsync(OpenLog.Options(brokers.Addresses));
        for (var i = 0; i < 5; i++) await open.AppendAsync(1, $"{i}");
        if (committed > 0)
        {
            await using var member = new GroupMember(open.Log, group);
            await member.ReadAsync(1, 5);
            await member.Reader.CommitAsync(
                new Dictionary<int, Position> { [1] = Through(committed) }, TestContext.Current.CancellationToken);
        }

        await using var reader = new FolderOffsetsReader(open.Log.ReaderOf(group), group, _ => Through(passed));
        var starts = await reader.CommittedAsync([1], TestContext.Current.CancellationToken);
        Assert.Equal(Through(start), starts[1]);
    }

    private static Position Through(int records) =>
        records == 0 ? Position.None : Position.Create(1, records - 1);
}
