using LiveChat.Tests.Running;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>Real brokers for the tests of one fixture.</summary>
public abstract class KafkaBrokers(int nodes) : ServiceCluster("kafka", FreePorts.ForService(nodes, PortsOfNode), nodes)
{
    /// <summary>Clients', controllers', and two for listeners of a fixture's own.</summary>
    private const int PortsOfNode = 4;

    /// <summary>The brokers' addresses. Skips the test where there are none.</summary>
    public string Addresses
    {
        get
        {
            Require();
            return string.Join(',', Nodes);
        }
    }

    /// <summary>Runs one of the tools that come with Kafka.</summary>
    public Task ToolAsync(string tool, params string[] arguments) =>
        RunAsync([tool, "--bootstrap-server", $"{Nodes[0]}", .. arguments]);
}

/// <summary>One broker, for everything that needs no second one.</summary>
public sealed class OneBroker() : KafkaBrokers(1);

/// <summary>Three brokers that tests may kill, freeze and stop. 1 GB of memory.</summary>
public sealed class ThreeBrokers() : KafkaBrokers(3);

/// <summary>The same for tests that only long runs do.</summary>
public sealed class ThreeBrokersOfLongRuns() : KafkaBrokers(3)
{
    protected override bool IsForLongRuns => true;
}
