using System.Collections.Concurrent;
using System.Net;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Tests.Connections;
using LiveChat.Cql.Tests.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql.Tests.Cluster;

/// <summary>
/// Several fake nodes that know each other: they answer system tables, PREPARE, REGISTER and heartbeats by themselves,
/// and hand EXECUTE and other QUERYs to the script, with the number of the node. Keyspace k is replicated to all.
/// </summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    private readonly List<FakePeer> _peers = [];
    private readonly ConcurrentBag<FakeConnection> _registered = [];
    private readonly Func<int, FakeConnection, EnvelopeHeader, byte[], Task> _script;

    public FakeCluster(int count, Func<int, FakeConnection, EnvelopeHeader, byte[], Task> script)
    {
        _script = script;
        for (var index = 0; index < count; index++) AddNode();
    }

    /// <summary>The nodes to which EXECUTE or a QUERY of the test came, in order.</summary>
    public List<int> Asked { get; } = [];

    /// <summary>The nodes that were asked for schema versions.</summary>
    public ConcurrentQueue<int> AskedForSchema { get; } = new();

    public IReadOnlyList<FakePeer> Peers => _peers;

    /// <summary>What PREPARE is answered with: the statement's id and the type of its bind marker.</summary>
    public (string Id, string Type) Prepared { get; set; } = ("CAFE", "0009");

    public Task<CqlSession> ConnectAsync(Action<CqlOptions>? configure = null)
    {
        var options = new CqlOptions { ReconnectDelayMin = TimeSpan.FromMilliseconds(20) };
        foreach (var peer in _peers) options.ContactPoints.Add(peer.EndPoint);
        configure?.Invoke(options);
        return CqlSession.ConnectAsync(options);
    }

    /// <summary>A port that the nodes tell of the last one, whatever its own is.</summary>
    public int? PortOfLast { get; set; }

    /// <summary>Closes the connections that watch.</summary>
    public void LoseWatchers()
    {
        foreach (var connection in _registered) connection.Close();
    }

    /// <summary>Another node joins; who watches is not told yet.</summary>
    public void AddNode()
    {
        var node = _peers.Count;
        _peers.Add(new FakePeer((connection, header, body) => AnswerAsync(node, connection, header, body)));
    }

    /// <summary>Tells who has registered that a node is NEW_NODE, UP or DOWN.</summary>
    public async Task TellAsync(string change, int node)
    {
        using var writer = new ByteWriter();
        writer.WriteString(change == "NEW_NODE" ? "TOPOLOGY_CHANGE" : "STATUS_CHANGE");
        writer.WriteString(change);
        writer.WriteByte(4);
        writer.WriteRaw(IPAddress.Loopback.GetAddressBytes());
        writer.WriteInt(_peers[node].EndPoint.Port);
        foreach (var connection in _registered)
            await connection.SendAsync(-1, Opcode.Event, writer.Written.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var peer in _peers) await peer.DisposeAsync();
    }

    private async Task AnswerAsync(int node, FakeConnection connection, EnvelopeHeader header, byte[] body)
    {
        var text = header.Opcode == Opcode.Query ? System.Text.Encoding.UTF8.GetString(body) : string.Empty;
        var answer = text switch
        {
            _ when text.Contains("schema_version", StringComparison.Ordinal) => Rows(("host_id", Uuid(node), "000C")),
            _ when text.Contains("system.local", StringComparison.Ordinal) => NodeRows([node]),
            _ when text.Contains("system.peers_v2", StringComparison.Ordinal) =>
                NodeRows([.. Enumerable.Range(0, _peers.Count).Where(other => other != node)]),
            _ when text.Contains("system_schema.keyspaces", StringComparison.Ordinal) => Keyspaces(),
            _ => null,
        };
        if (text.Contains("schema_version", StringComparison.Ordinal)) AskedForSchema.Enqueue(node);
        if (answer is not null) await connection.SendAsync(header.Stream, Opcode.Result, answer);
        else if (header.Opcode == Opcode.Register) await RegisterAsync(connection, header);
        else if (header.Opcode == Opcode.Options) await connection.SendAsync(header.Stream, Opcode.Supported, [0, 0]);
        else if (header.Opcode == Opcode.Prepare) await connection.SendAsync(header.Stream, Opcode.Result, Describe());
        else await ScriptAsync(node, connection, header, body);
    }

    private Task RegisterAsync(FakeConnection connection, EnvelopeHeader header)
    {
        _registered.Add(connection);
        return connection.SendAsync(header.Stream, Opcode.Ready, []);
    }

    private Task ScriptAsync(int node, FakeConnection connection, EnvelopeHeader header, byte[] body)
    {
        lock (Asked) Asked.Add(node);
        return _script(node, connection, header, body);
    }

    private static byte[] Uuid(int node) => [.. new byte[15], (byte)(node + 1)];

    private byte[] NodeRows(int[] nodes)
    {
        using var writer = new ByteWriter();
        var names = new[]
        {
            ("host_id", "000C"), ("address", "0010"), ("port", "0009"), ("data_center", "000D"), ("rack", "000D"),
            ("tokens", "0022000D"), ("peer", "0010"),
        };
        WriteHead(writer, names, nodes.Length);
        foreach (var node in nodes)
        {
            writer.WriteBytes(Uuid(node));
            writer.WriteBytes(IPAddress.Loopback.GetAddressBytes());
            writer.WriteInt(4);
            writer.WriteInt((node == _peers.Count - 1 ? PortOfLast : null) ?? _peers[node].EndPoint.Port);
            writer.WriteBytes("dc1"u8);
            writer.WriteBytes("r1"u8);
            var tokens = new Column("k", "t", "c", CqlType.Of(CqlTypeKind.Set, CqlType.Of(CqlTypeKind.Text)));
            CqlCodecs.Set(CqlCodecs.Text).WriteCell(writer, [$"{node * 1000}"], tokens.Type, tokens);
            writer.WriteBytes(IPAddress.Loopback.GetAddressBytes());
        }

        return writer.Written.ToArray();
    }

    private static byte[] Keyspaces()
    {
        using var writer = new ByteWriter();
        WriteHead(writer, [("keyspace_name", "000D"), ("replication", "0021000D000D")], 1);
        writer.WriteBytes("k"u8);
        var text = CqlType.Of(CqlTypeKind.Text);
        var column = new Column("k", "t", "c", CqlType.Of(CqlTypeKind.Map, text, text));
        CqlCodecs.Map(CqlCodecs.Text, CqlCodecs.Text).WriteCell(
            writer,
            new Dictionary<string, string> { ["class"] = "a.b.SimpleStrategy", ["replication_factor"] = "3" },
            column.Type, column);
        return writer.Written.ToArray();
    }

    private static byte[] Rows((string Name, byte[] Value, string Type) cell)
    {
        using var writer = new ByteWriter();
        WriteHead(writer, [(cell.Name, cell.Type), ("schema_version", "000C")], 1);
        writer.WriteBytes(cell.Value);
        writer.WriteBytes(new byte[16]);
        return writer.Written.ToArray();
    }

    private static void WriteHead(ByteWriter writer, (string Name, string Type)[] columns, int rows)
    {
        writer.WriteRaw(Hex.Bytes("00000002 00000001"));
        writer.WriteInt(columns.Length);
        writer.WriteString("system");
        writer.WriteString("nodes");
        foreach (var (name, type) in columns)
        {
            writer.WriteString(name);
            writer.WriteRaw(Hex.Bytes(type));
        }

        writer.WriteInt(rows);
    }

    /// <summary>One bind marker k.t.p, the partition key; the result is described with the rows.</summary>
    private byte[] Describe() => Hex.Bytes(
        $"""
        00000004 0002 {Prepared.Id} 0001 01 00000001 00000001 00000001 0000 0001 "k" 0001 "t" 0001 "p" {Prepared.Type}
        00000004 00000000
        """);
}
