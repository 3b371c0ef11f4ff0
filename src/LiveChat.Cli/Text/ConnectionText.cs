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
            $"not connected ({change.Reason}), again in {change.Delay.TotalSeconds:0.0} s"),
        ClientState.Stopped => $"stopped: {change.Reason}",
        _ => "disconnected",
    };
}
