using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;

namespace LiveChat.Bench.Sockets;

/// <summary>Sessions over each transport.</summary>
internal static class LightLines
{
    public const string WebSocket = "websocket";
    public const string Events = "events";
    public const string Poll = "poll";

    public static IReadOnlyList<string> All { get; } = [WebSocket, Events, Poll];

    /// <summary>Opens a session that is ready.</summary>
    /// <exception cref="FormatException">There is no such transport.</exception>
    public static async Task<ILightLine> OpenAsync(
        string transport, Uri server, int bufferBytes, Connect connect, CancellationToken cancellationToken)
    {
        if (transport is Events or Poll)
            return await LightRequests.OpenAsync(
                server, transport == Events, bufferBytes, connect, cancellationToken);
        if (transport != WebSocket) throw new FormatException($"{transport} is no transport.");
        var socket = await LightSocket.OpenAsync(server, bufferBytes, kernelBytes: null, cancellationToken);
        await socket.ConnectAsync(connect, cancellationToken);
        return socket;
    }
}
