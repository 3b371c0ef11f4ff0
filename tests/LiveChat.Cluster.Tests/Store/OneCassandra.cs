using Xunit;

namespace LiveChat.Cluster.Tests.Store;

/// <summary>One node, for everything that needs no second one. One that runs already will do.</summary>
[CollectionDefinition(nameof(OneCassandra))]
public sealed class OneCassandra() : CassandraNodes(1), ICollectionFixture<OneCassandra>
{
    protected override bool MayBeAnother => true;
}
