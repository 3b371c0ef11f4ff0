using LiveChat.Core.Ids;

namespace LiveChat.Tests.Ids.Leases;

/// <summary>The data folder of a node: one run at a time has it, and it can get lost.</summary>
internal sealed class SimulatedFolder(LeasePlant plant)
{
    private readonly List<HighWater> _written = [];

    /// <summary>The run that has it open.</summary>
    public IHighWater Open() => new OpenFolder(this);

    public void Lose() => _written.Clear();

    /// <summary>The run that had it open is killed.</summary>
    public void Crash()
    {
        if (plant is LeasePlant.MarkNotDurable && _written.Count > 1) _written.RemoveAt(_written.Count - 1);
    }

    private sealed class OpenFolder(SimulatedFolder folder) : IHighWater
    {
        public HighWater? Read() => folder._written is [.., var last] ? last : null;

        public void Write(HighWater mark) => folder._written.Add(mark);
    }
}
