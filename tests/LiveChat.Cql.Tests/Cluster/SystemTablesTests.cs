using LiveChat.Cql.Cluster;
using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Tests.Cluster;

/// <summary>What is read from the system tables.</summary>
public sealed class SystemTablesTests
{
    [Theory]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("0", 0)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void A_token_is_a_signed_number(string text, long token) =>
        Assert.Equal(token, SystemTables.ParseToken(text));

    [Theory]
    [InlineData("170141183460469231731687303715884105727")] // RandomPartitioner
    [InlineData("00ff")] // ByteOrderedPartitioner
    public void Tokens_of_another_partitioner_are_refused(string text)
    {
        var error = Assert.Throws<CqlProtocolException>(() => SystemTables.ParseToken(text));
        Assert.Contains("Murmur3Partitioner", error.Message, StringComparison.Ordinal);
    }
}
