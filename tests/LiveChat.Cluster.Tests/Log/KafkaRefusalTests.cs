using Confluent.Kafka;
using Confluent.Kafka.Admin;
using LiveChat.Cluster.Log;
using Xunit;

namespace LiveChat.Cluster.Tests.Log;

/// <summary>What a start refuses, with one sentence that says what to do; nothing is written then.</summary>
public sealed class KafkaRefusalTests(OneBroker brokers)
{
    /// <summary>What is wrong with a topic (its partitions, one setting), and what the sentence says to do.</summary>
    public static TheoryData<int, string, string, string> Topics { get; } = new()
    {
        { 3, "", "", "Set the option to 3" },
        { 4, "message.timestamp.type", "CreateTime", "--add-config message.timestamp.type=LogAppendTime" },
        { 4, "retention.ms", "604800000", "--add-config retention.ms=-1" },
        { 4, "retention.bytes", "1000000", "--add-config retention.bytes=-1" },
        { 4, "cleanup.policy", "compact", "--add-config cleanup.policy=delete" },
        { 4, "unclean.leader.election.enable", "true", "--add-config unclean.leader.election.enable=false" },
    };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Topics))]
    public async Task A_topic_that_would_lose_hide_or_misplace_records_is_refused(
        int partitions, string setting, string value, string advice)
    {
        var options = OpenLog.Options(brokers.Addresses);
        await CreateAsync(options, partitions, setting, value);
        var before = await DescribeAsync(options);
        await RefusesAsync(options, advice);
        Assert.Equal(before, await DescribeAsync(options));
    }

    [Fact]
    public async Task Too_few_replicas_or_brokers_are_refused_unless_it_is_a_trial_and_then_every_start_warns()
    {
        var options = OpenLog.Options(brokers.Addresses);
        await RefusesAsync(options with { SingleBroker = false }, "LiveChat:Log:SingleBroker=true");
        Assert.Equal("none", await DescribeAsync(options));
        for (var start = 0; start < 2; start++)
        {
            using var heard = new HeardLines();
            await (await OpenLog.OpenAsync(options, loggers: heard)).DisposeAsync();
            Assert.Contains(heard.Lines, static line =>
                line.StartsWith("Warning: LiveChat:Log:SingleBroker is set", StringComparison.Ordinal));
        }

        await RefusesAsync(options with { SingleBroker = false }, "LiveChat:Log:SingleBroker=true");
    }

    [Fact]
    public async Task Another_topic_of_the_name_is_refused_until_the_generation_is_raised()
    {
        var options = OpenLog.Options(brokers.Addresses);
        KafkaMark first;
        await using (var open = await OpenLog.OpenAsync(options)) first = open.Log.Mark;
        await using (var again = await OpenLog.OpenAsync(options, first)) Assert.Equal(first, again.Log.Mark);
        await RefusesAsync(options with { Generation = 2 }, "set it to 1", first);

        using (var admin = Admin()) await admin.DeleteTopicsAsync([options.Topic]);
        await GoneAsync(options);
        await RefusesAsync(options, "set LiveChat:Log:Generation to 2", first);
        Assert.Equal("none", await DescribeAsync(options));

        await CreateAsync(options, options.Partitions, "", "");
        await RefusesAsync(options, "set LiveChat:Log:Generation to 2", first);
        await using var next = await OpenLog.OpenAsync(options with { Generation = 2 }, first);
        Assert.Equal(2, next.Log.Mark.Generation);
        Assert.NotEqual(first.TopicId, next.Log.Mark.TopicId);
        await RefusesAsync(options, "set it to 2", next.Log.Mark);
    }

    [Fact]
    public async Task A_topic_that_was_read_into_another_data_folder_is_refused()
    {
        var options = OpenLog.Options(brokers.Addresses);
        await using var open = await OpenLog.OpenAsync(options);
        await open.AppendAsync(0, "x");
        await using (var writer = new GroupMember(open.Log, "history-writers"))
        {
            await writer.ReadAsync(0, 1);
            await writer.CommitReadAsync(0);
        }

        await RefusesAsync(options, "restore it from a backup");
        await (await OpenLog.OpenAsync(options, open.Log.Mark)).DisposeAsync();
    }

    [Fact]
    public async Task Brokers_that_do_not_answer_are_waited_for_and_the_log_says_so()
    {
        using var heard = new HeardLines();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var options = OpenLog.Options(brokers.Addresses) with { Brokers = "127.0.0.1:1,127.0.0.1:2" };
        await using var clients = new KafkaClients(options, TimeProvider.System, heard);
        var opening = KafkaMessageLog.OpenAsync(clients, former: null, stop.Token);
        await heard.UntilAsync("Warning: No broker of 127.0.0.1:1,127.0.0.1:2 answers", "waits and asks again");
        Assert.False(opening.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
    }

    private static async Task RefusesAsync(KafkaLogOptions options, string advice, KafkaMark? former = null)
    {
        var refused = await Assert.ThrowsAsync<KafkaLogException>(() => OpenLog.OpenAsync(options, former));
        Assert.Contains(advice, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    private IAdminClient Admin() =>
        new AdminClientBuilder(new AdminClientConfig { BootstrapServers = brokers.Addresses }).Build();

    private async Task CreateAsync(KafkaLogOptions options, int partitions, string setting, string value)
    {
        using var admin = Admin();
        var settings = KafkaChecks.SettingsOfNew(options);
        if (setting.Length > 0) settings[setting] = value;
        await admin.CreateTopicsAsync(
            [
                new TopicSpecification
                {
                    Name = options.Topic, NumPartitions = partitions, ReplicationFactor = 1, Configs = settings,
                },
            ]);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await DescribeAsync(options) is "none")
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
    }

    private static async Task GoneAsync(KafkaLogOptions options)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await DescribeAsync(options) is not "none")
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
    }

    /// <summary>Everything that a start could change.</summary>
    private static async Task<string> DescribeAsync(KafkaLogOptions options)
    {
        await using var clients = new KafkaClients(
            options, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        using var admin = new KafkaAdmin(clients);
        return await admin.TopicAsync(Stop) is { } topic
            ? $"{topic.Id} {topic.Partitions} {topic.Replicas} "
                + string.Join(' ', topic.Settings.OrderBy(static one => one.Key, StringComparer.Ordinal))
            : "none";
    }
}
