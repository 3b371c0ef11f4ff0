using LiveChat.Core.History;
using Xunit;

namespace LiveChat.Tests.History;

/// <summary>What <see cref="ILineageStore"/> promises, checked of every implementation.</summary>
public abstract class LineageStoreContract : IAsyncLifetime
{
    private protected abstract ILineageStore Store { get; }

    private protected abstract string Epoch { get; }

    /// <summary>The power goes and comes back.</summary>
    private protected abstract Task RestartAsync();

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task A_start_that_is_written_again_replaces_the_former_and_others_are_forgotten_with_it()
    {
        await Store.WriteStartAsync(new StoreStart(1, 10, 20), [], default);
        await Store.WriteStartAsync(new StoreStart(ulong.MaxValue, 30, 40), [], default);
        await Store.WriteStartAsync(new StoreStart(1, 10, 25, IsDisowned: true), [], default);
        await RestartAsync();
        Assert.Equal(
            [new StoreStart(1, 10, 25, IsDisowned: true), new StoreStart(ulong.MaxValue, 30, 40)], await ReadAsync());

        await Store.WriteStartAsync(new StoreStart(2, 50, 60), [1, ulong.MaxValue, 77], default);
        await RestartAsync();
        Assert.Equal([new StoreStart(2, 50, 60)], await ReadAsync());
    }

    [Fact]
    public async Task An_epoch_stays_over_restarts_until_it_is_renewed()
    {
        var first = Epoch;
        await RestartAsync();
        Assert.Equal(first, Epoch);
        await Store.RenewEpochAsync(default);
        var second = Epoch;
        Assert.NotEqual(first, second);
        await RestartAsync();
        Assert.Equal(second, Epoch);
    }

    private async Task<IEnumerable<StoreStart>> ReadAsync() =>
        (await Store.ReadStartsAsync(default)).OrderBy(static start => start.Id);
}
