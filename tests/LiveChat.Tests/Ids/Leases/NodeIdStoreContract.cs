using LiveChat.Core.Ids;
using Xunit;

namespace LiveChat.Tests.Ids.Leases;

/// <summary>What <see cref="INodeIdStore"/> promises, checked of every implementation.</summary>
public abstract class NodeIdStoreContract
{
    private static readonly Guid One = new("00000000-0000-0000-0000-000000000001");
    private static readonly Guid Two = new("00000000-0000-0000-0000-000000000002");

    private static int _ids;

    /// <summary>An id of this test alone: implementations may keep what other tests wrote.</summary>
    private readonly int _id = Interlocked.Increment(ref _ids);

    private protected abstract ValueTask<INodeIdStore> OpenAsync();

    [Fact]
    public async Task A_row_is_replaced_only_where_it_is_what_was_seen()
    {
        var store = await OpenAsync();
        var row = new NodeIdRow(_id, "a", One, 1_000);
        Assert.Null(await store.ReadAsync(_id, default));
        Assert.False(await store.TryReplaceAsync(row, row with { UntilMs = 5 }, default));
        Assert.True(await store.TryReplaceAsync(null, row, default));
        Assert.False(await store.TryReplaceAsync(null, row with { Name = "b" }, default));
        foreach (var other in (NodeIdRow[])[
            row with { Name = "b" }, row with { Incarnation = Two }, row with { Incarnation = null },
            row with { UntilMs = 1_001 }])
            Assert.False(await store.TryReplaceAsync(other, row with { UntilMs = 9_000 }, default));
        Assert.Equal(row, await store.ReadAsync(_id, default));

        var free = row with { Incarnation = null, UntilMs = 900 };
        Assert.True(await store.TryReplaceAsync(row, free, default));
        Assert.True(await store.TryReplaceAsync(free, row with { Name = "c" }, default));
        Assert.Contains(row with { Name = "c" }, await store.ReadAllAsync(default));
    }

    [Fact]
    public async Task Of_replacements_at_the_same_time_one_wins()
    {
        var store = await OpenAsync();
        var former = default(NodeIdRow);
        for (var round = 1; round <= 5; round++)
        {
            var rows = Enumerable.Range(0, 6).Select(i => new NodeIdRow(_id, $"n{i}", One, (10 * round) + i)).ToArray();
            var told = await Task.WhenAll(rows.Select(row => Task.Run(() => ReplaceAsync(store, former, row))));
            var winner = Assert.Single(rows.Zip(told), static one => one.Second).First;
            Assert.Equal(winner, await store.ReadAsync(_id, default));
            former = winner;
        }
    }

    [Fact]
    public async Task The_store_has_a_clock()
    {
        var store = await OpenAsync();
        var first = await store.ReadTimeMsAsync(default);
        Assert.InRange(await store.ReadTimeMsAsync(default), first, first + 600_000);
    }

    /// <summary>A replacement whose outcome is unknown is decided by a serial read, or tried again.</summary>
    private static async Task<bool> ReplaceAsync(INodeIdStore store, NodeIdRow? former, NodeIdRow row)
    {
        for (var attempt = 0; attempt < 50; attempt++)
        {
            try
            {
                if (await store.TryReplaceAsync(former, row, default)) return true;
                return await store.ReadAsync(row.Id, default) == row;
            }
            catch (NodeIdStoreException)
            {
                if (await store.ReadAsync(row.Id, default) is var found && found != former) return found == row;
            }
        }

        throw new InvalidOperationException("No outcome in 50 attempts.");
    }
}
