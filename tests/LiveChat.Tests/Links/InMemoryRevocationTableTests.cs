using LiveChat.Core.Links;

namespace LiveChat.Tests.Links;

/// <summary>What every table of revocations promises, of the twin in memory.</summary>
public sealed class InMemoryRevocationTableTests : RevocationTableContract
{
    private protected override ValueTask<IRevocationTable> OpenAsync() =>
        ValueTask.FromResult<IRevocationTable>(new InMemoryRevocationTable());
}
