using System.Globalization;
using LiveChat.Client;

namespace LiveChat.Cli.Text;

/// <summary>The state of the connection, and what the server cannot do now, in a few words.</summary>
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

    /// <summary>As in <c>The disk is full. Trying again in 2 s.</c></summary>
    public static string Of(CommandRetry retry) => string.Create(
        CultureInfo.InvariantCulture, $"{Sentence.End(retry.Reason)} Trying again in {Seconds(retry.Delay)} s.");

    private static double Seconds(TimeSpan delay) => Math.Ceiling(delay.TotalSeconds);
}
