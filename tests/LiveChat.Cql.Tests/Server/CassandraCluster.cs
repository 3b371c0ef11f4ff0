using LiveChat.Tests.Running;

namespace LiveChat.Cql.Tests.Server;

/// <summary>A real Cassandra for the tests of one collection.</summary>
public abstract class CassandraCluster(int port, int nodes, params (string Name, string Value)[] environment)
    : ServiceCluster("cassandra", port, nodes, environment)
{
    /// <summary>Options with all nodes as contact points. Skips the test where there is no server.</summary>
    public CqlOptions Options()
    {
        Require();
        var options = new CqlOptions();
        foreach (var node in Nodes) options.ContactPoints.Add(node);
        Configure(options);
        return options;
    }

    protected virtual void Configure(CqlOptions options)
    {
    }
}
