using System.Net;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql.Tests.Protocol;

/// <summary>Every result and event (4.2.5, 4.2.6), bytes written down from the specification.</summary>
public sealed class ResultVectorTests
{
    [Fact]
    public void Void_is_no_rows() => Assert.Empty(Rows("00000001"));

    [Fact]
    public void Rows_have_columns_cells_and_nulls()
    {
        var rows = Rows(
            """
            00000002 00000001 00000002 0002 "ks" 0001 "t" 0001 "a" 0009 0001 "b" 000D
            00000002  00000004 00000007 00000001 "x"  00000004 00000008 FFFFFFFF
            """);
        Assert.Equal(2, rows.Count);
        Assert.Equal(["ks.t.a", "ks.t.b"], rows.Columns.Select(column => column.Path));
        Assert.Equal(7, rows[0].GetInt32(0));
        Assert.Equal("x", rows[0].GetString(1));
        Assert.True(rows[1].IsNull(1));
        Assert.Equal(8, rows[1].Get("a", CqlCodecs.Int));
        Assert.False(rows.HasMorePages);
    }

    [Fact]
    public void Rows_may_name_the_table_for_each_column() => Assert.Equal(
        ["k.t.a", "k.u.b"],
        Rows("""00000002 00000000 00000002 0001 "k" 0001 "t" 0001 "a" 0009 0001 "k" 0001 "u" 0001 "b" 0009 00000000""")
            .Columns.Select(column => column.Path));

    [Fact]
    public void More_pages_come_with_a_paging_state()
    {
        var rows = Rows("""00000002 00000003 00000001 00000002 ABCD 0001 "k" 0001 "t" 0001 "a" 0009 00000000""");
        Assert.True(rows.HasMorePages);
        Assert.Equal([0xAB, 0xCD], rows.PagingState.ToArray());
    }

    [Fact]
    public void Rows_without_a_description_take_the_known_one()
    {
        var known = new[] { new Column("k", "t", "a", CqlType.Of(CqlTypeKind.Int)) };
        Assert.Equal(9, Rows("00000002 00000004 00000001 00000001 00000004 00000009", known)[0].GetInt32(0));
        Assert.Throws<CqlProtocolException>(() => Rows("00000002 00000004 00000001 00000001 00000004 00000009"));
        Assert.Throws<CqlProtocolException>(() => Rows("00000002 00000004 00000002 00000000", known));
    }

    [Fact]
    public void A_changed_description_comes_with_its_id_in_v5()
    {
        var rows = Rows("""00000002 00000009 00000001 0002 BEEF 0001 "k" 0001 "t" 0001 "a" 0009 00000000""");
        Assert.Equal([0xBE, 0xEF], rows.NewMetadata!.NewId!);
        Assert.Equal("a", rows.NewMetadata.Columns![0].Name);
    }

    [Fact]
    public void Set_keyspace_names_it() => Assert.Equal("ks", Rows("""00000003 0002 "ks" """).Keyspace);

    [Fact]
    public void Schema_change_says_what_changed()
    {
        var change = Rows("""00000005 0007 "CREATED" 0005 "TABLE" 0002 "ks" 0001 "t" """).SchemaChange;
        Assert.Equal(new SchemaChange("CREATED", "TABLE", "ks", "t"), change);
        Assert.Equal(
            new SchemaChange("DROPPED", "KEYSPACE", "ks", ""),
            Rows("""00000005 0007 "DROPPED" 0008 "KEYSPACE" 0002 "ks" """).SchemaChange);
        Assert.Equal(
            new SchemaChange("UPDATED", "FUNCTION", "ks", "f"),
            Rows("""00000005 0007 "UPDATED" 0008 "FUNCTION" 0002 "ks" 0001 "f" 0001 0003 "int" """).SchemaChange);
    }

    [Fact]
    public void Warnings_tracing_and_payload_stand_before_the_result()
    {
        var rows = Rows(
            """00112233445566778899AABBCCDDEEFF 0001 0004 "slow" 0001 0001 "k" 00000001 FF 00000001""",
            flags: EnvelopeFlags.Tracing | EnvelopeFlags.Warning | EnvelopeFlags.CustomPayload);
        Assert.Equal(["slow"], rows.Warnings);
    }

    [Fact]
    public void Prepared_has_a_result_id_in_v5_only()
    {
        const string tail =
            """
            00000001 00000002 00000001 0001 0002 "ks" 0001 "t" 0001 "a" 0009 0001 "b" 000D
            00000001 00000001 0002 "ks" 0001 "t" 0001 "c" 0002
            """;
        var four = ResultReader.ReadPrepared(Result("00000004 0002 CAFE" + tail, ProtocolVersion.V4));
        var five = ResultReader.ReadPrepared(Result("00000004 0002 CAFE 0002 BEEF" + tail));
        Assert.Null(four.ResultId);
        Assert.Equal([0xBE, 0xEF], five.ResultId!);
        foreach (var prepared in new[] { four, five })
        {
            Assert.Equal([0xCA, 0xFE], prepared.Id);
            Assert.Equal(["a", "b"], prepared.Parameters.Select(column => column.Name));
            Assert.Equal([1], prepared.PartitionKey);
            Assert.Equal(CqlTypeKind.BigInt, prepared.ResultColumns![0].Type.Kind);
        }
    }

    [Fact]
    public void Prepared_without_a_result_has_no_columns()
    {
        var prepared = ResultReader.ReadPrepared(
            Result("00000004 0001 01 0001 02 00000001 00000000 00000000 00000004 00000000"));
        Assert.Null(prepared.ResultColumns);
        Assert.Empty(prepared.Parameters);
    }

    [Theory]
    [InlineData("0009", "int")]
    [InlineData("0020 000D", "list<text>")]
    [InlineData("0022 0022 000C", "set<set<uuid>>")]
    [InlineData("0021 000D 0020 0002", "map<text, list<bigint>>")]
    [InlineData("0031 0003 0009 000D 0003", "tuple<int, text, blob>")]
    [InlineData("0030 0001 \"k\" 0001 \"u\" 0001 0001 \"f\" 0009", "k.u")]
    [InlineData("0000 0003 \"a.B\"", "'a.B'")]
    public void Types_are_spelled_as_in_CQL(string hex, string cql)
    {
        var reader = new BodyReader(Hex.Bytes(hex));
        Assert.Equal(cql, CqlType.Read(ref reader).ToString());
        Assert.Equal(0, reader.Left);
    }

    [Fact]
    public void A_type_nested_without_end_is_refused()
    {
        var bytes = Enumerable.Repeat<byte[]>([0x00, 0x20], 100_000).SelectMany(pair => pair).ToArray();
        Assert.Throws<CqlProtocolException>(() =>
        {
            var reader = new BodyReader(bytes);
            CqlType.Read(ref reader);
        });
    }

    [Fact]
    public void Events_say_which_node_or_which_schema()
    {
        Assert.Equal(
            new ServerEvent("STATUS_CHANGE", "DOWN", new IPEndPoint(IPAddress.Parse("127.0.0.2"), 9042), null),
            Event("""000D "STATUS_CHANGE" 0004 "DOWN" 04 7F000002 00002352"""));
        Assert.Equal(
            new ServerEvent("TOPOLOGY_CHANGE", "NEW_NODE", new IPEndPoint(IPAddress.IPv6Loopback, 1), null),
            Event("""000F "TOPOLOGY_CHANGE" 0008 "NEW_NODE" 10 00000000000000000000000000000001 00000001"""));
        Assert.Equal(
            new SchemaChange("CREATED", "KEYSPACE", "ks", ""),
            Event("""000D "SCHEMA_CHANGE" 0007 "CREATED" 0008 "KEYSPACE" 0002 "ks" """).Schema);
    }

    [Fact]
    public void A_disposed_page_cannot_be_read_any_more()
    {
        var rows = Rows("""00000002 00000001 00000001 0001 "k" 0001 "t" 0001 "a" 0009 00000001 00000004 00000001""");
        var row = rows[0];
        rows.Dispose();
        Assert.Throws<ObjectDisposedException>(() => row.GetInt32(0));
    }

    [Theory]
    [InlineData("00000002 00000001 7FFFFFFF 0001 \"k\" 0001 \"t\"")]
    [InlineData("00000002 00000001 00000001 0001 \"k\" 0001 \"t\" 0001 \"a\" 0009 7FFFFFFF")]
    [InlineData("00000002 00000001 00000001 0001 \"k\" 0001 \"t\" 0001 \"a\" 0009 00000001 0000FFFF 00")]
    [InlineData("00000002 00000001 00000000 0001 \"k\" 0001 \"t\" 7FFFFFFF")]
    [InlineData("00000004 0001 01")]
    [InlineData("00000009")]
    public void A_result_that_promises_more_than_it_has_is_refused(string hex) =>
        Assert.Throws<CqlProtocolException>(() => Rows(hex));

    private static ServerEvent Event(string hex)
    {
        var reader = new BodyReader(Hex.Bytes(hex));
        return ServerEvent.Read(ref reader);
    }

    private static RowSet Rows(string hex, Column[]? known = null, EnvelopeFlags flags = EnvelopeFlags.None) =>
        ResultReader.ReadRows(Result(hex, flags: flags), known);

    private static Response Result(
        string hex, ProtocolVersion version = ProtocolVersion.V5, EnvelopeFlags flags = EnvelopeFlags.None)
    {
        var bytes = Hex.Bytes(hex);
        var body = System.Buffers.ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(body, 0);
        return new Response(new EnvelopeHeader(version, true, flags, 0, Opcode.Result, bytes.Length), body);
    }
}
