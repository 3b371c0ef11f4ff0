using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;

namespace LiveChat.Core.Peers;

/// <summary>
/// Where this gateway is in each partition: its own position is what counts, whoever owns the partition. An owner that
/// begins to claim one is told the position, and hands over what came in between; until then its frames are shown but
/// move nothing. A claim ends with its call, so a frozen owner that wakes moves nothing either. This node's own loops
/// are owners as all others, whose marks are looked at instead of being sent. Any thread; the lock keeps positions and
/// claims in step.
/// </summary>
internal sealed class GatewayPositions
{
    private readonly Lock _lock = new();
    private readonly PartitionPlace[] _places;
    private readonly Func<int, PartitionMark?> _markOf;
    private readonly Func<int, IReadOnlyList<ulong>> _pendingOf;
    private readonly Action<PositionAsk> _askLocally;
    private ulong _asks;

    /// <param name="partitions">How many there are.</param>
    /// <param name="markOf">How far this node's own loop of a partition is; null when it has none.</param>
    /// <param name="pendingOf">The commands of a partition that have no answer.</param>
    /// <param name="askLocally">Asks this node's own owner.</param>
    public GatewayPositions(
        int partitions,
        Func<int, PartitionMark?> markOf,
        Func<int, IReadOnlyList<ulong>> pendingOf,
        Action<PositionAsk> askLocally)
    {
        (_markOf, _pendingOf, _askLocally) = (markOf, pendingOf, askLocally);
        _places = [.. Enumerable.Range(0, partitions).Select(static _ => new PartitionPlace())];
    }

    /// <summary>Whether there is a position for every partition that is claimed.</summary>
    public bool IsReady
    {
        get
        {
            LookAtOwn();
            lock (_lock) return Array.TrueForAll(_places, static place => place.IsKnown || place.Claims.Count == 0);
        }
    }

    /// <summary>The log's time up to which a partition was handed to this node's sessions, Unix milliseconds, which
    /// never falls; 0 for one that has not begun. It may be above this node's clock.</summary>
    public long TimeOf(int partition)
    {
        var place = LookAtOwn(partition);
        if (Volatile.Read(ref place.LiveLocal) is { } own) place.TimeMs.Raise(own.HandedTimeMs);
        return place.TimeMs.Value;
    }

    /// <summary>The position; null while there is none.</summary>
    public Position? PositionOf(int partition)
    {
        var place = LookAtOwn(partition);
        lock (_lock)
        {
            TakeOwn(place);
            return place.IsKnown ? place.At : null;
        }
    }

    /// <summary>The position that covers all that was handed to this node's sessions of a partition; null while an
    /// owner that claims it may have handed over more, and while nobody claims it.</summary>
    public Position? HandedOf(int partition)
    {
        var place = LookAtOwn(partition);
        lock (_lock)
        {
            TakeOwn(place);
            return place.IsKnown && place.Claims.Count > 0 && place.Claims.TrueForAll(static claim => claim.IsLive)
                ? place.At
                : null;
        }
    }

    /// <summary>By partition, the calls on which it is claimed; this object stands for this node's own loop.</summary>
    public IReadOnlyDictionary<int, IReadOnlyList<object>> Claimants()
    {
        LookAtOwn();
        var claims = new Dictionary<int, IReadOnlyList<object>>(_places.Length);
        lock (_lock)
            for (var partition = 0; partition < _places.Length; partition++)
                claims.Add(partition, [.. _places[partition].Claims.Select(static claim => claim.Source)]);
        return claims;
    }

    /// <summary>The call on which the partition was claimed last, this object for this node's own loop; null while it
    /// is not claimed.</summary>
    public object? OwnerOf(int partition)
    {
        var place = LookAtOwn(partition);
        lock (_lock) return place.Claims is [.., var last] ? last.Source : null;
    }

    /// <summary>What an owner claims on a call, whole; gives what is to be asked of it.</summary>
    public PositionsAsk Claimed(object call, Claims claims)
    {
        var asked = new PositionsAsk();
        var loops = new Dictionary<int, ulong>();
        foreach (var claim in claims.Items)
            if (claim.Partition < _places.Length) loops[(int)claim.Partition] = claim.Loop;
        lock (_lock)
            for (var partition = 0; partition < _places.Length; partition++)
            {
                var place = _places[partition];
                var former = place.Claims.Find(claim => claim.Source == call);
                var isClaimed = loops.TryGetValue(partition, out var loop);
                if (former is not null && isClaimed && former.Loop == loop) continue;
                if (former is not null) place.Drop(claim => claim == former);
                if (isClaimed) asked.Items.Add(Begin(partition, new PartitionClaim(call, loop, null)));
            }

        return asked;
    }

    /// <summary>How far an owner is.</summary>
    public void Take(object call, Progress progress)
    {
        lock (_lock)
            foreach (var item in progress.Partitions)
            {
                if (Find(call, item.Partition, item.Loop) is not { } claim) continue;
                claim.Note(new Position(item.Handed), item.HandedTimeMs);
                if (claim.IsLive) _places[item.Partition].Move(claim.Handed, claim.HandedTimeMs);
            }
    }

    /// <summary>A part of a catch-up; gives its claim once it is whole, null when there is more, or when nobody waits
    /// for it.</summary>
    public PartitionClaim? Take(object call, CaughtUp part)
    {
        lock (_lock)
        {
            if (part.Ask == 0
                || Find(call, part.Partition, part.Loop) is not { } claim
                || claim.Ask != part.Ask) return null;
            foreach (var removal in part.Removed)
                claim.Removed.Add((new(removal.Chat), LinkUsers.Of(removal.User)));
            if (part.More) return null;
            claim.Ask = 0;
            return claim;
        }
    }

    /// <summary>Whether sessions may lack something in a partition of which nobody can name what came: there is a
    /// position, and it is too far back, or an owner was lost before there was one.</summary>
    public bool MayLack(int partition)
    {
        lock (_lock) return _places[partition] is { IsKnown: true } or { HasLostOwner: true };
    }

    /// <summary>Everything up to the end is covered: from here on the owner's positions count.</summary>
    public void Finish(int partition, PartitionClaim claim, Position end)
    {
        lock (_lock)
        {
            var place = _places[partition];
            if (!place.Claims.Contains(claim)) return;
            claim.IsLive = true;
            if (!place.IsKnown) place.Begin(end);
            place.Move(end > claim.Handed ? end : claim.Handed, claim.HandedTimeMs);
            if (claim.Mark is not null) Volatile.Write(ref place.LiveLocal, claim.Mark);
        }
    }

    /// <summary>The owner's answer to a barrier.</summary>
    public void Take(object call, Echo echo)
    {
        lock (_lock)
            foreach (var item in echo.Items)
                Find(call, item.Partition, item.Loop)?.Echo(echo.Counter, new Position(item.Read));
    }

    /// <summary>The call is over, and so are its claims.</summary>
    public void End(object call)
    {
        lock (_lock)
            foreach (var place in _places)
                place.Drop(claim => claim.Source == call);
    }

    /// <summary>
    /// What was read of each partition when its owners answered the barrier: of two that claim one, the higher. Null
    /// while one has not answered, or a partition has no owner.
    /// </summary>
    public IReadOnlyDictionary<int, Position>? ReadsOf(ulong counter, Func<int, bool> isLeftOut)
    {
        LookAtOwn();
        var reads = new Dictionary<int, Position>(_places.Length);
        lock (_lock)
            for (var partition = 0; partition < _places.Length; partition++)
            {
                var claims = _places[partition].Claims;
                if (isLeftOut(partition))
                {
                    reads[partition] = new Position(long.MaxValue);
                    continue;
                }

                if (claims.Count == 0 || claims.Exists(one => one.Mark is null && one.Echoed < counter)) return null;
                reads[partition] = claims.Max(static claim => claim.Read);
            }

        return reads;
    }

    private void LookAtOwn()
    {
        for (var partition = 0; partition < _places.Length; partition++) LookAtOwn(partition);
    }

    /// <summary>Notes when this node's own loop of the partition came, went, or was replaced.</summary>
    private PartitionPlace LookAtOwn(int partition)
    {
        var place = _places[partition];
        if (ReferenceEquals(_markOf(partition), Volatile.Read(ref place.Local))) return place;
        PositionAsk? asked = null;
        lock (_lock)
        {
            var mark = _markOf(partition);
            if (ReferenceEquals(mark, place.Local)) return place;
            TakeOwn(place);
            place.Drop(static claim => claim.Mark is not null);
            Volatile.Write(ref place.LiveLocal, null);
            Volatile.Write(ref place.Local, mark);
            if (mark is null) return place;
            var claim = new PartitionClaim(this, mark.Loop, mark);

            // Whoever has sessions here is addressed by it from its first record on.
            if (!place.IsKnown) place.Begin(mark.Begin);
            if (place.At >= mark.Begin)
            {
                place.Claims.Add(claim);
                claim.IsLive = true;
                Volatile.Write(ref place.LiveLocal, mark);
            }
            else
            {
                asked = Begin(partition, claim);
            }
        }

        if (asked is not null) _askLocally(asked);
        return place;
    }

    private static void TakeOwn(PartitionPlace place)
    {
        if (place.LiveLocal is not { } own) return;
        var timeMs = own.HandedTimeMs;
        place.Move(own.Handed, timeMs);
    }

    private PositionAsk Begin(int partition, PartitionClaim claim)
    {
        var place = _places[partition];
        TakeOwn(place);
        place.Claims.Add(claim);
        var asked = new PositionAsk
        {
            Partition = (uint)partition,
            Ask = claim.Ask = ++_asks,
            Position = place.At.Value,
            Unknown = !place.IsKnown,
        };
        asked.Records.AddRange(_pendingOf(partition));
        return asked;
    }

    private PartitionClaim? Find(object call, uint partition, ulong loop) => partition < _places.Length
        ? _places[partition].Claims.Find(claim => claim.Source == call && claim.Loop == loop)
        : null;
}
