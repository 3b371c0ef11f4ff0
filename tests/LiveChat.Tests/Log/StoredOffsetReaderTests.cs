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
            new AllPartitionsReader(log, ConsumerGroups.HistoryWriters), _ => new Position(stored));
        Assert.Equal(new Position(start), (await reader.CommittedAsync([0], CancellationToken.None))[0]);
    }
}
