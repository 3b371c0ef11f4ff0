using Confluent.Kafka;
using LiveChat.Cluster.Log;
using LiveChat.Core.Log;
using Xunit;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>TLS, passwords and rights at a real broker.</summary>
public sealed class KafkaSecurityTests(SecureBroker broker) : IClassFixture<SecureBroker>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(SaslMechanism.Plain)]
    [InlineData(SaslMechanism.ScramSha512)]
    public async Task A_server_signs_in_over_tls_with_its_rights_alone(SaslMechanism mechanism)
    {
        broker.Require();
        await broker.SetPasswordAsync(SecureBroker.FirstPassword);
        using var heard = new HeardLines();
        await using var open = await OpenLog.OpenAsync(broker.Options() with { Mechanism = mechanism }, loggers: heard);
        await open.AppendAsync(1, "x");
        await using var member = new GroupMember(open.Log, ConsumerGroups.HistoryWriters);
        Assert.Equal(["x"], await member.ReadAsync(1, 1));
        await member.CommitReadAsync(1);
        await open.Log.TrimAsync(
            new Dictionary<int, Position> { [1] = member.Assigned[1] }, TestContext.Current.CancellationToken);
        Assert.DoesNotContain(heard.Lines, static line => line.StartsWith("Error", StringComparison.Ordinal));
        Assert.DoesNotContain(heard.Lines, static line => line.Contains("may not see", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_proves_itself_by_a_certificate_alone()
    {
        broker.Require();
        await using var open = await OpenLog.OpenAsync(broker.MutualOptions());
        await open.AppendAsync(1, "x");
        await using var member = new GroupMember(open.Log, ConsumerGroups.HistoryWriters);
        Assert.Equal(["x"], await member.ReadAsync(1, 1));
        await member.CommitReadAsync(1);
        Assert.All(open.Log.States, static state => Assert.Null(state.Reason()));
    }

    [Theory]
    [InlineData("none", "check LiveChat:Log:ClientCertificate and ClientKey")]
    [InlineData("stranger", "check LiveChat:Log:ClientCertificate and ClientKey")]
    [InlineData("key", "Correct LiveChat:Log:ClientCertificate and ClientKey")]
    [InlineData("garbage", "Correct LiveChat:Log:ClientCertificate and ClientKey")]
    public async Task A_certificate_that_brokers_do_not_accept_refuses_the_start(string wrong, string advice)
    {
        broker.Require();
        var options = broker.MutualOptions();
        var (certificate, key) = (broker.CertificateOf(SecureBroker.Stranger), broker.KeyOf(SecureBroker.Stranger));
        var refused = await Assert.ThrowsAsync<KafkaLogException>(() => OpenLog.OpenAsync(wrong switch
        {
            "none" => options with { ClientCertificate = null, ClientKey = null },
            "stranger" => options with { ClientCertificate = certificate, ClientKey = key },
            "key" => options with { ClientKey = key },
            _ => options with { ClientCertificate = broker.PasswordFile },
        }));
        Assert.Contains(advice, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    /// <summary>What is wrong, and what to do.</summary>
    [Theory]
    [InlineData("password", "check LiveChat:Log:User, Mechanism and PasswordFile")]
    [InlineData("user", "check LiveChat:Log:User, Mechanism and PasswordFile")]
    [InlineData("authority", "check LiveChat:Log:CertificateAuthority")]
    [InlineData("name", "check LiveChat:Log:CertificateAuthority and the names in the certificate")]
    [InlineData("file", "PasswordFile cannot be read")]
    [InlineData("rights", "has no right to the topic")]
    public async Task A_proof_or_a_certificate_that_does_not_match_refuses_the_start(string wrong, string advice)
    {
        broker.Require();
        await broker.SetPasswordAsync(SecureBroker.FirstPassword);
        var other = broker.PasswordFile + ".other";
        await File.WriteAllTextAsync(other, "another-password");
        var options = broker.Options();
        var refused = await Assert.ThrowsAsync<KafkaLogException>(() => OpenLog.OpenAsync(wrong switch
        {
            "password" => options with { PasswordFile = other },
            "user" => options with { User = "stranger" },
            "authority" => options with { CertificateAuthority = null },
            "name" => options with { Brokers = broker.UnnamedAddress },
            "file" => options with { PasswordFile = other + ".none" },
            _ => options with { Topic = $"others-{options.Topic}" },
        }));
        Assert.Contains(advice, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        using var admin = broker.Admin();
        Assert.DoesNotContain(
            admin.GetMetadata(Patience).Topics, topic => topic.Topic.EndsWith(options.Topic, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_password_is_changed_while_the_server_runs()
    {
        broker.Require();
        await broker.SetPasswordAsync(SecureBroker.FirstPassword);
        using var heard = new HeardLines();
        await using var open = await OpenLog.OpenAsync(broker.Options(), loggers: heard);
        await using var member = new GroupMember(open.Log, ConsumerGroups.DeliveryWorkers);
        await open.AppendAsync(0, "before");
        Assert.Equal(["before"], await member.ReadAsync(0, 1));

        await broker.SetPasswordAsync("second-password");
        await heard.UntilAsync("has changed and was read again");

        // Brokers end a connection that has not signed in again for 3 s: this goes on over new ones.
        var clock = TimeProvider.System;
        for (var (began, i) = (clock.GetTimestamp(), 0); clock.GetElapsedTime(began) < TimeSpan.FromSeconds(8); i++)
        {
            await AppendedAsync(open, $"{i}");
            Assert.Equal([$"{i}"], await member.ReadAsync(0, 1));
            await Task.Delay(TimeSpan.FromMilliseconds(200), clock);
        }

        await member.CommitReadAsync(0);
        await UntilWellAsync(open);
    }

    [Fact]
    public async Task A_right_that_is_lost_is_a_state_of_the_node_and_ends_nothing()
    {
        broker.Require();
        await broker.SetPasswordAsync(SecureBroker.FirstPassword);
        using var heard = new HeardLines();
        await using var open = await OpenLog.OpenAsync(broker.Options(), loggers: heard);
        await open.AppendAsync(0, "before");
        await broker.RevokeWriteAsync();
        try
        {
            await UntilRefusedAsync(open);
            await heard.UntilAsync("Error: The brokers refuse appends", "grant Describe, DescribeConfigs, Read, Write");
            Assert.Contains(
                open.Log.States, static state => state is { Name: "log_refused" } && state.Reason() is not null);
        }
        finally
        {
            await broker.GrantAsync();
        }

        await AppendedAsync(open, "after");
        Assert.All(open.Log.States, static state => Assert.Null(state.Reason()));
        await heard.UntilAsync("The brokers accept appends again");
    }

    private static async Task UntilWellAsync(OpenLog open)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (open.Log.States.Any(static state => state.Reason() is not null))
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
    }

    private static async Task UntilRefusedAsync(OpenLog open)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!limit.IsCancellationRequested)
        {
            try
            {
                await open.AppendAsync(0, "during");
            }
            catch (LogUnavailableException)
            {
                return;
            }
        }

        Assert.Fail("The brokers still take what the user has no right to write.");
    }

    private static async Task AppendedAsync(OpenLog open, string text)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            try
            {
                await open.AppendAsync(0, text);
                return;
            }
            catch (LogUnavailableException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token);
            }
        }
    }
}
