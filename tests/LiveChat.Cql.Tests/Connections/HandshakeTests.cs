using LiveChat.Cql.Connections;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Tests.Protocol;

namespace LiveChat.Cql.Tests.Connections;

/// <summary>AUTHENTICATE and what comes after it, byte by byte (4.2.2, 4.2.7, 4.2.8).</summary>
public sealed class HandshakeTests
{
    private const string PasswordAuthenticator = "org.apache.cassandra.auth.PasswordAuthenticator";

    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task A_password_is_sent_when_it_is_asked_for_and_accepted(ProtocolVersion version)
    {
        var sent = new List<byte[]>();
        await using var peer = Peer(
            (connection, header, body) =>
            {
                sent.Add(body);
                return connection.SendAsync(header.Stream, Opcode.AuthSuccess, Hex.Bytes("FFFFFFFF"));
            },
            version);
        await using var connection = await ConnectAsync(peer, "user", "pass");
        Assert.Equal(version, connection.Version);
        Assert.Equal(Hex.Bytes("""0000000A 00 "user" 00 "pass" """), Assert.Single(sent));
    }

    [Fact]
    public async Task A_password_that_nobody_gave_is_named_by_who_asks()
    {
        await using var peer = Peer((_, _, _) => Task.CompletedTask);
        var error = await Assert.ThrowsAsync<CqlAuthenticationException>(() => ConnectAsync(peer, null, null));
        Assert.Contains(PasswordAuthenticator, error.Message, StringComparison.Ordinal);
        Assert.Equal(peer.EndPoint, error.Node);
    }

    [Fact]
    public async Task A_refused_password_is_an_error_of_its_own()
    {
        await using var peer = Peer((connection, header, _) =>
            connection.ErrorAsync(header.Stream, "00000100 0002 \"no\""));
        var error = await Assert.ThrowsAsync<CqlAuthenticationException>(() => ConnectAsync(peer, "user", "pass"));
        Assert.Equal("no", error.Message);
    }

    [Fact]
    public async Task A_challenge_which_PLAIN_does_not_have_is_refused()
    {
        await using var peer = Peer((connection, header, _) =>
            connection.SendAsync(header.Stream, Opcode.AuthChallenge, Hex.Bytes("00000001 00")));
        var error = await Assert.ThrowsAsync<CqlProtocolException>(() => ConnectAsync(peer, "user", "pass"));
        Assert.Contains("AuthChallenge", error.Message, StringComparison.Ordinal);
    }

    private static FakePeer Peer(
        Func<FakeConnection, EnvelopeHeader, byte[], Task> script, ProtocolVersion version = ProtocolVersion.V5) =>
        new(script) { Authenticator = PasswordAuthenticator, VersionMax = version };

    private static Task<CqlConnection> ConnectAsync(FakePeer peer, string? user, string? password) =>
        Handshake.ConnectAsync(
            peer.EndPoint,
            new CqlOptions { ContactPoints = { peer.EndPoint }, Username = user, Password = password }, null, default);
}
