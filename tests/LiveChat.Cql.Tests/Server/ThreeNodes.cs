namespace LiveChat.Cql.Tests.Server;

/// <summary>Three nodes that tests may kill and freeze. 3 GB of memory.</summary>
[CollectionDefinition(nameof(ThreeNodes), DisableParallelization = true)]
public sealed class ThreeNodes() : CassandraCluster(9242, 3), ICollectionFixture<ThreeNodes>;
