using LiveChat.Core.Links;
using Microsoft.Extensions.Time.Testing;

namespace LiveChat.Tests.Links;

/// <summary>What every registry of nodes promises, of the twin in memory.</summary>
public sealed class InMemoryNodeRegistryTests : NodeRegistryContract
{
    private readonly FakeTimeProvider _time = new();

    private protected override ValueTask<INodeRegistry> OpenAsync() =>
        ValueTask.FromResult<INodeRegistry>(new InMemoryNodeRegistry(_time));

    private protected override ValueTask AgeAsync(string name, TimeSpan by)
    {
        _time.Advance(by);
        return default;
    }
}
