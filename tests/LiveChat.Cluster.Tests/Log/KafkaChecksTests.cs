using LiveChat.Cluster.Log;
using Xunit;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>What is found in what brokers say, where no broker of today says it.</summary>
public sealed class KafkaChecksTests
{
    private static readonly KafkaLogOptions Options = new() { Brokers = "a:9092" };

    [Theory]
    [InlineData("inter.broker.protocol.version", "3.9-IV0", "version", "Update the brokers to 4.0 or newer")]
    [InlineData("offsets.retention.minutes", "10079", "offsets", "Set it to 10080 or more")]
    public void Brokers_that_would_hide_or_forget_are_refused(string setting, string value, string check, string advice)
    {
        var refused = Assert.Single(
            KafkaChecks.OfBrokers(Facts((setting, value)), Options),
            static finding => finding.Verdict is ServiceVerdict.Refused);
        Assert.Equal(check, refused.Name);
        Assert.Contains("b:9092", $"{refused}", StringComparison.Ordinal);
        Assert.Contains(advice, $"{refused}", StringComparison.Ordinal);
    }

    [Fact]
    public void Brokers_as_they_come_are_good() => Assert.All(
        KafkaChecks.OfBrokers(Facts(("offsets.retention.minutes", "10080")), Options),
        static finding => Assert.Equal(ServiceVerdict.Good, finding.Verdict));

    [Fact]
    public void Settings_that_may_not_be_seen_are_a_warning() => Assert.Equal(
        [ServiceVerdict.Warns],
        KafkaChecks.OfBrokers(Facts() with { BrokersHidden = true }, Options).Select(static one => one.Verdict));

    /// <summary>Three replicas can always lose one, trial or not.</summary>
    [Theory]
    [InlineData(3, "1", true, "min.insync.replicas=2")]
    [InlineData(3, "1", false, "min.insync.replicas=2")]
    [InlineData(3, "2", false, null)]
    [InlineData(1, "1", true, null)]
    public void A_record_of_one_broker_alone_is_acknowledged_in_a_trial_only(
        int replicas, string minimum, bool isTrial, string? advice)
    {
        var options = Options with { SingleBroker = isTrial };
        var settings = KafkaChecks.SettingsOfNew(options).ToDictionary(one => one.Key, one => (string?)one.Value);
        settings["min.insync.replicas"] = minimum;
        var refused = KafkaChecks.OfTopic(new KafkaTopicFacts("id", 1_000, replicas, settings), options)
            .Where(static finding => finding.Verdict is ServiceVerdict.Refused)
            .ToArray();
        if (advice is null) Assert.Empty(refused);
        else Assert.Contains(advice, $"{Assert.Single(refused)}", StringComparison.Ordinal);
    }

    private static KafkaFacts Facts(params (string Name, string Value)[] ofOne) => new()
    {
        Brokers = new Dictionary<string, IReadOnlyDictionary<string, string?>>
        {
            ["a:9092"] = new Dictionary<string, string?> { ["offsets.retention.minutes"] = "10080" },
            ["b:9092"] = ofOne.ToDictionary(static one => one.Name, static one => (string?)one.Value),
        },
    };
}
