using LiveChat.Core.Ids;
using LiveChat.Tests.Simulation;

namespace LiveChat.Tests.Ids.Leases;

/// <summary>
/// Node ids on a store as Cassandra is one: calls take time, requests and answers get lost, a replacement whose outcome
/// was not told may have its effect an hour later, a plain read may be old. The state is one for all nodes.
/// </summary>
internal sealed class FaultyNodeIdStore(SimulatedProcess process, TimeProvider world, Random random, LeasePlant plant)
    : INodeIdStore
{
    private const int LateMinutesMax = 90;

    private readonly Dictionary<int, NodeIdRow> _rows = [];
    private readonly List<NodeIdRow[]> _former = [[]];

    /// <summary>Nothing is answered.</summary>
    public bool IsAway { get; set; }

    /// <summary>Whether requests and answers get lost.</summary>
    public bool IsFaulty { get; set; } = true;

    /// <summary>What becomes of the next replacements, one after the other, instead of chance.</summary>
    public Queue<ReplaceFault> Next { get; } = [];

    /// <summary>Replacements that were asked for.</summary>
    public int Replacements { get; private set; }

    public void Put(NodeIdRow row) => _rows[row.Id] = row;

    public async ValueTask<IReadOnlyList<NodeIdRow>> ReadAllAsync(CancellationToken cancellationToken)
    {
        await TakeTimeAsync(cancellationToken);
        return IsFaulty && random.Next(4) == 0 ? _former[random.Next(_former.Count)] : [.. _rows.Values];
    }

    public async ValueTask<NodeIdRow?> ReadAsync(int id, CancellationToken cancellationToken)
    {
        await TakeTimeAsync(cancellationToken);
        return _rows.GetValueOrDefault(id);
    }

    public async ValueTask<bool> TryReplaceAsync(
        NodeIdRow? former, NodeIdRow row, CancellationToken cancellationToken)
    {
        await TakeTimeAsync(cancellationToken);
        Replacements++;
        switch (Next.TryDequeue(out var fault) ? fault : IsFaulty ? (ReplaceFault)random.Next(10) : ReplaceFault.None)
        {
            case ReplaceFault.RequestLost:
                throw new NodeIdStoreException("The request was lost.");
            case ReplaceFault.AnswerLost:
                Replace(former, row);
                throw new NodeIdStoreException("The answer was lost.");
            case ReplaceFault.Late:
                process.Start(() => ReplaceLateAsync(former, row));
                throw new NodeIdStoreException("The request is on its way.");
            default:
                var isReplaced = Replace(former, row);
                await TakeTimeAsync(cancellationToken);
                return isReplaced;
        }
    }

    public async ValueTask<long> ReadTimeMsAsync(CancellationToken cancellationToken)
    {
        await TakeTimeAsync(cancellationToken);
        return world.GetUtcNow().ToUnixTimeMilliseconds();
    }

    private async Task ReplaceLateAsync(NodeIdRow? former, NodeIdRow row)
    {
        await Task.Delay(TimeSpan.FromSeconds(random.Next(LateMinutesMax * 60)), world);
        Replace(former, row);
    }

    private bool Replace(NodeIdRow? former, NodeIdRow row)
    {
        var present = _rows.GetValueOrDefault(row.Id);
        if (present != former && plant is not LeasePlant.NoCondition) return false;
        _former.Add([.. _rows.Values]);
        _rows[row.Id] = plant is LeasePlant.UntilForgotten && present is not null
            ? row with { UntilMs = present.UntilMs }
            : row;
        return true;
    }

    private async Task TakeTimeAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 200)), world, cancellationToken);
        if (IsAway) throw new NodeIdStoreException("The store is away.");
    }
}

/// <summary>What becomes of a replacement.</summary>
public enum ReplaceFault
{
    /// <summary>It has no effect.</summary>
    RequestLost = 0,

    /// <summary>It has its effect, and nobody is told.</summary>
    AnswerLost = 1,

    /// <summary>It has its effect later, if at all.</summary>
    Late = 2,

    None = 9,
}
