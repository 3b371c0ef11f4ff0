using LiveChat.Loads.Chats;
using LiveChat.Protocol.Frames;

namespace LiveChat.Loads.Sockets;

/// <summary>Opens sessions of users at a server. A session that the server does not take now is tried again when the
/// server says so, some times. Any thread.</summary>
/// <param name="server">The server's address.</param>
/// <param name="tokenOf">Makes a token for a user.</param>
/// <param name="time">The clock.</param>
internal sealed class LoadSessions(
    Uri server, Func<string, CancellationToken, ValueTask<string>> tokenOf, TimeProvider time)
{
    private const int BufferBytes = 4 * 1024;
    private const int TriesMax = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The server's address.</summary>
    public Uri Server => server;

    /// <summary>What the server told the last session of its limits; null before the first one.</summary>
    public ReadyLimits? Limits { get; private set; }

    /// <summary>The chats that were made over its sessions.</summary>
    public MadeChats Made { get; } = new();

    /// <summary>A token of a user.</summary>
    public ValueTask<string> TokenOfAsync(string user, CancellationToken cancellationToken) =>
        tokenOf(user, cancellationToken);

    /// <summary>Opens a session that is ready.</summary>
    /// <exception cref="LoadException">The server refused it.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">No server is there.</exception>
    public async Task<LightSocket> OpenAsync(string user, CancellationToken cancellationToken) =>
        await OpenWithAsync(await tokenOf(user, cancellationToken), cancellationToken);

    /// <summary>Opens a session of the user whose token it is.</summary>
    public async Task<LightSocket> OpenWithAsync(string token, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            LightSocket? socket = null;
            try
            {
                socket = await LightSocket.OpenAsync(server, BufferBytes, kernelBytes: null, cancellationToken);
                Limits = (await socket.ConnectAsync(new Connect { Token = token }, cancellationToken)).Limits;
                return socket;
            }
            catch (NotNowException refused) when (attempt < TriesMax)
            {
                socket?.Dispose();
                await Task.Delay(refused.After ?? Pause, time, cancellationToken);
            }
            catch (NotNowException refused)
            {
                socket?.Dispose();
                throw LoadException.NotTaken($"The server takes no session: {refused.Message}");
            }
            catch
            {
                socket?.Dispose();
                throw;
            }
        }
    }
}
