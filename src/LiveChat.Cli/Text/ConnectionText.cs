using System.Globalization;
using LiveChat.Client;

namespace LiveChat.Cli.Text;

/// <summary>The state of the connection in a few words.</summary>
internal static class ConnectionText
{
    public static string Of(ConnectionChange change) => change.State switch
    {
        ClientState.Connecting => "connecting…",
        ClientState.Connected => "connected",
        ClientState.Reconnecting => string.Create(
            CultureInfo.InvariantCulture,
            $"not connected ({Sentence.Inside(change.Reason ?? "")}), again in {Seconds(change.Delay)} s"),
        ClientState.Stopped => $"stopped: {change.Reason}",
        _ => "disconnected",
    };

    private static double Seconds(TimeSpan delay) => Math.Ceiling(delay.TotalSeconds);
}
