using System.Diagnostics.Metrics;
using LiveChat.Core.Nodes;

namespace LiveChat.Server.Hosting;

/// <summary>Which build runs, and since when.</summary>
internal static class NodeMark
{
    public static void Observe(Meter meter, TimeProvider time)
    {
        var startedAt = time.GetUtcNow().ToUnixTimeMilliseconds() / 1000d;
        meter.CreateObservableGauge(
            "livechat.node.start_time", () => startedAt, "s", "When this run began, in seconds since 1970.");
        meter.CreateObservableGauge(
            "livechat.node.info",
            static () => new Measurement<int>(1, new KeyValuePair<string, object?>("version", BuildMark.Version)),
            description: "1; the version is a label.");
    }
}
