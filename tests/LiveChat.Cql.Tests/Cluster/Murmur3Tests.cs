using LiveChat.Cql.Cluster;

namespace LiveChat.Cql.Tests.Cluster;

/// <summary>
/// Tokens as another client computes them (python3-cassandra 3.25). A test on the real server compares random keys with
/// <c>SELECT token(k)</c>.
/// </summary>
public sealed class Murmur3Tests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("313233", -7468325962851647638)]
    [InlineData("ff", -4442228696663692417)]
    [InlineData("80808080808080", 7590665628118325324)]
    [InlineData("000102030405060708090a0b0c0d0e0f", 4920504430128807728)]
    [InlineData("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", -9084739235461062116)]
    [InlineData("8080808080808080808080808080808080", -7492040465024918340)]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", -3550403632215323560)]
    [InlineData("61c3b1e282acf09f9880", 4117129932701688042)]
    public void Tokens_are_those_of_Cassandra_signed_bytes_included(string hex, long token) =>
        Assert.Equal(token, Murmur3.Token(Convert.FromHexString(hex)));
}
