using LiveChat.Core.Presence;
using Xunit;

namespace LiveChat.Tests.Presence;

/// <summary>The contract of a table of presence for all nodes, on the one in memory.</summary>
public sealed class SharedPresenceStoreTests : SharedPresenceContract
{
    private readonly InMemorySharedPresence _table;

    public SharedPresenceStoreTests() => _table = new InMemorySharedPresence(Time);

    private protected override ISharedPresence Open(string node) => _table.Of(node);

    protected override Task PassForTableAsync(TimeSpan time) => Task.CompletedTask;

    protected override Task LoseAsync()
    {
        _table.Lose(static _ => true);
        return Task.CompletedTask;
    }

    protected override Task HasToldAsync(string node, int count)
    {
        Assert.Equal(count, _table.ToldTo(node));
        return Task.CompletedTask;
    }
}
