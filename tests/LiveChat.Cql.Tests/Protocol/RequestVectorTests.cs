using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql.Tests.Protocol;

/// <summary>The bytes of every request, written down from the specification (v4 and v5, section 4.1).</summary>
public sealed class RequestVectorTests
{
    private static readonly PreparedMetadata Prepared = new([0xCA, 0xFE], [0xBE, 0xEF], [], [], []);

    [Fact]
    public void OPTIONS_is_a_header_alone()
    {
        Expect(ProtocolVersion.V4, default(OptionsRequest), "04 00 0007 05 00000000");
        Expect(ProtocolVersion.V5, default(OptionsRequest), "05 00 0007 05 00000000");
    }

    [Fact]
    public void STARTUP_names_the_CQL_version_and_the_driver() => Expect(
        ProtocolVersion.V4,
        new StartupRequest("drv", "1.2"),
        """
        04 00 0007 01 0000003D 0003
        000B "CQL_VERSION" 0005 "3.0.0" 000B "DRIVER_NAME" 0003 "drv" 000E "DRIVER_VERSION" 0003 "1.2"
        """);

    [Fact]
    public void AUTH_RESPONSE_is_a_token() => Expect(
        ProtocolVersion.V5, new AuthResponseRequest(new byte[] { 0, 0x75, 0, 0x70 }),
        """05 00 0007 0F 00000008 00000004 00 "u" 00 "p" """);

    [Fact]
    public void REGISTER_lists_events() => Expect(
        ProtocolVersion.V5, new RegisterRequest(["STATUS_CHANGE", "SCHEMA_CHANGE"]),
        """05 00 0007 0B 00000020 0002 000D "STATUS_CHANGE" 000D "SCHEMA_CHANGE" """);

    [Fact]
    public void PREPARE_has_flags_in_v5_only()
    {
        Expect(ProtocolVersion.V4, new PrepareRequest("SELECT"), """04 00 0007 09 0000000A 00000006 "SELECT" """);
        Expect(
            ProtocolVersion.V5, new PrepareRequest("SELECT"), """05 00 0007 09 0000000E 00000006 "SELECT" 00000000""");
    }

    [Fact]
    public void QUERY_has_one_byte_of_flags_in_v4_and_four_in_v5()
    {
        var request = new QueryRequest("Q", new QueryParameters(Consistency.Quorum));
        Expect(ProtocolVersion.V4, request, """04 00 0007 07 00000008 00000001 "Q" 0004 00""");
        Expect(ProtocolVersion.V5, request, """05 00 0007 07 0000000B 00000001 "Q" 0004 00000000""");
    }

    [Fact]
    public void QUERY_carries_positional_values()
    {
        var values = new SimpleStatement("Q").Add(5, CqlCodecs.Int).Add(null, CqlCodecs.Optional(CqlCodecs.Text));
        var refused = Assert.Throws<CqlTypeException>(() => values.Add("\uD800", CqlCodecs.Text));
        Assert.StartsWith("query.value.3 is text", refused.Message, StringComparison.Ordinal);
        var request = new QueryRequest("Q", new QueryParameters(Consistency.Quorum), values);
        Expect(
            ProtocolVersion.V4, request,
            """04 00 0007 07 00000016 00000001 "Q" 0004 01 0002 00000004 00000005 FFFFFFFF""");
        Expect(
            ProtocolVersion.V5, request,
            """05 00 0007 07 00000019 00000001 "Q" 0004 00000001 0002 00000004 00000005 FFFFFFFF""");
    }

    [Fact]
    public void QUERY_puts_its_options_into_the_order_of_the_specification()
    {
        var parameters = new QueryParameters(
            Consistency.LocalOne, Consistency.LocalSerial, 0x0102030405060708, 100, new byte[] { 0xAA, 0xBB });
        Expect(
            ProtocolVersion.V4, new QueryRequest("Q", parameters),
            """
            04 00 0007 07 0000001C 00000001 "Q" 000A 3C 00000064 00000002 AABB 0009 0102030405060708
            """);
    }

    [Fact]
    public void EXECUTE_carries_the_result_id_and_leaves_the_description_away_in_v5_only()
    {
        var request = new ExecuteRequest(Prepared, new Values([1], null, []), new QueryParameters(Consistency.One));
        Expect(
            ProtocolVersion.V4, request,
            "04 00 0007 0A 00000016 0002 CAFE 0001 01 0003 00000001 01 FFFFFFFF 00000000");
        Expect(
            ProtocolVersion.V5, request,
            "05 00 0007 0A 0000001D 0002 CAFE 0002 BEEF 0001 00000003 0003 00000001 01 FFFFFFFF 00000000");
    }

    [Fact]
    public void EXECUTE_without_values_has_no_values_flag() => Expect(
        ProtocolVersion.V4, new ExecuteRequest(Prepared, new Values(), new QueryParameters(Consistency.One)),
        "04 00 0007 0A 00000007 0002 CAFE 0001 00");

    [Fact]
    public void BATCH_is_unlogged_and_of_prepared_statements()
    {
        var request = new BatchRequest(
            [(Prepared, new Values([5])), (Prepared, new Values())],
            new QueryParameters(Consistency.Quorum, null, 9));
        Expect(
            ProtocolVersion.V4, request,
            "04 00 0007 0D 00000021 01 0002 01 0002 CAFE 0001 00000001 05 01 0002 CAFE 0000 0004 20 0000000000000009");
        Expect(
            ProtocolVersion.V5, request,
            """
            05 00 0007 0D 00000024 01 0002 01 0002 CAFE 0001 00000001 05 01 0002 CAFE 0000
            0004 00000020 0000000000000009
            """);
    }

    [Fact]
    public void A_v5_request_after_the_handshake_stands_in_a_segment()
    {
        using var writer = new ByteWriter();
        EnvelopeWriter.Write(writer, default(OptionsRequest), 7, ProtocolVersion.V5, true, 1000);
        var bytes = writer.Written.ToArray();
        Assert.Equal(6 + 9 + 4, bytes.Length);
        Assert.Equal([0x09, 0x00, 0x02], bytes[..3]); // nine bytes, self-contained
        Assert.Equal(Hex.Bytes("05 00 0007 05 00000000"), bytes[6..15]);
        Assert.Equal(BitConverter.ToUInt32(bytes, 15), Crc32.Compute(bytes.AsSpan(6, 9)));
    }

    [Fact]
    public void A_request_above_the_limit_leaves_the_output_as_it_was()
    {
        using var writer = new ByteWriter();
        EnvelopeWriter.Write(writer, default(OptionsRequest), 1, ProtocolVersion.V5, true, 100);
        var before = writer.Length;
        Assert.Throws<ArgumentException>(() =>
            EnvelopeWriter.Write(writer, new PrepareRequest(new string('x', 101)), 2, ProtocolVersion.V5, true, 100));
        Assert.Equal(before, writer.Length);
    }

    private static void Expect<TRequest>(ProtocolVersion version, TRequest request, string hex)
        where TRequest : struct, IRequest
    {
        using var writer = new ByteWriter();
        EnvelopeWriter.Write(writer, request, 7, version, false, 1000);
        Assert.Equal(Convert.ToHexString(Hex.Bytes(hex)), Convert.ToHexString(writer.Written));
    }

    /// <summary>Values as they go over the wire; null is null.</summary>
    private sealed class Values(params byte[]?[] values) : IBoundValues
    {
        public int Count => values.Length;

        public void WriteTo(ByteWriter writer)
        {
            writer.WriteShort(values.Length);
            foreach (var value in values)
            {
                if (value is null) writer.WriteInt(-1);
                else writer.WriteBytes(value);
            }
        }
    }
}
