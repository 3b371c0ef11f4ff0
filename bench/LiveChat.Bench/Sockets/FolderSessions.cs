using LiveChat.Loads.Sockets;
using LiveChat.Server;

namespace LiveChat.Bench.Sockets;

/// <summary>Sessions at a server whose data folder is here: its secret signs the users' tokens.</summary>
internal static class FolderSessions
{
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(12);

    /// <param name="endpoint">The server.</param>
    /// <param name="data">The folder with its secret.</param>
    public static LoadSessions At(Uri endpoint, string data) => new(
        endpoint,
        (user, _) => ValueTask.FromResult(LiveChatServer.MintToken(data, user, TokenLifetime)),
        TimeProvider.System);
}
