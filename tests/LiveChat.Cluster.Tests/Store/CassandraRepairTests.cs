using LiveChat.Cluster.Store;
using Xunit;

namespace LiveChat.Cluster.Tests.Store;

/// <summary>What <c>livechat doctor</c> says of repairs, on nodes that can be repaired from each other.</summary>
[Collection(nameof(ThreeCassandra))]
public sealed class CassandraRepairTests(ThreeCassandra cassandra)
{
    [Fact]
    public async Task A_repair_is_asked_for_until_every_table_had_one()
    {
        var options = cassandra.NewKeyspace();
        await using var session = await cassandra.OpenAsync(options);
        Assert.Contains("was never repaired", (await RepairAsync(options)).Found, StringComparison.Ordinal);
        await cassandra.NodetoolAsync(1, "repair", "-full", options.Keyspace, "events");
        Assert.Equal(ServiceVerdict.Warns, (await RepairAsync(options)).Verdict);
        await cassandra.NodetoolAsync(1, "repair", "-full", options.Keyspace);
        Assert.Equal(ServiceVerdict.Good, (await RepairAsync(options)).Verdict);
    }

    private static async Task<ServiceFinding> RepairAsync(CassandraOptions options)
    {
        var report = await CassandraDoctor.LookAsync(
            options, TimeProvider.System, TestContext.Current.CancellationToken);
        return Assert.Single(report.Findings, static one => one.Name == "repair");
    }
}
