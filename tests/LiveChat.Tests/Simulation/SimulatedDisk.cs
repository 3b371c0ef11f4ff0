namespace LiveChat.Tests.Simulation;

/// <summary>
/// A disk with a journal: writes are seen at once and are durable, in their order, once they are synced; one that is
/// written through is durable by itself. A crash leaves what was synced and some first part of the rest.
/// </summary>
/// <typeparam name="TImage">What the writes make.</typeparam>
internal sealed class SimulatedDisk<TImage>(Func<TImage> create)
{
    private readonly List<Action<TImage>> _durable = [];
    private readonly List<Action<TImage>> _unsynced = [];

    /// <summary>What a reader sees now.</summary>
    public TImage Image { get; private set; } = create();

    public int Unsynced => _unsynced.Count;

    /// <summary>How many writes there ever were.</summary>
    public long Writes { get; private set; }

    public void Write(Action<TImage> write)
    {
        Writes++;
        write(Image);
        _unsynced.Add(write);
    }

    /// <summary>Writes durably, ahead of what was written before and is not synced yet.</summary>
    public void WriteThrough(Action<TImage> write)
    {
        Writes++;
        write(Image);
        _durable.Add(write);
    }

    public void Sync()
    {
        _durable.AddRange(_unsynced);
        _unsynced.Clear();
    }

    /// <param name="unsyncedKept">How many of the unsynced writes had reached the disk by chance.</param>
    public void Crash(int unsyncedKept)
    {
        _durable.AddRange(_unsynced.Take(unsyncedKept));
        _unsynced.Clear();
        Image = create();
        foreach (var write in _durable)
            write(Image);
    }
}
