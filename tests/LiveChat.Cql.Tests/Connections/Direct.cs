using System.Net;
using LiveChat.Cql.Connections;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Tests.Connections;

/// <summary>One connection to one node, past routing: what that node alone says.</summary>
internal sealed class Direct(CqlConnection connection) : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public static async Task<Direct> ConnectAsync(EndPoint node, CqlOptions options) =>
        new(await Handshake.ConnectAsync(node, options, null, default));

    /// <summary>How many writes to a keyspace this node has coordinated.</summary>
    public async Task<long> CoordinatorWritesAsync(string keyspace)
    {
        using var rows = await QueryAsync(
            "SELECT keyspace_name, count FROM system_views.coordinator_write_latency "
            + $"WHERE keyspace_name = '{keyspace}' ALLOW FILTERING");
        return rows.Sum(row => row.GetInt64(1));
    }

    public async Task<RowSet> QueryAsync(string cql)
    {
        var request = new QueryRequest(cql, new QueryParameters(Consistency.One));
        return ResultReader.ReadRows(await connection.SendAsync(request, Timeout, false, default), null);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
