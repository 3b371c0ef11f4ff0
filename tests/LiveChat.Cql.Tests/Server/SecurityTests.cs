using System.Security.Authentication;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Tests.Server;

/// <summary>Passwords and TLS, against a node that insists on both.</summary>
[Collection(nameof(SecureNode))]
[Trait("needs", "cassandra")]
public sealed class SecurityTests(SecureNode cassandra)
{
    [Theory]
    [InlineData(ProtocolVersion.V4)]
    [InlineData(ProtocolVersion.V5)]
    public async Task The_right_password_over_verified_TLS_is_let_in(ProtocolVersion version)
    {
        var options = cassandra.Options();
        options.ProtocolVersionMax = version;
        await using var session = await ConnectAsync(options);
        using var rows = await session.ExecuteAsync(new SimpleStatement("SELECT role FROM system_auth.roles"));
        Assert.Contains(rows, row => row.GetString(0) == "cassandra");
    }

    [Fact]
    public async Task A_wrong_or_missing_password_is_refused()
    {
        await using (await ConnectAsync(cassandra.Options()))
        {
        }

        var wrong = cassandra.Options();
        wrong.Password = "wrong";
        var error = await Assert.ThrowsAsync<CqlAuthenticationException>(() => CqlSession.ConnectAsync(wrong));
        Assert.False(error.IsRetryable);
        Assert.DoesNotContain("wrong", error.Message, StringComparison.Ordinal);
        var missing = cassandra.Options();
        missing.Username = missing.Password = null;
        await Assert.ThrowsAsync<CqlAuthenticationException>(() => CqlSession.ConnectAsync(missing));
    }

    [Fact]
    public async Task A_certificate_that_nobody_trusts_is_refused()
    {
        var options = cassandra.Options();
        options.Tls!.TrustedCertificates.Clear();
        await RefusedAsync(options);
    }

    [Fact]
    public async Task A_certificate_of_another_name_is_refused()
    {
        var options = cassandra.Options();
        options.Tls!.TargetHost = "another.example";
        await RefusedAsync(options);
    }

    [Fact]
    public async Task Without_TLS_nothing_is_said()
    {
        var options = cassandra.Options();
        options.Tls = null;
        await Assert.ThrowsAsync<CqlNoHostException>(() => CqlSession.ConnectAsync(options));
    }

    private static async Task RefusedAsync(CqlOptions options)
    {
        var error = await Assert.ThrowsAsync<CqlNoHostException>(() => CqlSession.ConnectAsync(options));
        Assert.IsType<AuthenticationException>(Assert.Single(error.Attempts).Value.InnerException);
    }

    /// <summary>The node makes its first role a moment after it serves.</summary>
    private static async Task<CqlSession> ConnectAsync(CqlOptions options)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                return await CqlSession.ConnectAsync(options, patience.Token);
            }
            catch (CqlAuthenticationException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, patience.Token);
            }
        }
    }
}
