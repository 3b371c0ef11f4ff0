using LiveChat.Core.History;

namespace LiveChat.Tests.Simulation;

/// <summary>The starts of the node on the disk of history: durable before a call returns, late or failing now and then.
/// No crash takes them, so no device may ever be told of another epoch.</summary>
internal sealed class SimulatedLineage(SimulatedDisk<HistoryImage> disk, Faults faults, Plant plant) : ILineageStore
{
    public async ValueTask<IReadOnlyList<StoreStart>> ReadStartsAsync(CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        return [.. disk.Image.Starts.Values];
    }

    public async ValueTask WriteStartAsync(
        StoreStart start, IReadOnlyList<ulong> forgotten, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        if (plant == Plant.StartNotDurable)
            disk.Write(Apply);
        else
            disk.WriteThrough(Apply);

        void Apply(HistoryImage image)
        {
            image.Starts[start.Id] = start;
            foreach (var id in forgotten)
                image.Starts.Remove(id);
        }
    }

    public async ValueTask RenewEpochAsync(CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        disk.WriteThrough(static image => image.Epoch += "+");
    }
}
