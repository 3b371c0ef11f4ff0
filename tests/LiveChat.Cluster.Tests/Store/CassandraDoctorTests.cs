using System.Collections.ObjectModel;
using LiveChat.Cluster.History;
using LiveChat.Cluster.Log;
using LiveChat.Cluster.Store;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Tests.Chats;
using LiveChat.Tests.History;
using Xunit;

namespace LiveChat.Cluster.Tests.Store;

/// <summary>What <c>livechat doctor</c> says of Cassandra.</summary>
[Collection(nameof(OneCassandra))]
public sealed class CassandraDoctorTests(OneCassandra cassandra)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Before_the_first_start_it_says_what_that_will_make_and_makes_nothing()
    {
        var options = cassandra.NewKeyspace();
        for (var look = 0; look < 2; look++)
        {
            var findings = await LookAsync(options);
            Assert.DoesNotContain(findings, static one => one.Verdict is ServiceVerdict.Refused);
            Assert.Contains("the first start makes it", Of(findings, "replication").Found, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Deleted_texts_are_asked_for_until_their_collection_is_reported()
    {
        var options = cassandra.NewKeyspace();
        await using var session = await cassandra.OpenAsync(options);
        var store = new CassandraHistoryStore(session, static () => "epoch");
        Assert.Equal(ServiceVerdict.Good, Of(await LookAsync(options), "erasures").Verdict);

        var target = Records.Target(2, "bob");
        var events = ChatEvents.Of(
            [Records.Created("ann", 1, "bob"), Records.Message("bob", 2), Records.Delete("bob", 3, target)], 1);
        await store.WriteAsync([HistoryRowsBuilder.Build(events)], Token);
        await store.FlushAsync(ReadOnlyDictionary<int, Position>.Empty, Token);
        var asks = Of(await LookAsync(options), "erasures");
        Assert.Equal(ServiceVerdict.Warns, asks.Verdict);
        Assert.Contains("nodetool garbagecollect -g CELL", asks.Advice, StringComparison.Ordinal);

        // As an operator reports it, with cqlsh.
        using var report = (await session.BindAsync(
            "INSERT INTO maintenance (what, at_ms) VALUES ('garbagecollect', ?)", Token))
            .Set(0, (events[^1].After.Stamp / 1000) + 1);
        await session.WriteAsync(report, Token);
        Assert.Equal(ServiceVerdict.Good, Of(await LookAsync(options), "erasures").Verdict);
    }

    [Fact]
    public async Task Nodes_that_do_not_answer_are_said_with_what_to_correct()
    {
        var away = Of(await LookAsync(cassandra.NewKeyspace() with { ContactPoints = "127.0.0.1:1" }), "nodes");
        Assert.Equal(ServiceVerdict.Refused, away.Verdict);
        Assert.Contains("LiveChat:Store:ContactPoints", away.Advice, StringComparison.Ordinal);
    }

    /// <summary>What an operator may change for the worse, and the server would run on.</summary>
    [Fact]
    public async Task A_setting_of_a_table_that_was_changed_is_said_with_the_table()
    {
        (string Setting, string Finding)[] changes =
        [
            ("gc_grace_seconds = 60", "gc_grace"),
            ("read_repair = 'NONE'", "read_repair"),
            ("compaction = {'class': 'SizeTieredCompactionStrategy'}", "compaction"),
            ("compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_size': 1}", "compaction"),
        ];
        var options = cassandra.NewKeyspace();
        await using var session = await cassandra.OpenAsync(options);
        var before = await LookAsync(options);
        Assert.Equal(ServiceVerdict.Good, Of(before, "repair").Verdict); // One node has nothing to repair from.
        foreach (var (setting, finding) in changes)
        {
            Assert.DoesNotContain(before, one => one.Name == finding);
            await CassandraNodes.ExecuteAsync(options, $"ALTER TABLE {options.Keyspace}.events WITH {setting}");
            var found = Of(await LookAsync(options), finding);
            Assert.Equal(ServiceVerdict.Warns, found.Verdict);
            Assert.Contains("events", found.Found, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_topic_that_the_keyspace_names_is_told()
    {
        var options = cassandra.NewKeyspace();
        await using var session = await cassandra.OpenAsync(options);
        Assert.Null((await CassandraDoctor.LookAsync(options, TimeProvider.System, Token)).LogMark);
        var mark = new KafkaMark(3, "a-topic");
        Assert.True(await new CassandraLogMark(session).TryReplaceAsync(null, mark, Token));
        Assert.Equal($"{mark}", (await CassandraDoctor.LookAsync(options, TimeProvider.System, Token)).LogMark);
    }

    private static async Task<IReadOnlyList<ServiceFinding>> LookAsync(CassandraOptions options) =>
        (await CassandraDoctor.LookAsync(options, TimeProvider.System, Token)).Findings;

    private static ServiceFinding Of(IReadOnlyList<ServiceFinding> findings, string name) =>
        Assert.Single(findings, one => one.Name == name);
}
