using LiveChat.Core.Links;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>
/// Tells every owner which users have sessions on this gateway: all when a call begins, then each change, before a
/// barrier that is taken afterwards. Any thread; the lock keeps what was told in step on all calls, and only writes
/// that never wait happen under it.
/// </summary>
internal sealed class OnlineUsers(SessionDirectory directory)
{
    private const int UsersPerFrame = 10_000;

    private readonly Lock _lock = new();
    private readonly HashSet<UserId> _told = [];
    private readonly List<OwnerCall> _calls = [];

    /// <summary>Tells a new call all of them; each barrier behind it covers them.</summary>
    public void Begin(OwnerCall call)
    {
        lock (_lock)
        {
            _calls.Add(call);
            call.Write(new LinkFrame { Online = new Online { Whole = true } });
            foreach (var users in _told.Select(static user => user.Value).Chunk(UsersPerFrame))
                call.Write(new LinkFrame { Online = new Online { Came = { users } } });
        }
    }

    public void End(OwnerCall call)
    {
        lock (_lock) _calls.Remove(call);
    }

    /// <summary>Looks whether the user has sessions now.</summary>
    public void Look(UserId user)
    {
        lock (_lock)
        {
            var isOnline = !directory.Of(user).IsEmpty;
            if (!(isOnline ? _told.Add(user) : _told.Remove(user)) || _calls.Count == 0) return;
            var online = isOnline ? new Online { Came = { user.Value } } : new Online { Went = { user.Value } };
            var frame = new LinkFrame { Online = online };
            foreach (var call in _calls) call.Write(frame);
        }
    }
}
