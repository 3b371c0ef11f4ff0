namespace LiveChat.Cql.Tests.Server;

/// <summary>One node that tests may kill and freeze; no other keeps what it has confirmed, so it syncs first.</summary>
[CollectionDefinition(nameof(LoneNode), DisableParallelization = true)]
public sealed class LoneNode() : CassandraCluster(9642, 1, ("CASSANDRA_SYNC", "batch")), ICollectionFixture<LoneNode>;
