using System.Diagnostics.Metrics;
using LiveChat.Core.Nodes;

namespace LiveChat.Server.Gateway;

/// <summary>By which transport the sessions of a node come. Read from any thread.</summary>
internal static class TransportMetrics
{
    private const string Label = "transport";

    public static void Observe(Meter meter, Node node, HttpSessions sessions) => meter.CreateObservableGauge(
        "livechat.sessions.by_transport",
        () => Measure(node, sessions),
        "{session}",
        "Devices that are connected and signed in, by how they are connected.");

    private static IEnumerable<Measurement<int>> Measure(Node node, HttpSessions sessions)
    {
        var (streams, polls) = sessions.Count();
        return
        [
            new Measurement<int>(Math.Max(0, node.Sessions - streams - polls), Of("websocket")),
            new Measurement<int>(streams, Of("events")),
            new Measurement<int>(polls, Of("poll")),
        ];
    }

    private static KeyValuePair<string, object?> Of(string transport) => new(Label, transport);
}
