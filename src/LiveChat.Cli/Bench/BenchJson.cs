using System.Globalization;
using System.Text.Json.Nodes;
using LiveChat.Loads.Measuring;
using LiveChat.Loads.Scenarios;

namespace LiveChat.Cli.Bench;

/// <summary>A result as programs read it: one object.</summary>
internal static class BenchJson
{
    public static string Of(BenchResult result, IReadOnlyList<Verdict> verdicts, bool isInterrupted) => new JsonObject
    {
        ["scenario"] = result.Scenario,
        ["load"] = result.Load,
        ["server"] = result.Server.GetLeftPart(UriPartial.Authority),
        ["run"] = result.Run,
        ["began_at"] = result.BeganAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["loop"] = result.Plan.PerSecond is null ? "closed" : "open",
        ["wanted_per_second"] = result.Plan.PerSecond,
        ["warm_up_seconds"] = result.Plan.WarmUp.TotalSeconds,
        ["measured_seconds"] = result.Measured.TotalSeconds,
        ["unit"] = result.Unit,
        ["count"] = result.Count,
        ["per_second"] = result.PerSecond,
        ["latency_ms"] = Of(result.Latency),
        ["faults"] = new JsonObject(BenchText.Named(result.Faults).Select(
            static fault => KeyValuePair.Create(fault.Name, (JsonNode?)fault.Count))),
        ["given_up"] = result.GivenUp,
        ["thresholds"] = new JsonArray(
        [
            .. verdicts.Select(static verdict => (JsonNode)new JsonObject
            {
                ["option"] = verdict.Threshold.Option,
                ["limit"] = verdict.Limit,
                ["value"] = verdict.Value,
                ["met"] = verdict.IsMet,
            }),
        ]),
        ["seconds"] = new JsonArray([.. result.Seconds.Select(static second => (JsonNode)Of(second))]),
        ["interrupted"] = isInterrupted,
        ["ended_by"] = result.Failure?.Message,
    }.ToJsonString();

    private static JsonObject Of(BenchSecond second) => new()
    {
        ["at"] = Math.Round(second.At, 3),
        ["phase"] = second.Phase,
        ["measured"] = second.IsMeasured,
        ["per_second"] = second.PerSecond,
        ["latency_ms"] = Of(second.Latency),
        ["in_flight"] = second.InFlight,
        ["waiting"] = second.Waiting,
    };

    private static JsonObject Of(LatencyFigures latency) => new()
    {
        ["count"] = latency.Count,
        ["mean"] = latency.Mean,
        ["p50"] = latency.P50,
        ["p90"] = latency.P90,
        ["p99"] = latency.P99,
        ["p99_9"] = latency.P999,
        ["max"] = latency.Max,
    };
}
