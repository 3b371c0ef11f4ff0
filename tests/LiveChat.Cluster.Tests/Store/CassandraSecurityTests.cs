using LiveChat.Cluster.History;
using LiveChat.Cluster.Store;
using LiveChat.Core.History;
using LiveChat.Cql.Errors;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Chats;
using LiveChat.Tests.History;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace LiveChat.Cluster.Tests.Store;

/// <summary>TLS, certificates, passwords and rights at a real node.</summary>
public sealed class CassandraSecurityTests(SecureCassandra cassandra) : IClassFixture<SecureCassandra>
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The rights that docs/ops/cassandra.md names, and no others.</summary>
    [Fact]
    public async Task A_server_works_over_tls_with_its_certificate_its_password_and_its_rights_alone()
    {
        var options = await RoleWithRightsAsync();
        await using (var first = await OpenAsync(options)) await WritesAndReadsAsync(first, 1);
        await cassandra.ExecuteAsync($"REVOKE CREATE ON ALL KEYSPACES FROM {options.User}");
        await using var second = await OpenAsync(options);
        await WritesAndReadsAsync(second, 2);
        Assert.Equal("periodic", (await cassandra.FactsAsync(options)).CommitLogSync);
    }

    [Fact]
    public async Task A_password_is_changed_while_the_server_runs()
    {
        var options = await RoleWithRightsAsync();
        await using var session = await OpenAsync(options);
        await WritesAndReadsAsync(session, 1);
        // Cassandra refuses a password that follows another within five seconds.
        await RepeatAsync(() => cassandra.ExecuteAsync($"ALTER ROLE {options.User} WITH PASSWORD = 'another one'"));
        await WritesAndReadsAsync(session, 2); // Connections that are open stay.
        await File.WriteAllTextAsync(options.PasswordFile!, "another one\n", Token);

        // Every connection is a new one.
        await cassandra.StopNodeAsync(1);
        await cassandra.StartNodeAsync(1);
        await RepeatAsync(() => WritesAndReadsAsync(session, 3));
        Assert.Null(session.Health.Refused.Reason());
    }

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

    [Theory]
    [InlineData("authority", "check LiveChat:Store:CertificateAuthority and ClientCertificate")]
    [InlineData("name", "check LiveChat:Store:CertificateAuthority and ClientCertificate")]
    [InlineData("garbage", "Correct PasswordFile, CertificateAuthority or ClientCertificate")]
    public async Task A_certificate_that_one_side_does_not_accept_refuses_the_start(string wrong, string advice)
    {
        var options = await cassandra.NewRoleAsync();
        var port = options.ContactPoints[(options.ContactPoints.LastIndexOf(':') + 1)..];
        var refused = await Assert.ThrowsAsync<CassandraRefusedException>(() => OpenAsync(wrong switch
        {
            "authority" => options with { CertificateAuthority = cassandra.StrangersCertificate },
            "name" => options with { ContactPoints = $"localhost:{port}" },
            _ => options with { ClientCertificate = options.PasswordFile },
        }));
        Assert.Contains(advice, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>A node closes such a connection without a word, as one does that is going away: a server waits, and
    /// doctor names what may be wrong.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Doctor_names_the_certificate_that_a_node_closes_connections_for(bool hasOne)
    {
        var options = await cassandra.NewRoleAsync();
        options = options with { ClientCertificate = hasOne ? cassandra.StrangersKeyAndCertificate : null };
        var report = await CassandraDoctor.LookAsync(options, TimeProvider.System, Token);
        var nodes = Assert.Single(report.Findings);
        Assert.Equal(("nodes", ServiceVerdict.Refused), (nodes.Name, nodes.Verdict));
        Assert.Contains("ClientCertificate", nodes.Advice, StringComparison.Ordinal);
    }

    private async Task<CassandraOptions> RoleWithRightsAsync()
    {
        var options = await cassandra.NewRoleAsync();
        await cassandra.ExecuteAsync($"GRANT CREATE ON ALL KEYSPACES TO {options.User}");
        await cassandra.ExecuteAsync($"GRANT SELECT ON KEYSPACE system_views TO {options.User}");
        return options;
    }

    private static Task<CassandraSession> OpenAsync(CassandraOptions options) =>
        CassandraConnection.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance, Token);

    private static async Task WritesAndReadsAsync(CassandraSession session, ulong chat)
    {
        await using var store = new CassandraHistoryStore(session, static () => "epoch");
        var events = ChatEvents.Of([Records.Created("ann", 1, "bob"), Records.Message("bob", 2)], chat);
        await store.WriteAsync([HistoryRowsBuilder.Build(events)], Token);
        Assert.Equal(2, (await store.ReadHeadAsync(new ChatId(chat), Token))!.Seq);
    }

    private static async Task RepeatAsync(Func<Task> action)
    {
        while (true)
        {
            try
            {
                await action();
                return;
            }
            catch (Exception error) when (error is HistoryUnavailableException or CqlOverloadedException)
            {
                await Task.Delay(Pause, TimeProvider.System, Token);
            }
        }
    }
}
