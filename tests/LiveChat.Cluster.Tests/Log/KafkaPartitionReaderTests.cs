using LiveChat.Core.Log;
using Xunit;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>Owners that are slow or fail, on a real broker.</summary>
public sealed class KafkaPartitionReaderTests(OneBroker brokers)
{
    private const int Records = 4_000;

    [Fact]
    public async Task A_partition_whose_worker_is_slow_holds_up_no_other_and_loses_nothing()
    {
        var options = OpenLog.Options(brokers.Addresses) with { ReadAheadBytesMax = 1 << 20 };
        await using var open = await OpenLog.OpenAsync(options);
        await using var member = new GroupMember(open.Log, "slow");
        var padding = new string('x', 1_000);
        var expected = Enumerable.Range(0, Records).Select(i => $"{i} {padding}").ToList();

        // Four megabytes for each of two partitions: many times what one may read ahead.
        await Task.WhenAll(expected.SelectMany(text => new[] { open.AppendAsync(0, text), open.AppendAsync(1, text) }));
        Assert.Equal(expected, await member.ReadAsync(1, Records));
        Assert.Equal(expected, await member.ReadAsync(0, Records));
    }

    [Fact]
    public async Task The_last_visible_record_says_that_it_was_and_those_before_it_do_not()
    {
        await using var open = await OpenLog.OpenAsync(OpenLog.Options(brokers.Addresses));
        Assert.False(open.Log.HasClock);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(i => open.AppendAsync(0, $"{i}")));
        await using var member = new GroupMember(open.Log, "ends");
        var read = await member.EntriesAsync(0, 3);
        Assert.Equal([true, true, false], read.Select(static entry => entry.EndSeenMs == 0));
        Assert.InRange(read[^1].EndSeenMs - read[^1].TimeMs, 0, 180_000);

        // One clock here; the next one comes alone.
        await open.AppendAsync(0, "3");
        var next = Assert.Single(await member.EntriesAsync(0, 1));
        Assert.InRange(next.EndSeenMs - next.TimeMs, 0, 180_000);
    }

    [Fact]
    public async Task An_owner_that_cannot_begin_gets_its_partitions_again()
    {
        await using var open = await OpenLog.OpenAsync(OpenLog.Options(brokers.Addresses));
        await open.AppendAsync(3, "x");
        var failures = 2;
        await using var member = new GroupMember(open.Log, "beginners")
        {
            BeforeAssign = () => failures-- > 0 ? throw new LogUnavailableException("Not yet.") : Task.CompletedTask,
        };
        Assert.Equal(["x"], await member.ReadAsync(3, 1));
        Assert.Equal(-1, failures);
        await member.CommitReadAsync(3);
    }

    [Fact]
    public async Task Nothing_is_read_or_committed_of_a_partition_that_was_revoked()
    {
        await using var open = await OpenLog.OpenAsync(OpenLog.Options(brokers.Addresses));
        Task<IReadOnlyList<LogEntry>> waiting;
        IPartitionReader reader;
        await using (var member = new GroupMember(open.Log, "leavers"))
        {
            await member.UntilAsync(static owner => owner.Assigned.Count == 4);
            reader = member.Reader;
            waiting = reader.ReadAsync(2, Position.None, 1_000, CancellationToken.None).AsTask();
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => reader.ReadAsync(2, Position.None, 1_000, CancellationToken.None).AsTask());
        await reader.CommitAsync(
            new Dictionary<int, Position> { [2] = Position.Create(1, 5) }, CancellationToken.None);
        await using var next = new GroupMember(open.Log, "leavers");
        await next.UntilAsync(static owner => owner.Assigned.Count == 4);
        Assert.Equal(Position.None, next.Starts[2]);
    }
}
