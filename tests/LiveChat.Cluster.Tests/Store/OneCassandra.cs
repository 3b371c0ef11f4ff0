using LiveChat.Cluster.Store;
using LiveChat.Cql.Tests.Server;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.Cluster.Tests.Store;

/// <summary>One node of Cassandra for all tests of its collection. To make a keyspace takes seconds: a test that needs
/// no empty one uses <see cref="SharedAsync"/> with chats and users that no other test has. It syncs before it answers:
/// otherwise the last tenth of a second is gone when the process of the only replica is killed.</summary>
[CollectionDefinition(nameof(OneCassandra))]
public sealed class OneCassandra()
    : CassandraCluster(FreePort(1, PortsOfNode), 1, ("CASSANDRA_SYNC", "batch")), ICollectionFixture<OneCassandra>
{
    /// <summary>Two behind the clients' port, so that the nodes' own ports of two fixtures are apart too.</summary>
    private const int PortsOfNode = 3;

    private static int _keyspaces;

    private CassandraOptions? _shared;

    protected override bool MayBeAnother => true;

    /// <summary>A keyspace that no other test has, not made yet. Skips the test where there is no Cassandra.</summary>
    internal CassandraOptions NewKeyspace()
    {
        Require();
        return new CassandraOptions
        {
            ContactPoints = string.Join(',', Nodes),
            Keyspace = $"test_{Environment.ProcessId}_{Interlocked.Increment(ref _keyspaces)}",
            SingleNode = true,
        };
    }

    /// <summary>A session of the keyspace that tests share. Tests of a collection run one after the other.</summary>
    internal Task<CassandraSession> SharedAsync() => OpenAsync(_shared ??= NewKeyspace());

    /// <summary>A session of a new keyspace, or of that of the options.</summary>
    internal Task<CassandraSession> OpenAsync(CassandraOptions? options = null, ILoggerFactory? loggers = null) =>
        CassandraConnection.OpenAsync(
            options ?? NewKeyspace(), TimeProvider.System, loggers ?? NullLoggerFactory.Instance,
            TestContext.Current.CancellationToken);
}
