using System.Net;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql.Tests.Server;

/// <summary>
/// A row of every type, written here and read by python3-cassandra (Debian's package, run by /usr/bin/python3), and the
/// other way round.
/// </summary>
[Collection(nameof(OneNode))]
[Trait("needs", "cassandra")]
public sealed class ForeignClientTests(OneNode cassandra)
{
    private const string Python = "/usr/bin/python3";

    private const string Table =
        """
        CREATE TABLE ks.every (k int PRIMARY KEY, c_ascii ascii, c_text text, c_int int, c_bigint bigint,
            c_smallint smallint, c_tinyint tinyint, c_boolean boolean, c_blob blob, c_uuid uuid, c_timeuuid timeuuid,
            c_timestamp timestamp, c_date date, c_double double, c_float float, c_inet4 inet, c_inet6 inet,
            c_list list<int>, c_set set<text>, c_map map<text, int>, c_tuple tuple<int, int, text>,
            c_nested map<text, frozen<list<int>>>, c_null text, c_tuple4 tuple<int, text, bigint, boolean>,
            c_tuple9 tuple<int, int, int, int, int, int, int, int, text>, c_tuples list<frozen<tuple<int, text>>>,
            c_keyed map<text, frozen<tuple<int, frozen<list<int>>>>>)
        """;

    private static readonly CqlCodec<IReadOnlyDictionary<string, int>> MapCodec =
        CqlCodecs.Map(CqlCodecs.Text, CqlCodecs.Int);

    private static readonly CqlCodec<(int, int?, string?)> TupleCodec = CqlCodecs.Tuple(
        CqlCodecs.Int, CqlCodecs.Nullable(CqlCodecs.Int), CqlCodecs.Optional(CqlCodecs.Text));

    private static readonly CqlCodec<IReadOnlyDictionary<string, IReadOnlyCollection<int>>> NestedCodec =
        CqlCodecs.Map(CqlCodecs.Text, CqlCodecs.List(CqlCodecs.Int));

    private static readonly CqlCodec<(int, string?, long, bool)> Tuple4Codec = CqlCodecs.Tuple(
        CqlCodecs.Int, CqlCodecs.Optional(CqlCodecs.Text), CqlCodecs.BigInt, CqlCodecs.Boolean);

    private static readonly CqlCodec<(int, int, int, int, int, int, int, int?, string)> Tuple9Codec = CqlCodecs.Tuple(
        CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int,
        CqlCodecs.Tuple(CqlCodecs.Nullable(CqlCodecs.Int), CqlCodecs.Text));

    private static readonly CqlCodec<IReadOnlyCollection<(int, string?)>> TuplesCodec =
        CqlCodecs.List(CqlCodecs.Tuple(CqlCodecs.Int, CqlCodecs.Optional(CqlCodecs.Text)));

    private static readonly CqlCodec<IReadOnlyDictionary<string, (int, IReadOnlyCollection<int>)>> KeyedCodec =
        CqlCodecs.Map(CqlCodecs.Text, CqlCodecs.Tuple(CqlCodecs.Int, CqlCodecs.List(CqlCodecs.Int)));

    private static readonly byte[] Blob = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];
    private static readonly Guid Uuid = new("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly Guid TimeUuid = new("f04e17c0-9b3e-11ee-b9d1-0242ac120002");
    private static readonly DateTimeOffset Timestamp = new(2026, 11, 24, 12, 34, 56, 789, TimeSpan.Zero);

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task What_is_written_here_is_read_there(ProtocolVersion version)
    {
        await using var schema = await CreateAsync(version);
        var insert = await schema.PrepareAsync(
            """
            INSERT INTO ks.every (k, c_ascii, c_text, c_int, c_bigint, c_smallint, c_tinyint, c_boolean, c_blob, c_uuid,
                c_timeuuid, c_timestamp, c_date, c_double, c_float, c_inet4, c_inet6, c_list, c_set, c_map, c_tuple,
                c_nested, c_null, c_tuple4, c_tuple9, c_tuples, c_keyed)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """);
        await schema.Session.ExecuteAsync(insert.Bind()
            .Set(0, 1).Set(1, "ascii ~").Set(2, "añ€😀").Set(3, int.MinValue).Set(4, long.MaxValue)
            .Set(5, short.MinValue).Set(6, sbyte.MinValue).Set(7, true).SetBlob(8, Blob).Set(9, Uuid)
            .Set(10, TimeUuid).Set(11, Timestamp).Set(12, new DateOnly(1969, 12, 31)).Set(13, -1.5e300).Set(14, 0.25f)
            .Set(15, IPAddress.Parse("192.0.2.1")).Set(16, IPAddress.Parse("2001:db8::1"))
            .Set(17, [3, 1, 2], CqlCodecs.List(CqlCodecs.Int))
            .Set(18, ["b", "a"], CqlCodecs.Set(CqlCodecs.Text))
            .Set(19, new Dictionary<string, int> { ["x"] = 1, ["y"] = -1 }, MapCodec)
            .Set(20, (7, null, "t"), TupleCodec)
            .Set("c_nested", new Dictionary<string, IReadOnlyCollection<int>> { ["k"] = [1, 2] }, NestedCodec)
            .SetNull(22)
            .Set(23, (1, null, 2, true), Tuple4Codec)
            .Set(24, (1, 2, 3, 4, 5, 6, 7, null, "nine"), Tuple9Codec)
            .Set(25, [(1, "a"), (2, null)], TuplesCodec)
            .Set(26, new Dictionary<string, (int, IReadOnlyCollection<int>)> { ["k"] = (1, [2, 3]) }, KeyedCodec));
        await AssertRowAsync(schema);
        await RunPythonAsync("check", schema.Keyspace);
    }

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task What_is_written_there_is_read_here(ProtocolVersion version)
    {
        await using var schema = await CreateAsync(version);
        await RunPythonAsync("write", schema.Keyspace);
        await AssertRowAsync(schema);
    }

    private static async Task AssertRowAsync(TestSchema schema)
    {
        using var rows = await schema.ExecuteAsync("SELECT * FROM ks.every WHERE k = 1");
        var row = Assert.Single(rows);
        Assert.Equal("ascii ~", row.Get("c_ascii", CqlCodecs.Text));
        Assert.Equal("añ€😀", row.Get("c_text", CqlCodecs.Text));
        Assert.Equal(int.MinValue, row.Get("c_int", CqlCodecs.Int));
        Assert.Equal(long.MaxValue, row.Get("c_bigint", CqlCodecs.BigInt));
        Assert.Equal(short.MinValue, row.Get("c_smallint", CqlCodecs.SmallInt));
        Assert.Equal(sbyte.MinValue, row.Get("c_tinyint", CqlCodecs.TinyInt));
        Assert.True(row.Get("c_boolean", CqlCodecs.Boolean));
        Assert.Equal(Blob, row.Get("c_blob", CqlCodecs.Blob));
        Assert.Equal(Uuid, row.Get("c_uuid", CqlCodecs.Uuid));
        Assert.Equal(TimeUuid, row.Get("c_timeuuid", CqlCodecs.Uuid));
        Assert.Equal(Timestamp, row.Get("c_timestamp", CqlCodecs.Timestamp));
        Assert.Equal(new DateOnly(1969, 12, 31), row.Get("c_date", CqlCodecs.Date));
        Assert.Equal(-1.5e300, row.Get("c_double", CqlCodecs.Double));
        Assert.Equal(0.25f, row.Get("c_float", CqlCodecs.Float));
        Assert.Equal(IPAddress.Parse("192.0.2.1"), row.Get("c_inet4", CqlCodecs.Inet));
        Assert.Equal(IPAddress.Parse("2001:db8::1"), row.Get("c_inet6", CqlCodecs.Inet));
        Assert.Equal([3, 1, 2], row.Get("c_list", CqlCodecs.List(CqlCodecs.Int)));
        Assert.Equal(["a", "b"], row.Get("c_set", CqlCodecs.Set(CqlCodecs.Text)));
        Assert.Equal(
            new Dictionary<string, int> { ["x"] = 1, ["y"] = -1 },
            row.Get("c_map", MapCodec));
        Assert.Equal((7, null, "t"), row.Get("c_tuple", TupleCodec));
        Assert.Equal([1, 2], row.Get("c_nested", NestedCodec)["k"]);
        Assert.True(row.IsNull(row.Ordinal("c_null")));
        Assert.Equal((1, null, 2, true), row.Get("c_tuple4", Tuple4Codec));
        Assert.Equal((1, 2, 3, 4, 5, 6, 7, null, "nine"), row.Get("c_tuple9", Tuple9Codec));
        Assert.Equal([(1, "a"), (2, null)], row.Get("c_tuples", TuplesCodec));
        var (number, numbers) = row.Get("c_keyed", KeyedCodec)["k"];
        Assert.Equal(1, number);
        Assert.Equal([2, 3], numbers);
    }

    private Task<TestSchema> CreateAsync(ProtocolVersion version)
    {
        var options = cassandra.Options();
        options.ProtocolVersionMax = version;
        return TestSchema.CreateAsync(options, 1, Table);
    }

    private async Task RunPythonAsync(string verb, string keyspace)
    {
        var node = cassandra.Nodes[0];
        var script = Path.Combine(AppContext.BaseDirectory, "Server", "foreign.py");
        await CassandraCluster.RunAsync(Python, [script, verb, $"{node.Address}", $"{node.Port}", keyspace], []);
    }
}
