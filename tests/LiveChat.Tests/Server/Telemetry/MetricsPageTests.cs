using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using LiveChat.Cluster.Links;
using LiveChat.Core.Measuring;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Tidy;
using Xunit;

namespace LiveChat.Tests.Server.Telemetry;

/// <summary>An operator finds each number on a page, with its unit and its labels.</summary>
public sealed partial class MetricsPageTests
{
    private const string Page = "docs/ops/metrics.md";

    /// <summary>The client of Cassandra, which measures under its own name.</summary>
    private const string Cql = "LiveChat.Cql";

    /// <summary>A change of an instrument is a change of this page; <c>LIVECHAT_WRITE=1</c> writes it.</summary>
    [Fact]
    public async Task The_page_has_every_instrument_with_the_labels_that_a_server_exports()
    {
        var instruments = new ConcurrentBag<Instrument>();
        using var ofLinks = new Meter(nameof(MetricsPageTests)); // Under its own name other tests would miss a server.
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter == ofLinks || instrument.Meter.Name is MessageTraces.Name or Cql)
                    instruments.Add(instrument);
            },
        };
        listener.Start();
        var ofCassandra = Assembly.Load(Cql).GetType($"{Cql}.Diagnostics.CqlTelemetry", throwOnError: true)!;
        RuntimeHelpers.RunClassConstructor(ofCassandra.TypeHandle);
        new LinkCounters().Observe(ofLinks);
        var (server, address) = await TestServer.StartWithInternalAsync();
        await using var ending = server;
        using var ann = await server.ConnectAsync("ann");
        var chat = (await ann.AckAsync(new ChatCreate { ClientId = TestSocket.Key(), Direct = "bob" })).Chat;
        await ann.AckAsync(TestSocket.Message(chat, "hello"));

        var present = Repository.File(Page).Text;
        var page = MetricsTable.Update(present, instruments);
        if (Environment.GetEnvironmentVariable("LIVECHAT_WRITE") == "1")
            await File.WriteAllTextAsync(Path.Combine(Repository.Root, Page), page);
        else
            Assert.Equal(page, present);

        var labels = MetricsTable.Labels(page);
        var series = await SeriesAsync(address);
        Assert.True(series.Count > 30, "The server exports too little.");
        Assert.All(series, one => Assert.Equal(labels[one.Key].Order(), one.Value.Order()));

        // Each label says what it may be.
        var bounded = BoundedLabel().Matches(page).Select(static row => row.Groups[1].Value).ToHashSet();
        Assert.All(labels.Values.SelectMany(static all => all), label => Assert.Contains(label, bounded));
    }

    /// <summary>Our metrics, and the labels that series of each have, without those of the format.</summary>
    private static async Task<Dictionary<string, string[]>> SeriesAsync(Uri address)
    {
        using var http = new HttpClient();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        string text;
        do text = await http.GetStringAsync(new Uri(address, "/metrics"), limit.Token);
        while (!text.Contains("livechat_log_lag_age_seconds{", StringComparison.Ordinal)
            || !text.Contains("livechat_events_delivery_duration_seconds_count", StringComparison.Ordinal));
        return Series().Matches(text)
            .GroupBy(static one => Suffix().Replace(one.Groups["name"].Value, ""))
            .ToDictionary(
                static series => series.Key,
                static series => series
                    .SelectMany(static one => LabelName().Matches(one.Groups["labels"].Value))
                    .Select(static label => label.Groups[1].Value)
                    .Where(static label => label != "le" && !label.StartsWith("otel_", StringComparison.Ordinal))
                    .Distinct()
                    .ToArray());
    }

    [GeneratedRegex(@"^(?<name>livechat_\w+)(?:\{(?<labels>[^}]*)\})? ", RegexOptions.Multiline)]
    private static partial Regex Series();

    [GeneratedRegex("(?<=_duration_seconds)_(?:bucket|sum|count)$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"(\w+)=""")]
    private static partial Regex LabelName();

    [GeneratedRegex(@"^\| `([\w.]+)` \| (?!counter|gauge|histogram)", RegexOptions.Multiline)]
    private static partial Regex BoundedLabel();
}
