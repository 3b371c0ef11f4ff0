using System.Net;
using System.Text.RegularExpressions;

namespace LiveChat.Cql.Tests.Server;

/// <summary>One node, to which a second can be added and taken away again. 2 GB of memory.</summary>
[CollectionDefinition(nameof(GrowingCluster), DisableParallelization = true)]
public sealed class GrowingCluster() : CassandraCluster(CqlPort, 1), ICollectionFixture<GrowingCluster>
{
    private const int CqlPort = 9542;

    public EndPoint Second { get; } = new IPEndPoint(IPAddress.Parse("127.0.0.2"), CqlPort);

    protected override bool MayBeAnother => false;

    /// <summary>Starts a second node, which bootstraps: it takes tokens and the rows that belong to them.</summary>
    public async Task JoinAsync()
    {
        var yaml = await File.ReadAllTextAsync(Path.Combine(Folder, "node-1", "cassandra.yaml"));
        yaml = yaml.Replace("/node-1/", "/node-2/", StringComparison.Ordinal)
            .Replace("auto_bootstrap: false", "auto_bootstrap: true", StringComparison.Ordinal);
        yaml = Regex.Replace(yaml, "^(listen_address|rpc_address): .*$", "$1: 127.0.0.2", RegexOptions.Multiline);
        yaml = Regex.Replace(yaml, "^initial_token: .*$", string.Empty, RegexOptions.Multiline);
        var home = Directory.CreateDirectory(Path.Combine(Folder, "node-2"));
        await File.WriteAllTextAsync(Path.Combine(home.FullName, "cassandra.yaml"), yaml);
        await StartNodeAsync(2);
    }

    /// <summary>The second node gives its rows to the first and leaves.</summary>
    public Task LeaveAsync() => RunAsync("nodetool", Folder, "2", "decommission", "--force");
}
