using LiveChat.Core.Ids;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Simulation;
using Xunit;

namespace LiveChat.Tests.Ids.Leases;

/// <summary>What <see cref="NodeIdLease"/> promises of a node, on a store that loses nothing but may be away.</summary>
public sealed class NodeIdLeaseTests
{
    private static readonly TimeSpan Often = TimeSpan.FromSeconds(1);

    private readonly SeededScheduler _scheduler = new(1);
    private readonly SimulatedFolder _folder = new(LeasePlant.None);
    private readonly HashSet<ulong> _issued = [];
    private int _holders;

    [Fact]
    public void Ten_minutes_without_the_store_stop_nobody() => Run(async store =>
    {
        var holder = Holder(store, _folder);
        holder.Start(Often);
        for (var round = 0; round < 3; round++)
        {
            await PassAsync(7 * (round + 1));
            store.IsAway = true;
            for (var minute = 0; minute < 10; minute++)
            {
                var before = holder.Count;
                await PassAsync(1);
                Assert.Null(holder.Refusal);
                Assert.True(holder.Count > before + 10);
            }

            store.IsAway = false;
        }
    });

    [Fact]
    public void Without_the_store_for_longer_than_the_range_no_id_is_issued_until_it_is_back() => Run(async store =>
    {
        var holder = Holder(store, _folder);
        holder.Start(Often);
        await PassAsync(1);
        store.IsAway = true;
        await PassAsync(25);
        Assert.Contains("does not raise it", holder.Refusal, StringComparison.Ordinal);
        var before = holder.Count;
        store.IsAway = false;
        await PassAsync(1);
        Assert.Null(holder.Refusal);
        Assert.True(holder.Count > before);
    });

    /// <summary>The row may have been raised all the same: the node finds out, keeps its id, and raises it next time.
    /// </summary>
    [Theory]
    [InlineData(ReplaceFault.RequestLost)]
    [InlineData(ReplaceFault.AnswerLost)]
    [InlineData(ReplaceFault.Late)]
    public void A_raise_whose_write_failed_loses_no_lease(ReplaceFault fault) => Run(async store =>
    {
        var holder = Holder(store, _folder);
        holder.Start(Often);
        await PassAsync(4);
        var (asked, node) = (store.Replacements, holder.Lease!.Node);
        var before = await store.ReadAsync(node, default);
        for (var i = 0; i < 3; i++) store.Next.Enqueue(fault);
        await PassAsync(2);
        Assert.Empty(store.Next);
        Assert.True(store.Replacements > asked + 3);
        var raised = await store.ReadAsync(node, default);
        Assert.True(raised!.UntilMs > before!.UntilMs);
        Assert.Equal(before.Incarnation, raised.Incarnation);

        // Two hours later it issues under the same id, whatever came late.
        await PassAsync(120);
        Assert.Null(holder.Refusal);
        Assert.Equal(node, holder.Lease.Node);
        var end = holder.Time.GetUtcNow();
        Assert.True((await store.ReadAsync(node, default))!.UntilMs > end.ToUnixTimeMilliseconds());
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_node_that_was_killed_issues_ids_within_30_s(bool hasFolder) => Run(async store =>
    {
        var first = Holder(store, _folder);
        first.Start(Often);
        await PassAsync(3);
        first.Kill();
        var again = Holder(store, hasFolder ? _folder : new SimulatedFolder(LeasePlant.None));
        again.Start(Often);
        await Task.Delay(TimeSpan.FromSeconds(30), _scheduler.Time);
        Assert.Null(again.Refusal);
        Assert.True(again.Count > 0);
        Assert.Equal(hasFolder, first.Lease!.Node == again.Lease!.Node);
    });

    [Fact]
    public void A_node_that_crashes_again_and_again_keeps_its_id() => Run(async store =>
    {
        var nodes = new HashSet<int>();
        for (var crash = 0; crash < 4; crash++)
        {
            var holder = Holder(store, _folder);
            holder.Start(TimeSpan.FromMilliseconds(100));
            await Task.Delay(TimeSpan.FromSeconds(1), _scheduler.Time);
            Assert.True(holder.Count > 0);
            nodes.Add(holder.Lease!.Node);
            holder.Kill();
        }

        Assert.Single(nodes);
    });

    [Fact]
    public void A_clean_stop_gives_the_id_back_and_a_fresh_machine_goes_on_with_it() => Run(async store =>
    {
        var first = Holder(store, _folder);
        first.Start(Often);
        await PassAsync(3);
        await first.StopAsync();
        var (row, until) = (await store.ReadAsync(first.Lease!.Node, default), first.Time.GetUtcNow());
        Assert.Null(row!.Incarnation);
        Assert.InRange(row.UntilMs, 1, until.ToUnixTimeMilliseconds() + 1);

        var other = Holder(store, new SimulatedFolder(LeasePlant.None));
        other.Start(Often);
        await PassAsync(1);
        Assert.Equal(first.Lease.Node, other.Lease!.Node);
        Assert.True(other.Count > 0);
    });

    [Fact]
    public void A_node_that_was_started_twice_has_two_ids() => Run(async store =>
    {
        LeaseHolder[] holders =
            [Holder(store, _folder), Holder(store, new SimulatedFolder(LeasePlant.None)), Holder(store, null)];
        foreach (var holder in holders) holder.Start(Often);
        await PassAsync(30);
        Assert.Equal(3, holders.Select(static holder => holder.Lease!.Node).Distinct().Count());
        Assert.All(holders, static holder => Assert.Null(holder.Refusal));
    });

    [Fact]
    public void Without_a_free_id_a_node_waits_for_the_end_of_a_range() => Run(async store =>
    {
        for (var id = 1; id < 1 << Snowflake.NodeBits; id++)
            store.Put(new NodeIdRow(id, "other", Guid.Empty, long.MaxValue));
        var first = Holder(store, _folder);
        first.Start(Often);
        await PassAsync(3);
        first.Kill();
        var other = Holder(store, null, "other-machine");
        other.Start(Often);
        await PassAsync(15);
        Assert.Null(other.Lease);
        await PassAsync(6);
        Assert.Equal(first.Lease!.Node, other.Lease!.Node);
        Assert.True(other.Count > 0);
    });

    [Theory]
    [InlineData(-11, true)]
    [InlineData(11, true)]
    [InlineData(-9, false)]
    [InlineData(9, false)]
    public void A_clock_that_is_more_than_10_s_off_issues_nothing(int seconds, bool isRefused) => Run(async store =>
    {
        var holder = Holder(store, _folder);
        holder.Start(Often);
        await PassAsync(1);
        holder.Time.Offset = TimeSpan.FromSeconds(seconds);
        await Task.Delay(TimeSpan.FromSeconds(20), _scheduler.Time);
        Assert.Equal(isRefused, holder.Refusal is not null);
        holder.Time.Offset = default;
        await Task.Delay(TimeSpan.FromSeconds(20), _scheduler.Time);
        Assert.Null(holder.Refusal);
    });

    [Fact]
    public void A_node_whose_clock_is_off_takes_no_id_until_it_is_right() => Run(async store =>
    {
        var holder = Holder(store, _folder);
        holder.Time.Offset = TimeSpan.FromDays(300);
        holder.Start(Often);
        await PassAsync(10);
        Assert.Null(holder.Lease);
        Assert.Empty(await store.ReadAllAsync(default));
        holder.Time.Offset = default;
        await PassAsync(1);
        Assert.True(holder.Count > 0);
    });

    [Fact]
    public void A_jump_of_the_clock_while_the_store_is_away_is_noticed() => Run(async store =>
    {
        var holder = Holder(store, _folder);
        holder.Start(Often);
        await PassAsync(1);
        store.IsAway = true;
        holder.Time.Offset = TimeSpan.FromMinutes(5);
        await Task.Delay(TimeSpan.FromSeconds(10), _scheduler.Time);
        Assert.Contains("jumped", holder.Refusal, StringComparison.Ordinal);
    });

    private LeaseHolder Holder(INodeIdStore store, SimulatedFolder? folder, string name = "node") =>
        new(_scheduler, store, folder?.Open(), name, 7 + _holders++, id => Assert.True(_issued.Add(id), "Twice."));

    private Task PassAsync(int minutes) => Task.Delay(TimeSpan.FromMinutes(minutes), _scheduler.Time);

    private void Run(Func<FaultyNodeIdStore, Task> story) => _scheduler.Run(async () =>
    {
        var process = new SimulatedProcess(_scheduler, "store");
        await story(new FaultyNodeIdStore(process, _scheduler.Time, new Random(3), LeasePlant.None)
        {
            IsFaulty = false,
        });
    });
}
