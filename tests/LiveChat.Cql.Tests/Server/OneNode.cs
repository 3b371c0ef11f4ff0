namespace LiveChat.Cql.Tests.Server;

/// <summary>One node without authentication. A third-party or already running one serves as well.</summary>
[CollectionDefinition(nameof(OneNode), DisableParallelization = true)]
public sealed class OneNode() : CassandraCluster(9142, 1), ICollectionFixture<OneNode>;
