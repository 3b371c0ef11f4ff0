using LiveChat.Cluster.Log;
using LiveChat.Core.Log;
using Xunit;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>The log on a real broker.</summary>
public sealed class KafkaMessageLogTests(OneBroker brokers)
{
    [Fact]
    public async Task Records_keep_the_order_of_the_calls_and_have_the_brokers_time()
    {
        await using var open = await OpenLog.OpenAsync(Options());
        var log = open.Log;
        var before = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var appends = Enumerable.Range(0, 500).Select(i => open.AppendAsync(1, $"r{i}")).ToList();
        var appended = await Task.WhenAll(appends);

        Assert.Equal(Enumerable.Range(0, 500).Select(i => Position.Create(1, i)), appended.Select(a => a.Position));
        Assert.All(appended, one => Assert.InRange(one.TimeMs, before - 1_000, before + 60_000));
        var read = await log.ReadAgainAsync(1, Position.None, 1 << 20, Stop);
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"r{i}"), read.Select(Text));
        Assert.Equal(appended.Select(one => one.TimeMs), read.Select(one => one.TimeMs));
        Assert.Empty(await log.ReadAgainAsync(1, appended[^1].Position, 1 << 20, Stop));
    }

    [Fact]
    public async Task Ranges_of_all_partitions_are_one_question_and_what_is_trimmed_is_gone()
    {
        await using var open = await OpenLog.OpenAsync(Options());
        var log = open.Log;
        for (var i = 0; i < 5; i++) await open.AppendAsync(2, $"{i}");
        var ranges = await log.RangesAsync([0, 1, 2, 3], Stop);
        Assert.Equal((Position.Create(1, 0), Position.Create(1, 4)), (ranges[2].Begin, ranges[2].End));
        Assert.Equal((Position.Create(1, 0), Position.None), (ranges[3].Begin, ranges[3].End));

        await log.TrimAsync(new Dictionary<int, Position> { [2] = Position.Create(1, 2) }, Stop);
        ranges = await log.RangesAsync([2], Stop);
        Assert.Equal((Position.Create(1, 3), Position.Create(1, 4)), (ranges[2].Begin, ranges[2].End));
        await Assert.ThrowsAsync<LogTrimmedException>(
            () => log.ReadAgainAsync(2, Position.Create(1, 0), 1_000, Stop).AsTask());
    }

    [Fact]
    public async Task A_group_reads_on_where_it_has_committed()
    {
        await using var open = await OpenLog.OpenAsync(Options());
        var log = open.Log;
        for (var i = 0; i < 10; i++) await open.AppendAsync(0, $"{i}");
        await using (var owner = new GroupMember(log, "readers"))
        {
            Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], await owner.ReadAsync(0, 10));
            await owner.Reader.CommitAsync(new Dictionary<int, Position> { [0] = Position.Create(1, 6) }, Stop);
        }

        await using var next = new GroupMember(log, "readers");
        Assert.Equal(["7", "8", "9"], await next.ReadAsync(0, 3));
        Assert.Equal(Position.Create(1, 6), next.Starts[0]);
        Assert.Equal(Position.None, next.Starts[1]);
    }

    [Fact]
    public async Task Partitions_move_to_a_second_reader_and_back_and_no_record_is_left_out()
    {
        await using var open = await OpenLog.OpenAsync(Options());
        var log = open.Log;
        await using var first = new GroupMember(log, "movers");
        await first.UntilAsync(owner => owner.Assigned.Count == 4);
        for (var round = 0; round < 5; round++)
        {
            await using (var second = new GroupMember(log, "movers"))
            {
                await second.UntilAsync(owner => owner.Assigned.Count == 2 && first.Assigned.Count == 2);
                for (var partition = 0; partition < 4; partition++)
                    await open.AppendAsync(partition, $"{round}");
                var owners = Enumerable.Range(0, 4)
                    .ToDictionary(one => one, one => second.Assigned.ContainsKey(one) ? second : first);
                foreach (var (partition, owner) in owners)
                    Assert.Equal($"{round}", (await owner.ReadAsync(partition, 1))[0]);
                foreach (var (partition, owner) in owners) await owner.CommitReadAsync(partition);
            }

            await first.UntilAsync(owner => owner.Assigned.Count == 4);
        }
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static string Text(LogEntry entry) => GroupMember.Text(entry);

    private KafkaLogOptions Options() => OpenLog.Options(brokers.Addresses);
}
