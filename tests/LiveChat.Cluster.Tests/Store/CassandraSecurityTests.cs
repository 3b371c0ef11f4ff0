using LiveChat.Cluster.Store;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.Cluster.Tests.Store;

/// <summary>Passwords and rights with which a server does not start.</summary>
public sealed class CassandraSecurityTests(SecureCassandra cassandra) : IClassFixture<SecureCassandra>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wrong_password_is_refused_with_what_to_correct()
    {
        var options = await cassandra.NewRoleAsync();
        await File.WriteAllTextAsync(options.PasswordFile!, "wrong", Token);
        var refused = await Assert.ThrowsAsync<CassandraRefusedException>(() => OpenAsync(options));
        Assert.Contains("check LiveChat:Store:User and PasswordFile", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_without_rights_is_refused_and_changes_nothing()
    {
        var options = await cassandra.NewRoleAsync();
        var refused = await Assert.ThrowsAsync<CassandraRefusedException>(() => OpenAsync(options));
        Assert.Contains("grant it CREATE, ALTER, SELECT and MODIFY", refused.Message, StringComparison.Ordinal);
        Assert.Null((await cassandra.FactsAsync(options)).Replication);
    }

    private static Task<CassandraSession> OpenAsync(CassandraOptions options) =>
        CassandraConnection.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance, Token);
}
