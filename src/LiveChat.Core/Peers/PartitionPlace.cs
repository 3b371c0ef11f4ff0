using LiveChat.Core.Log;
using LiveChat.Core.Workers;

namespace LiveChat.Core.Peers;

/// <summary>Where a gateway is in one partition, and who claims it. Under the lock of <see cref="GatewayPositions"/>,
/// but for what says otherwise.</summary>
internal sealed class PartitionPlace
{
    /// <summary>Everything at or below was handed to this gateway, once <see cref="IsKnown"/>.</summary>
    public Position At { get; private set; }

    /// <summary>Whether there is a position.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>The log's time of it. Any thread.</summary>
    public HighMark TimeMs { get; } = new();

    /// <summary>The owners that claim it: one, but while it changes hands, or one of them does not know.</summary>
    public List<PartitionClaim> Claims { get; } = [];

    /// <summary>Whether an owner went before there was a position: what it had handed over nobody covers.</summary>
    public bool HasLostOwner { get; private set; }

    /// <summary>This node's own loop that was looked at last. Any thread reads.</summary>
    public PartitionMark? Local;

    /// <summary>The same, while everything that it hands over counts. Any thread reads.</summary>
    public PartitionMark? LiveLocal;

    /// <summary>Claims are over.</summary>
    public void Drop(Predicate<PartitionClaim> which)
    {
        if (Claims.RemoveAll(which) > 0 && !IsKnown) HasLostOwner = true;
    }

    public void Begin(Position at) => (At, IsKnown) = (at, true);

    /// <summary>Everything between the position and this one was handed over.</summary>
    public void Move(Position through, long timeMs)
    {
        if (through > At) At = through;
        TimeMs.Raise(timeMs);
    }
}

/// <summary>An owner's claim of a partition, as long as its call and its loop last.</summary>
/// <param name="source">The call; for this node's own loop, that.</param>
/// <param name="loop">The owner's number of the assignment.</param>
/// <param name="mark">This node's own loop; null of another node.</param>
internal sealed class PartitionClaim(object source, ulong loop, PartitionMark? mark)
{
    private Position _handed;
    private long _timeMs;
    private Position _read;

    public object Source => source;

    public ulong Loop => loop;

    public PartitionMark? Mark => mark;

    /// <summary>The question where the gateway was that is not answered yet; 0 for none.</summary>
    public ulong Ask { get; set; }

    /// <summary>Whether what it hands over follows without a hole on the gateway's position.</summary>
    public bool IsLive { get; set; }

    /// <summary>The last barrier that it has answered.</summary>
    public ulong Echoed { get; private set; }

    /// <summary>Users whom the records of its catch-up remove.</summary>
    public List<(Protocol.Ids.ChatId Chat, Protocol.Ids.UserId User)> Removed { get; } = [];

    public long HandedTimeMs => mark?.HandedTimeMs ?? _timeMs;

    public Position Handed => mark?.Handed ?? _handed;

    public Position Read => mark?.Read ?? _read;

    public void Note(Position handed, long timeMs)
    {
        if (handed > _handed) _handed = handed;
        _timeMs = Math.Max(_timeMs, timeMs);
    }

    public void Echo(ulong counter, Position read) => (Echoed, _read) = (counter, read);
}
