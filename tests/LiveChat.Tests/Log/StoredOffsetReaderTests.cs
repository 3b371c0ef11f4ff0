using LiveChat.Core.Log;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Log;

public sealed class StoredOffsetReaderTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 7, 7)]
    [InlineData(5, 7, 5)]
    [InlineData(7, 5, 5)]
    [InlineData(7, 0, 0)]
    public async Task A_group_begins_at_the_lower_of_what_its_store_has_and_what_it_has_committed(
        long committed, long stored, long start)
    {
        await using var log = new InMemoryMessageLog(1, new FakeTimeProvider());
        await log.CommitAsync(ConsumerGroups.HistoryWriters, 0, new Position(committed));
        await using var reader = StoredOffsetReader.OfStore(
            new AllPartitionsReader(log, ConsumerGroups.HistoryWriters),
            StoredOffsets.Of(_ => new Position(stored)));
        Assert.Equal(new Position(start), (await reader.CommittedAsync([0], CancellationToken.None))[0]);
    }

    [Theory]
    [InlineData(0, 0, 7, 7)]
    [InlineData(5, 0, 7, 5)]
    [InlineData(0, 5, 7, 5)]
    [InlineData(5, 6, 7, 6)]
    [InlineData(9, 6, 7, 9)]
    [InlineData(0, 0, 0, 0)]
    public async Task Another_group_begins_at_the_higher_of_its_two_positions_and_a_new_one_where_history_is(
        long committed, long own, long history, long start)
    {
        await using var log = new InMemoryMessageLog(1, new FakeTimeProvider());
        await log.CommitAsync(ConsumerGroups.DeliveryWorkers, 0, new Position(committed));
        await using var reader = StoredOffsetReader.OfOther(
            new AllPartitionsReader(log, ConsumerGroups.DeliveryWorkers),
            StoredOffsets.Of(_ => new Position(history)),
            StoredOffsets.Of(_ => new Position(own)));
        Assert.Equal(new Position(start), (await reader.CommittedAsync([0], CancellationToken.None))[0]);
    }

    /// <summary>The other way round, the log could be ahead of a store that was never told.</summary>
    [Fact]
    public async Task What_the_store_does_not_take_the_log_does_not_hear_of()
    {
        await using var log = new InMemoryMessageLog(1, new FakeTimeProvider());
        var isAway = true;
        var own = StoredOffsets.Of(_ => Position.None) with
        {
            RaiseAsync = (_, _) => isAway
                ? throw new LogUnavailableException("The store is away.")
                : ValueTask.CompletedTask,
        };
        await using var reader = StoredOffsetReader.OfOther(
            new AllPartitionsReader(log, ConsumerGroups.DeliveryWorkers), StoredOffsets.Of(_ => Position.None), own);
        var processed = new Dictionary<int, Position> { [0] = new(3) };
        await Assert.ThrowsAsync<LogUnavailableException>(
            async () => await reader.CommitAsync(processed, CancellationToken.None));
        Assert.Equal(Position.None, (await reader.CommittedAsync([0], CancellationToken.None))[0]);
        isAway = false;
        await reader.CommitAsync(processed, CancellationToken.None);
        Assert.Equal(new Position(3), (await reader.CommittedAsync([0], CancellationToken.None))[0]);
    }
}
