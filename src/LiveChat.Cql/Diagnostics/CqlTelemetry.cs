using System.Collections.Frozen;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using LiveChat.Cql.Cluster;
using LiveChat.Cql.Connections;
using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Diagnostics;

/// <summary>
/// What can be observed, under the name <c>LiveChat.Cql</c> and by OpenTelemetry's conventions for database clients.
/// The only place that knows the names. Statement texts and values are in none of it.
/// </summary>
internal static class CqlTelemetry
{
    public const string Name = "LiveChat.Cql";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    /// <summary><c>local_quorum</c>.</summary>
    private static readonly FrozenDictionary<Consistency, string> Levels = Enum.GetValues<Consistency>()
        .ToFrozenDictionary(level => level, level => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{level}"));

    private static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "db.client.operation.duration", "s", "Time of one statement, retries included.", null,
        new InstrumentAdvice<double>
        {
            HistogramBucketBoundaries =
                [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        });

    private static readonly Histogram<int> ReturnedRows =
        Meter.CreateHistogram<int>("db.client.response.returned_rows", "{row}", "Rows of one page.");

    private static readonly UpDownCounter<int> Connections =
        Meter.CreateUpDownCounter<int>("db.client.connection.count", "{connection}", "Open connections.");

    private static readonly Counter<long> Retries =
        Meter.CreateCounter<long>("livechat.cql.retries", "{attempt}", "Attempts on another node after a failed one.");

    private static readonly Counter<long> Speculations = Meter.CreateCounter<long>(
        "livechat.cql.speculations", "{attempt}", "Attempts on another node because the first took long.");

    private static readonly Counter<long> ConnectionsLost = Meter.CreateCounter<long>(
        "livechat.cql.connections_lost", "{connection}", "Connections that ended other than by being closed.");

    public static bool IsObserved => Source.HasListeners() || Duration.Enabled || ReturnedRows.Enabled;

    public static Activity? Start(Statement statement, CqlOptions options)
    {
        if (!Source.HasListeners()) return null;
        var traits = statement.Traits;
        var name = traits.Table is null ? traits.Operation : $"{traits.Operation} {traits.Table}";
        var activity = Source.StartActivity(name, ActivityKind.Client);
        if (activity is not { IsAllDataRequested: true }) return activity;
        activity.SetTag("db.system.name", "cassandra");
        activity.SetTag("db.operation.name", traits.Operation);
        activity.SetTag("db.collection.name", traits.Table);
        activity.SetTag("db.namespace", statement.Keyspace ?? options.Keyspace);
        if (statement is BatchStatement { Count: > 1 } batch) activity.SetTag("db.operation.batch.size", batch.Count);
        var level = statement.Consistency ?? options.Consistency;
        activity.SetTag("cassandra.consistency.level", Levels.GetValueOrDefault(level) ?? $"{level}");
        return activity;
    }

    public static void Finish(
        Activity? activity, StatementTraits traits, double seconds, RowSet? rows, Exception? error)
    {
        var code = CodeOf(error);
        var tags = new TagList
        {
            { "db.system.name", "cassandra" }, { "db.operation.name", traits.Operation },
            { "db.collection.name", traits.Table },
        };
        if (error is not null) tags.Add("error.type", TypeOf(error));
        if (code is not null) tags.Add("db.response.status_code", code);
        Duration.Record(seconds, tags);
        if (rows is { Columns.Count: > 0 }) ReturnedRows.Record(rows.Count, tags);
        if (activity is null) return;
        if (rows is not null) activity.SetTag("db.response.returned_rows", rows.Count);
        if (error is not null)
        {
            activity.SetTag("error.type", TypeOf(error));
            activity.SetTag("db.response.status_code", code);
            activity.SetStatus(ActivityStatusCode.Error);
        }

        activity.Dispose();
    }

    /// <summary>Names the node that is asked now on the current activity, if that is one of ours.</summary>
    public static void SetNode(Node node)
    {
        if (Activity.Current is not { IsAllDataRequested: true } activity || activity.Source != Source) return;
        activity.SetTag("server.address", NodeAddress.HostOf(node.EndPoint));
        activity.SetTag("server.port", NodeAddress.PortOf(node.EndPoint));
        activity.SetTag("cassandra.coordinator.id", node.Id.ToString());
        activity.SetTag("cassandra.coordinator.dc", node.DataCenter);
    }

    /// <summary>Every connection is "used" as long as it stands: none is lent to one request, or idle.</summary>
    public static void CountConnection(int change, EndPoint node) =>
        Connections.Add(change, new TagList
        {
            { "db.client.connection.pool.name", NodeAddress.TextOf(node) }, { "db.client.connection.state", "used" },
        });

    public static void CountLost() => ConnectionsLost.Add(1);

    public static void CountRetry(Exception cause) =>
        Retries.Add(1, new TagList { { "error.type", TypeOf(cause) } });

    public static void CountSpeculation() => Speculations.Add(1);

    private static string TypeOf(Exception error) => Cause(error).GetType().FullName!; // no type parameter, no array

    private static string? CodeOf(Exception? error) => error is not null && Cause(error) is CqlServerException server
        ? server.Code.ToString(CultureInfo.InvariantCulture)
        : null;

    /// <summary>What happened, of an exception that says what it means for a conditional statement.</summary>
    private static Exception Cause(Exception error) =>
        error is CqlUnknownOutcomeException { InnerException: { } cause } ? cause : error;
}
