using LiveChat.Cluster.Log;
using Xunit;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>What a doctor finds on a real broker.</summary>
public sealed class KafkaDoctorTests(OneBroker brokers)
{
    private static readonly string[] Looked =
        ["brokers", "version", "offsets", "topic", "replication", "min_isr", "time", "retention", "elections", "clock"];

    [Fact]
    public async Task A_good_topic_has_only_the_trial_to_be_warned_about()
    {
        var options = OpenLog.Options(brokers.Addresses);
        var before = await LookAsync(options);
        Assert.All(before, static one => Assert.Equal(ServiceVerdict.Good, one.Verdict));
        Assert.Contains("the first start makes it", before[^1].Found, StringComparison.Ordinal);
        await using var open = await OpenLog.OpenAsync(options);
        await open.AppendAsync(0, "x");

        var findings = await LookAsync(options, open.Log.Mark);
        Assert.Equal(Looked, findings.Select(static one => one.Name));
        var warning = Assert.Single(findings, static one => one.Verdict is not ServiceVerdict.Good);
        Assert.Equal(("replication", ServiceVerdict.Warns), (warning.Name, warning.Verdict));
    }

    [Fact]
    public async Task All_that_is_wrong_is_found_at_once_with_what_to_do()
    {
        var options = OpenLog.Options(brokers.Addresses);
        KafkaMark mark;
        await using (var open = await OpenLog.OpenAsync(options)) mark = open.Log.Mark;
        await brokers.ToolAsync(
            "configs", "--alter", "--entity-type", "topics", "--entity-name", options.Topic, "--add-config",
            "retention.ms=1000,unclean.leader.election.enable=true");
        var findings = await LookAsync(options with { Partitions = 8, SingleBroker = false }, mark);
        var bad = findings.Where(static one => one.Verdict is ServiceVerdict.Refused).ToList();
        Assert.Equal(
            ["topic", "replication", "min_isr", "retention", "elections"], bad.Select(static one => one.Name));
        Assert.All(bad, static one => Assert.NotNull(one.Advice));
    }

    [Fact]
    public async Task Brokers_that_are_away_and_another_topic_are_found()
    {
        var options = OpenLog.Options(brokers.Addresses);
        var away = Assert.Single(await LookAsync(options with { Brokers = "127.0.0.1:1" }));
        Assert.Equal(("brokers", ServiceVerdict.Refused), (away.Name, away.Verdict));
        var other = (await LookAsync(options, new KafkaMark(1, "another")))[^1];
        Assert.Contains("set LiveChat:Log:Generation to 2", other.Advice!, StringComparison.Ordinal);
    }

    private static Task<IReadOnlyList<ServiceFinding>> LookAsync(KafkaLogOptions options, KafkaMark? former = null) =>
        KafkaDoctor.LookAsync(options, former?.ToString(), TimeProvider.System, TestContext.Current.CancellationToken);
}
