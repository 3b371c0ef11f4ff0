using LiveChat.Core.Outboxes;
using LiveChat.Protocol;

namespace LiveChat.Core.Sessions;

/// <summary>
/// Which sessions go when a user has too many. First those that the new session's own device left behind, the oldest
/// first: they are told to stop, since that device has a new one. Then the ones that have been silent longest: they may
/// come back later, so that a device that answers is never locked out by others that do not. Devices without a name are
/// not the same one.
/// </summary>
internal static class SessionLimit
{
    /// <param name="sessions">All sessions of the user on this node, the oldest first.</param>
    /// <param name="added">The one that just came; it stays.</param>
    /// <param name="options">How many may stay.</param>
    public static void Enforce(ReadOnlySpan<ConnectedDevice> sessions, ConnectedDevice added, SessionOptions options)
    {
        if (sessions.Length <= options.DevicesMax) return;

        // Those that are closed already stand in the directory until their connections have gone.
        ConnectedDevice[] open = [.. sessions];
        open = Array.FindAll(open, session => session != added && session.Outbox.Closed is null);
        var excess = open.Length + 1 - options.DevicesMax;
        if (excess <= 0) return;
        foreach (var session in open.OrderBy(session => !IsSameDevice(session, added))
            .ThenBy(session => IsSameDevice(session, added) ? 0 : session.HeardAt)
            .Take(excess))
        {
            session.Outbox.Close(
                IsSameDevice(session, added) ? CloseCode.ConnectionLimit : CloseCode.Displaced);
        }
    }

    private static bool IsSameDevice(ConnectedDevice session, ConnectedDevice added) =>
        session.Device == added.Device && session.Device != SignIn.UnnamedDevice;
}
