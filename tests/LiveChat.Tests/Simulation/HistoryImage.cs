using LiveChat.Core.Log;

namespace LiveChat.Tests.Simulation;

/// <summary>What lies on the disk of history: the rows and the committed positions.</summary>
internal sealed class HistoryImage
{
    public CellStore Store { get; } = new();

    public Dictionary<(string Group, int Partition), Position> Committed { get; } = [];
}
