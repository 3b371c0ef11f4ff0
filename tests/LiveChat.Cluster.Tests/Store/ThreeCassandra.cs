using Xunit;

namespace LiveChat.Cluster.Tests.Store;

/// <summary>Three nodes, each with every row, for long runs. 3 GB of memory.</summary>
[CollectionDefinition(nameof(ThreeCassandra))]
public sealed class ThreeCassandra() : CassandraNodes(3), ICollectionFixture<ThreeCassandra>
{
    protected override bool IsForLongRuns => true;
}
