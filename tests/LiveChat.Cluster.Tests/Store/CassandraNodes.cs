using LiveChat.Cluster.Store;
using LiveChat.Cql;
using LiveChat.Cql.Tests.Server;
using LiveChat.Tests.Running;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.Cluster.Tests.Store;

/// <summary>Nodes of Cassandra for all tests of a fixture. To make a keyspace takes seconds: a test that needs no empty
/// one uses <see cref="SharedAsync"/> with chats and users that no other test has. The nodes sync before they answer:
/// otherwise the last tenth of a second is gone when the process of the only replica is killed.</summary>
/// <param name="nodes">How many; with one the keyspaces have one replica.</param>
public abstract class CassandraNodes(int nodes)
    : CassandraCluster(FreePorts.ForService(nodes, PortsOfNode), nodes, ("CASSANDRA_SYNC", "batch"))
{
    /// <summary>Two behind the clients' port, so that the nodes' own ports of two fixtures are apart too.</summary>
    private const int PortsOfNode = 3;

    private static int _keyspaces;

    private CassandraOptions? _shared;

    /// <summary>The folder with the files of all nodes.</summary>
    internal string Home => Folder;

    /// <summary>A keyspace that no other test has, not made yet. Skips the test where there is no Cassandra.</summary>
    internal CassandraOptions NewKeyspace()
    {
        Require();
        return new CassandraOptions
        {
            ContactPoints = string.Join(',', Nodes),
            Keyspace = $"test_{Environment.ProcessId}_{Interlocked.Increment(ref _keyspaces)}",
            SingleNode = Nodes.Count == 1,
        };
    }

    /// <summary>A session of the keyspace that tests share. Tests of a collection run one after the other.</summary>
    internal Task<CassandraSession> SharedAsync() => OpenAsync(_shared ??= NewKeyspace());

    /// <summary>A session of a new keyspace, or of that of the options.</summary>
    internal Task<CassandraSession> OpenAsync(CassandraOptions? options = null, ILoggerFactory? loggers = null) =>
        CassandraConnection.OpenAsync(
            options ?? NewKeyspace(), TimeProvider.System, loggers ?? NullLoggerFactory.Instance,
            TestContext.Current.CancellationToken);

    /// <summary>What an operator types into cqlsh.</summary>
    internal static async Task ExecuteAsync(CassandraOptions options, string cql)
    {
        var token = TestContext.Current.CancellationToken;
        await using var session = await CassandraConnection.ConnectAsync(options, NullLoggerFactory.Instance, token);
        using var rows = await session.ExecuteAsync(new SimpleStatement(cql), token);
    }

    /// <summary>Runs the operators' tool on a node.</summary>
    internal Task NodetoolAsync(int node, params string[] arguments) =>
        RunAsync(["nodetool", Folder, $"{node}", .. arguments]);
}
