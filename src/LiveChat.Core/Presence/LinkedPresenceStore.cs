using System.Collections.Concurrent;
using LiveChat.Core.Links;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Presence;

/// <summary>
/// Presence of a few nodes, by their links: each gateway says who is online by its sessions, the whole when a call
/// begins and then every change, and knows by node what the others said. A user is online by any of them. What a node
/// said ends by its time, when that node says so, or when the whole of its next call does not name it: so the users of
/// a node that is gone are offline 60 s after their last signs. Any thread. The lock keeps what is said in step on all
/// calls; frames are written under it, which never waits.
/// </summary>
internal sealed class LinkedPresenceStore : IPresenceStore, ITimed
{
    private const int UsersPerFrame = 5_000;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly PresenceEntries _own;
    private readonly ConcurrentDictionary<string, Said> _others = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<object, (ulong Number, Action<LinkFrame> Write)> _calls = [];
    private ulong _lastCall;
    private volatile Action<UserId> _changed = static _ => { };

    public LinkedPresenceStore(TimingWheel wheel, TimeProvider time)
    {
        (_time, _own) = (time, new PresenceEntries(time));
        wheel.Add(this, LookEvery);
    }

    public void Listen(Action<UserId> changed) => _changed = changed;

    public void Watch(IReadOnlyList<UserId> begun, IReadOnlyList<UserId> ended)
    {
        // Everybody is told of.
    }

    public ValueTask<bool> RefreshAsync(IReadOnlyList<PresenceBeat> beats, CancellationToken cancellationToken)
    {
        List<UserId> came;
        lock (_lock)
        {
            came = _own.Refresh(beats);
            Say(new Signal.Types.Presence { Beats = { beats.Select(BeatOf) } });
        }

        Tell(came);
        return ValueTask.FromResult(true);
    }

    public ValueTask DropAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _own.Drop(users);
            Say(new Signal.Types.Presence { Gone = { users.Select(static user => user.Value) } });
        }

        Tell(users);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<bool>> ReadAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(users.Count, PresenceLimits.UsersMax);
        return ValueTask.FromResult<IReadOnlyList<bool>>([.. users.Select(IsOnline)]);
    }

    public ValueTask AnnounceAsync(UserId user, CancellationToken cancellationToken)
    {
        lock (_lock) Say(new Signal.Types.Presence { Announced = { user.Value } });
        Tell([user]);
        return ValueTask.CompletedTask;
    }

    /// <summary>A call to another gateway begins: it is told the whole, and from then on each change.</summary>
    public void Begin(object call, Action<LinkFrame> write)
    {
        lock (_lock)
        {
            _calls[call] = (++_lastCall, write);
            var beats = _own.Snapshot();
            for (var at = 0; at == 0 || at < beats.Length; at += UsersPerFrame)
            {
                var presence = new Signal.Types.Presence
                {
                    Call = _lastCall,
                    Whole = at == 0,
                    More = at + UsersPerFrame < beats.Length,
                };
                presence.Beats.AddRange(beats.Skip(at).Take(UsersPerFrame).Select(BeatOf));
                write(new LinkFrame { Signal = new Signal { Presence = presence } });
            }
        }
    }

    public void End(object call)
    {
        lock (_lock) _calls.Remove(call);
    }

    /// <summary>Takes what another gateway says. The frames of one call come one after the other.</summary>
    /// <exception cref="InvalidDataException">The frame is damaged.</exception>
    public void Take(LinkHello from, Signal.Types.Presence presence)
    {
        var said = _others.GetOrAdd(from.Node, static _ => new Said());
        lock (said)
            if (said.Take(from.Incarnation, presence, _time) is { } changed)
                Tell(changed);
    }

    public TimeSpan? OnDue()
    {
        Tell(_own.Expire());
        foreach (var (_, said) in _others)
            if (said.Entries is { } entries) Tell(entries.Expire());
        return LookEvery;
    }

    private bool IsOnline(UserId user)
    {
        if (_own.Has(user)) return true;
        foreach (var (_, said) in _others)
            if (said.Entries?.Has(user) is true) return true;
        return false;
    }

    private void Say(Signal.Types.Presence change)
    {
        foreach (var (number, write) in _calls.Values)
        {
            var presence = change.Clone();
            presence.Call = number;
            write(new LinkFrame { Signal = new Signal { Presence = presence } });
        }
    }

    private void Tell(IReadOnlyList<UserId> users)
    {
        foreach (var user in users) _changed(user);
    }

    private static Signal.Types.Beat BeatOf(PresenceBeat beat) => new()
    {
        User = beat.User.Value, LeftMs = (uint)Math.Max(0, beat.Left.TotalMilliseconds),
    };

    /// <summary>What one node said. Frames under its own lock; entries are read by any thread.</summary>
    private sealed class Said
    {
        private ulong _incarnation;
        private ulong _call;
        private PresenceEntries? _next;
        private PresenceEntries? _entries;

        /// <summary>Null before the whole of its first call. Any thread.</summary>
        public PresenceEntries? Entries => Volatile.Read(ref _entries);

        /// <summary>Who may have changed; null for a frame of a call that another one has followed.</summary>
        public IReadOnlyList<UserId>? Take(ulong incarnation, Signal.Types.Presence presence, TimeProvider time)
        {
            var isNewer = incarnation != _incarnation || presence.Call > _call;
            if (presence.Whole && isNewer)
                (_incarnation, _call, _next) = (incarnation, presence.Call, new PresenceEntries(time));
            if (incarnation != _incarnation || presence.Call != _call) return null;
            var beats = presence.Beats.Select(static beat =>
                new PresenceBeat(LinkUsers.Of(beat.User), TimeSpan.FromMilliseconds(beat.LeftMs)));
            if (_next is { } next) return TakeWhole(next, beats, presence.More);
            if (Entries is not { } entries) return null;
            UserId[] gone = [.. presence.Gone.Select(LinkUsers.Of)];
            var came = entries.Refresh(beats);
            entries.Drop(gone);
            return [.. came, .. gone, .. presence.Announced.Select(LinkUsers.Of)];
        }

        /// <summary>Whom the whole does not name any more is gone.</summary>
        private IReadOnlyList<UserId> TakeWhole(PresenceEntries next, IEnumerable<PresenceBeat> beats, bool more)
        {
            next.Refresh(beats);
            if (more) return [];
            var former = Entries?.Snapshot() ?? [];
            Volatile.Write(ref _entries, next);
            _next = null;
            return [.. former.Concat(next.Snapshot()).Select(static beat => beat.User).Distinct()];
        }
    }
}
