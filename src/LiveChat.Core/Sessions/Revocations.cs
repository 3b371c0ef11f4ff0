using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Core.Links;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>
/// Takes back what a session, a device or a user may do: first durably, so that the tokens issued before are refused
/// for ever, then the sockets are closed (<see cref="CloseCode.SessionRevoked"/>, or
/// <see cref="CloseCode.Forbidden"/> of a disabled user), and nobody is online by them any more. A session that comes
/// in between is found by the check that follows its registration. Any thread.
/// </summary>
/// <param name="users">Keeps what was taken back.</param>
/// <param name="directory">The sessions of this node.</param>
/// <param name="shown">Ends what is shown of a user.</param>
/// <param name="table">Tells other nodes; null when there are none.</param>
/// <param name="random">Names the rows of the table; null without one.</param>
/// <param name="others">Asks the other gateways for the sessions of a user, and to end one; null of one that does not
/// answer.</param>
/// <param name="time">The clock.</param>
internal sealed class Revocations(
    IIdentityStore users,
    SessionDirectory directory,
    Shown shown,
    IRevocationTable? table,
    Random? random,
    Func<UserId, string, CancellationToken, Task<IReadOnlyList<SessionsTold?>>> others,
    TimeProvider time)
{
    private const string Silent = "A node does not answer.";

    private readonly Lock _lock = new();

    /// <summary>The user's sessions on all nodes, by id and device, the oldest first; a problem while a node that may
    /// have some does not answer.</summary>
    public async ValueTask<(IReadOnlyList<(string Id, string Device)>? Sessions, Problem? Problem)> SessionsOfAsync(
        UserId user, CancellationToken cancellationToken)
    {
        var told = await others(user, "", cancellationToken);
        if (told.Contains(null)) return (null, Problems.Of(ErrorCode.Unavailable, Silent));
        var here = Here(user).Select(static session => (session.Id, session.Device));
        var there = told.SelectMany(static one => one!.Sessions).Select(static one => (one.Id, one.Device));
        return ([.. here.Concat(there).OrderBy(static one => (one.Id.Length, one.Id))], null);
    }

    /// <summary>Closes one session, whichever node it is on, and voids its token and all older ones for its device; a
    /// problem when the user has no such session, or a node that may have it does not answer.</summary>
    public async ValueTask<Problem?> RevokeSessionAsync(
        UserId user, string session, CancellationToken cancellationToken)
    {
        if (await TryRevokeHereAsync(user, session, cancellationToken)) return null;
        var told = await others(user, session, cancellationToken);
        if (told.Any(static one => one is { Revoked: true })) return null;
        return told.Any(static one => one is null or { Failed: true })
            ? Problems.Of(ErrorCode.Unavailable, Silent)
            : Problems.Of(ErrorCode.NotFound);
    }

    /// <summary>What another gateway is told of the user's sessions on this node, one of which may be to end.</summary>
    public async Task<SessionsTold> TellSessionsAsync(
        UserId user, string revoke, CancellationToken cancellationToken)
    {
        var told = new SessionsTold();
        try
        {
            told.Revoked = revoke.Length > 0 && await TryRevokeHereAsync(user, revoke, cancellationToken);
        }
        catch (HistoryUnavailableException)
        {
            told.Failed = true;
        }

        foreach (var session in Here(user))
            told.Sessions.Add(new SessionsTold.Types.Session { Id = session.Id, Device = session.Device });
        return told;
    }

    /// <summary>Closes the sessions of the device and voids the tokens that were issued for it up to now.</summary>
    public ValueTask RevokeDeviceAsync(UserId user, string device, CancellationToken cancellationToken) =>
        RevokeDeviceAsync(user, device, FromNow(), cancellationToken);

    /// <summary>Closes all sessions of the user and voids all tokens issued up to now.</summary>
    public async ValueTask RevokeUserAsync(UserId user, CancellationToken cancellationToken)
    {
        var before = FromNow();
        var change = new UserChange { RevokedBeforeMs = before };
        await users.ChangeUserAsync(user, change, Now(), cancellationToken);
        Close(user, session => session.IssuedAtMs < before, CloseCode.SessionRevoked);
        await TellAsync(user, null, before, cancellationToken);
    }

    /// <summary>Changes the user; whoever is disabled by it loses all sessions. Null when the custom data would be too
    /// long.</summary>
    public async ValueTask<UserRow?> ChangeUserAsync(
        UserId user, UserChange change, CancellationToken cancellationToken)
    {
        var row = await users.ChangeUserAsync(user, change, Now(), cancellationToken);
        if (row is { IsDisabled: true })
        {
            Close(user, static _ => true, CloseCode.Forbidden);
            if (change.IsDisabled is true) await TellAsync(user, null, long.MaxValue, cancellationToken);
        }

        return row;
    }

    /// <summary>Another node took something back: closes the sessions of this one. Of a disabled user the store
    /// decides, since the user may be enabled again.</summary>
    public async ValueTask ApplyAsync(Revocation revocation, CancellationToken cancellationToken)
    {
        var user = revocation.User;
        if (!revocation.IsDisabled)
            Close(user, session => IsMeant(session, revocation), CloseCode.SessionRevoked);
        else
            foreach (var session in Here(user).OfType<Session>())
                await session.CheckAccessAsync(cancellationToken);
    }

    private static bool IsMeant(ConnectedDevice session, Revocation revocation) =>
        (revocation.Device is null || session.Device == revocation.Device)
        && session.IssuedAtMs < revocation.BeforeMs;

    /// <summary>Writes the row that every other node reads within seconds.</summary>
    /// <exception cref="HistoryUnavailableException">The table is away: the caller asks again.</exception>
    private async ValueTask TellAsync(
        UserId user, string? device, long before, CancellationToken cancellationToken)
    {
        if (table is null || random is null) return;
        var name = new byte[16];
        lock (_lock) random.NextBytes(name);
        try
        {
            await table.WriteAsync(new Revocation(Now(), new Guid(name), user, device, before), cancellationToken);
        }
        catch (NodeRegistryException away)
        {
            throw new HistoryUnavailableException("Other nodes cannot be told: " + away.Message);
        }
    }

    private async ValueTask RevokeDeviceAsync(
        UserId user, string device, long before, CancellationToken cancellationToken)
    {
        await users.RevokeDeviceAsync(user, device, before, cancellationToken);
        Close(user, session => session.Device == device && session.IssuedAtMs < before, CloseCode.SessionRevoked);
        await TellAsync(user, device, before, cancellationToken);
    }

    /// <summary>The user's sessions on this node, the oldest first.</summary>
    private ConnectedDevice[] Here(UserId user) => [.. directory.Of(user)];

    private async ValueTask<bool> TryRevokeHereAsync(
        UserId user, string session, CancellationToken cancellationToken)
    {
        if (Array.Find(Here(user), one => one.Id == session) is not { } found) return false;
        await RevokeDeviceAsync(user, found.Device, found.IssuedAtMs + 1, cancellationToken);

        // It may have another token by now.
        found.Outbox.Close(CloseCode.SessionRevoked);
        return true;
    }

    private void Close(UserId user, Func<ConnectedDevice, bool> which, CloseCode code)
    {
        foreach (var session in directory.Of(user))
            if (which(session))
                session.Outbox.Close(code);
        shown.End(user);
    }

    /// <summary>Tokens say the second in which they were issued: those of this one are void, too.</summary>
    private long FromNow() => Now() + 1;

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
