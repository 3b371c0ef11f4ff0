using System.Globalization;
using System.Net;
using LiveChat.Cql.Connections;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql.Cluster;

/// <summary>
/// Reads the system tables of one node over one connection: system.local, system.peers_v2 (Cassandra 4.0 and later) and
/// system_schema.keyspaces.
/// </summary>
internal static class SystemTables
{
    private const string Local =
        "SELECT host_id, rpc_address, rpc_port, data_center, rack, tokens FROM system.local WHERE key = 'local'";

    private const string Peers =
        "SELECT host_id, native_address, native_port, data_center, rack, tokens, peer FROM system.peers_v2";

    private static readonly CqlCodec<IReadOnlyCollection<string>> TokensCodec = CqlCodecs.Set(CqlCodecs.Text);
    private static readonly CqlCodec<IPAddress?> AddressCodec = CqlCodecs.Optional(CqlCodecs.Inet);
    private static readonly CqlCodec<int?> PortCodec = CqlCodecs.Nullable(CqlCodecs.Int);

    private static readonly CqlCodec<IReadOnlyDictionary<string, string>> ReplicationCodec =
        CqlCodecs.Map(CqlCodecs.Text, CqlCodecs.Text);

    /// <summary>All nodes that can be described fully, the asked one first.</summary>
    public static async Task<List<NodeRow>> ReadNodesAsync(
        CqlConnection connection, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var nodes = new List<NodeRow>();
        var port = NodeAddress.PortOf(connection.Node);
        using (var local = await QueryAsync(connection, Local, timeout, cancellationToken).ConfigureAwait(false))
        {
            foreach (var row in local) Add(nodes, row, connection.Node, port);
        }

        using var peers = await QueryAsync(connection, Peers, timeout, cancellationToken).ConfigureAwait(false);
        foreach (var row in peers)
        {
            var peer = row.Get("peer", AddressCodec);
            if (peer is not null) Add(nodes, row, new IPEndPoint(peer, port), port);
        }

        return nodes;
    }

    public static async Task<Dictionary<string, Replication>> ReadKeyspacesAsync(
        CqlConnection connection, TimeSpan timeout, CancellationToken cancellationToken)
    {
        const string cql = "SELECT keyspace_name, replication FROM system_schema.keyspaces";
        using var rows = await QueryAsync(connection, cql, timeout, cancellationToken).ConfigureAwait(false);
        var keyspaces = new Dictionary<string, Replication>(StringComparer.Ordinal);
        foreach (var row in rows)
            keyspaces[row.GetString(0)] = Replication.Parse(row.Get(1, ReplicationCodec));
        return keyspaces;
    }

    /// <summary>
    /// The schema versions that nodes have, each with the host ids that have it; a node without one is left out.
    /// </summary>
    public static async Task<List<(Guid Node, Guid Version)>> ReadSchemaVersionsAsync(
        CqlConnection connection, TimeSpan timeout, CancellationToken cancellationToken)
    {
        string[] queries =
        [
            "SELECT host_id, schema_version FROM system.local WHERE key = 'local'",
            "SELECT host_id, schema_version FROM system.peers_v2",
        ];
        var versions = new List<(Guid, Guid)>();
        foreach (var cql in queries)
        {
            using var rows = await QueryAsync(connection, cql, timeout, cancellationToken).ConfigureAwait(false);
            foreach (var row in rows)
            {
                if (!row.IsNull(0) && !row.IsNull(1)) versions.Add((row.GetGuid(0), row.GetGuid(1)));
            }
        }

        return versions;
    }

    private static async Task<RowSet> QueryAsync(
        CqlConnection connection, string cql, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var request = new QueryRequest(cql, new QueryParameters(Consistency.One));
        var response = await connection.SendAsync(request, timeout, isWrite: false, cancellationToken)
            .ConfigureAwait(false);
        return ResultReader.ReadRows(response, null);
    }

    /// <summary>
    /// A row that is half filled, as while a node joins, or whose port cannot be, is left out until the next refresh.
    /// </summary>
    private static void Add(List<NodeRow> nodes, Row row, EndPoint fallback, int port)
    {
        if (row.IsNull(0) || row.IsNull(3) || row.IsNull(4)) return;
        var address = row.Get(1, AddressCodec);
        var isUsable = address is not null && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any);
        var told = row.Get(2, PortCodec) ?? port;
        if (told is < 1 or > IPEndPoint.MaxPort) return;
        var endPoint = isUsable ? new IPEndPoint(address!, told) : fallback;
        nodes.Add(new NodeRow(
            row.GetGuid(0), endPoint, row.GetString(3), row.GetString(4), row.Get(5, TokensCodec)));
    }

    /// <summary>Throws for the tokens of another partitioner: replicas could not be found by them.</summary>
    public static long ParseToken(string token) =>
        long.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new CqlProtocolException("The cluster's partitioner is not Murmur3Partitioner.");
}
