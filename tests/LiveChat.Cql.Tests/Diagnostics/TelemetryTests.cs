using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Tests.Cluster;
using Microsoft.Extensions.Logging;

namespace LiveChat.Cql.Tests.Diagnostics;

/// <summary>What can be seen from outside: spans, measurements and logs, none of them with a value.</summary>
public sealed class TelemetryTests
{
    private const int Secret = 1_234_567;
    private const string Select = "SELECT v FROM k.observed WHERE p = ?";

    [Fact]
    public async Task A_statement_is_a_span_with_the_names_of_the_conventions()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        await ExecuteAsync(isFailing: false);
        await ExecuteAsync(isFailing: true);
        var ours = spans.Where(span => span.DisplayName == "SELECT k.observed").ToArray();
        Assert.Equal(2, ours.Length);
        var good = ours[0].TagObjects.ToDictionary(tag => tag.Key, tag => tag.Value);
        Assert.Equal("cassandra", good["db.system.name"]);
        Assert.Equal("SELECT", good["db.operation.name"]);
        Assert.Equal("k.observed", good["db.collection.name"]);
        Assert.Equal("k", good["db.namespace"]);
        Assert.Equal("local_quorum", good["cassandra.consistency.level"]);
        Assert.Equal("00000000-0000-0000-0000-000000000001", good["cassandra.coordinator.id"]);
        Assert.Equal("dc1", good["cassandra.coordinator.dc"]);
        Assert.Equal("127.0.0.1", good["server.address"]);
        Assert.Equal(1, good["db.response.returned_rows"]);
        Assert.Equal(ActivityStatusCode.Error, ours[1].Status);
        Assert.Equal("LiveChat.Cql.Errors.CqlInvalidQueryException", ours[1].GetTagItem("error.type"));
        Assert.Equal($"{0x2200}", ours[1].GetTagItem("db.response.status_code"));
        Assert.DoesNotContain(ours.SelectMany(span => span.TagObjects), tag => $"{tag.Value}".Contains($"{Secret}"));
    }

    [Fact]
    public async Task A_batch_says_how_many_statements_it_has()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        await using var cluster = new FakeCluster(1, (_, connection, header, _) => connection.VoidAsync(header.Stream));
        await using var session = await cluster.ConnectAsync();
        var update = await session.PrepareAsync("UPDATE k.observed SET v = 1 WHERE p = ?");
        var one = new BatchStatement { Consistency = Consistency.EachQuorum }.Add(update.Bind().Set(0, 1));
        await session.ExecuteAsync(one);
        await session.ExecuteAsync(one.Add(update.Bind().Set(0, 1)));
        var ours = spans.Where(span => (string?)span.GetTagItem("cassandra.consistency.level") == "each_quorum");
        Assert.Equal([null, 2], ours.Select(span => (int?)span.GetTagItem("db.operation.batch.size")));
    }

    [Fact]
    public async Task The_time_of_a_statement_is_measured()
    {
        var measured = new ConcurrentQueue<(string Name, double Value, KeyValuePair<string, object?>[] Tags)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "LiveChat.Cql") self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
            measured.Enqueue((instrument.Name, value, tags.ToArray())));
        var states = new ConcurrentQueue<object?>();
        listener.SetMeasurementEventCallback<int>((instrument, _, tags, _) =>
        {
            if (instrument.Name == "db.client.connection.count")
                states.Enqueue(tags.ToArray().Single(tag => tag.Key == "db.client.connection.state").Value);
        });
        listener.Start();
        await ExecuteAsync(isFailing: true);
        Assert.Contains("used", states);
        var (_, seconds, tags) = measured.First(one => one.Name == "db.client.operation.duration"
            && one.Tags.Any(tag => tag.Key == "error.type"));
        Assert.InRange(seconds, 0, 60);
        Assert.Contains(new KeyValuePair<string, object?>("db.operation.name", "SELECT"), tags);
        Assert.Contains(tags, tag => tag.Key == "db.response.status_code");
    }

    [Fact]
    public async Task Logs_name_nodes_and_never_values()
    {
        using var log = new Lines();
        await ExecuteAsync(isFailing: true, log);
        Assert.Contains(log.Written, line => line.Contains("Connected to", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Written, line => line.Contains($"{Secret}", StringComparison.Ordinal));
    }

    private static ActivityListener Listen(ConcurrentQueue<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "LiveChat.Cql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static async Task ExecuteAsync(bool isFailing, ILoggerFactory? log = null)
    {
        await using var cluster = new FakeCluster(1, (_, connection, header, _) => isFailing
            ? connection.ErrorAsync(header.Stream, "00002200 0000")
            : connection.IntAsync(header.Stream, 1));
        await using var session = await cluster.ConnectAsync(options =>
        {
            if (log is not null) options.LoggerFactory = log;
        });
        using var bound = (await session.PrepareAsync(Select)).Bind().Set(0, Secret);
        if (isFailing) await Assert.ThrowsAsync<CqlInvalidQueryException>(() => session.ExecuteAsync(bound).AsTask());
        else (await session.ExecuteAsync(bound)).Dispose();
    }

    /// <summary>Keeps what is logged, exceptions included.</summary>
    private sealed class Lines : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Written { get; } = new();

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            Written.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
