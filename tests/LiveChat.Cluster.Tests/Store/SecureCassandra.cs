using LiveChat.Cluster.Store;
using LiveChat.Cql;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Tests.Server;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.Cluster.Tests.Store;

/// <summary>A node that asks for a password, and roles that tests make on it.</summary>
public sealed class SecureCassandra() : CassandraCluster(FreePort(1, PortsOfNode), 1, ("CASSANDRA_AUTH", "1"))
{
    private const int PortsOfNode = 3;

    /// <summary>The first role of every cluster, made some time after the node serves.</summary>
    private const string First = "cassandra";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private int _roles;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A role that may do nothing, and the options of a server that has it and a keyspace of its own.
    /// </summary>
    internal async Task<CassandraOptions> NewRoleAsync()
    {
        Require();
        var name = $"role_{Interlocked.Increment(ref _roles)}";
        var options = OptionsOf(name, $"password of {name}");
        await using var session = await ConnectAsync();
        using var rows = await session.ExecuteAsync(
            new SimpleStatement($"CREATE ROLE {name} WITH PASSWORD = 'password of {name}' AND LOGIN = true"), Token);
        return options with { Keyspace = $"of_{name}" };
    }

    /// <summary>What the first role sees of a keyspace.</summary>
    internal async Task<CassandraFacts> FactsAsync(CassandraOptions options)
    {
        await using var session = await ConnectAsync();
        return await CassandraFacts.ReadAsync(session, options, TimeProvider.System, Token);
    }

    /// <summary>As the first role. Waits until there is one.</summary>
    private async Task<CqlSession> ConnectAsync()
    {
        while (true)
        {
            try
            {
                return await CassandraConnection.ConnectAsync(
                    OptionsOf(First, First), NullLoggerFactory.Instance, Token);
            }
            catch (CqlException)
            {
                await Task.Delay(Pause, TimeProvider.System, Token);
            }
        }
    }

    private CassandraOptions OptionsOf(string role, string password)
    {
        var file = Path.Combine(Folder, role);
        File.WriteAllText(file, password + "\n");
        return new CassandraOptions
        {
            ContactPoints = string.Join(',', Nodes), SingleNode = true, User = role, PasswordFile = file,
        };
    }
}
