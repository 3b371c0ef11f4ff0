using System.Net;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Tests.Protocol;

/// <summary>Every error of section 9, with all its fields, in both versions where they differ.</summary>
public sealed class ErrorVectorTests
{
    [Theory]
    [InlineData("00000000", typeof(CqlServerErrorException), true, true)]
    [InlineData("0000000A", typeof(CqlServerProtocolException), false, false)]
    [InlineData("00000100", typeof(CqlAuthenticationException), false, false)]
    [InlineData("00001001", typeof(CqlOverloadedException), true, false)]
    [InlineData("00001002", typeof(CqlIsBootstrappingException), true, false)]
    [InlineData("00001003", typeof(CqlTruncateException), false, true)]
    [InlineData("00001600", typeof(CqlCdcWriteFailureException), true, true)]
    [InlineData("00002000", typeof(CqlSyntaxException), false, false)]
    [InlineData("00002100", typeof(CqlUnauthorizedException), false, false)]
    [InlineData("00002200", typeof(CqlInvalidQueryException), false, false)]
    [InlineData("00002300", typeof(CqlConfigurationException), false, false)]
    [InlineData("0000BEEF", typeof(CqlUnknownServerException), false, true)]
    public void An_error_without_fields_has_its_type(string code, Type type, bool isRetryable, bool isOutcomeUnknown)
    {
        var error = Read($"""{code} 0003 "why" """);
        Assert.IsType(type, error);
        Assert.Equal("why", error.Message);
        Assert.Equal(Convert.ToInt32(code, 16), error.Code);
        Assert.Equal(isRetryable, error.IsRetryable);
        Assert.Equal(isOutcomeUnknown, error.IsOutcomeUnknown);
    }

    [Fact]
    public void Unavailable_says_how_many_replicas_there_were()
    {
        var error = Assert.IsType<CqlUnavailableException>(Read("00001000 0000 0004 00000002 00000001"));
        Assert.Equal((Consistency.Quorum, 2, 1), (error.Consistency, error.Required, error.Alive));
        Assert.True(error.IsRetryable);
        Assert.False(error.IsOutcomeUnknown);
    }

    [Fact]
    public void A_write_time_out_says_what_was_written()
    {
        var error = Assert.IsType<CqlWriteTimeoutException>(
            Read("""00001100 0000 0004 00000001 00000002 0006 "SIMPLE" """));
        Assert.Equal((1, 2, "SIMPLE"), (error.Received, error.BlockFor, error.WriteType));
        Assert.Null(error.Contentions);
        Assert.True(error.IsOutcomeUnknown);
    }

    [Fact]
    public void A_write_time_out_of_a_CAS_says_how_many_contended() =>
        Assert.Equal(7, Assert.IsType<CqlWriteTimeoutException>(
            Read("""00001100 0000 0008 00000001 00000002 0003 "CAS" 0007""")).Contentions);

    [Fact]
    public void A_read_time_out_says_whether_the_data_was_there()
    {
        var error = Assert.IsType<CqlReadTimeoutException>(Read("00001200 0000 0001 00000000 00000001 01"));
        Assert.Equal(
            (Consistency.One, 0, 1, true), (error.Consistency, error.Received, error.BlockFor, error.IsDataPresent));
        Assert.False(error.IsOutcomeUnknown);
    }

    [Fact]
    public void A_read_failure_counts_in_v4_and_names_the_replicas_in_v5()
    {
        var four = Assert.IsType<CqlReadFailureException>(
            Read("00001300 0000 0001 00000001 00000002 00000003 00", ProtocolVersion.V4));
        Assert.Equal((3, 0, false), (four.FailureCount, four.Reasons.Count, four.IsDataPresent));
        var five = Assert.IsType<CqlReadFailureException>(
            Read("00001300 0000 0001 00000001 00000002 00000001 04 7F000003 0001 01"));
        Assert.Equal((1, true), (five.FailureCount, five.IsDataPresent));
        Assert.Equal(1, five.Reasons[IPAddress.Parse("127.0.0.3")]);
    }

    [Fact]
    public void A_write_failure_counts_in_v4_and_names_the_replicas_in_v5()
    {
        var four = Assert.IsType<CqlWriteFailureException>(
            Read("""00001500 0000 0001 00000001 00000002 00000003 0005 "BATCH" """, ProtocolVersion.V4));
        Assert.Equal((3, "BATCH"), (four.FailureCount, four.WriteType));
        var five = Assert.IsType<CqlWriteFailureException>(Read(
            "00001500 0000 0001 00000001 00000002 00000001 10 00000000000000000000000000000001 "
            + """0002 0006 "SIMPLE" """));
        Assert.Equal(2, five.Reasons[IPAddress.IPv6Loopback]);
        Assert.True(five.IsOutcomeUnknown);
    }

    [Fact]
    public void A_function_failure_names_the_function()
    {
        var error = Assert.IsType<CqlFunctionFailureException>(
            Read("""00001400 0000 0002 "ks" 0001 "f" 0002 0003 "int" 0004 "text" """));
        Assert.Equal(("ks", "f"), (error.Keyspace, error.Function));
        Assert.Equal(["int", "text"], error.ArgumentTypes);
    }

    [Fact]
    public void An_unknown_CAS_is_an_unknown_outcome()
    {
        var error = Assert.IsType<CqlCasWriteUnknownException>(Read("00001700 0000 0008 00000001 00000002"));
        Assert.Equal((Consistency.Serial, 1, 2), (error.Consistency, error.Received, error.BlockFor));
        Assert.True(error.IsOutcomeUnknown);
        Assert.False(error.IsRetryable);
    }

    [Fact]
    public void Already_exists_names_what_does()
    {
        var error = Assert.IsType<CqlAlreadyExistsException>(Read("""00002400 0000 0002 "ks" 0001 "t" """));
        Assert.Equal(("ks", "t"), (error.Keyspace, error.Table));
    }

    [Fact]
    public void Unprepared_names_the_statement() => Assert.Equal(
        [0xCA, 0xFE], Assert.IsType<CqlUnpreparedException>(Read("00002500 0000 0002 CAFE")).StatementId.ToArray());

    [Fact]
    public void Warnings_come_with_an_error()
    {
        var body = Hex.Bytes("""0001 0002 "hm" 00002000 0000""");
        var header = new EnvelopeHeader(ProtocolVersion.V5, true, EnvelopeFlags.Warning, 0, Opcode.Error, body.Length);
        Assert.Equal(["hm"], new Response(header, body).ReadError().Warnings);
    }

    private static CqlServerException Read(string hex, ProtocolVersion version = ProtocolVersion.V5)
    {
        var body = Hex.Bytes(hex);
        var header = new EnvelopeHeader(version, true, EnvelopeFlags.None, 0, Opcode.Error, body.Length);
        return new Response(header, body).ReadError();
    }
}
