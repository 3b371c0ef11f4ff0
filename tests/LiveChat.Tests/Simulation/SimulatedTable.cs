using LiveChat.Core.Presence;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// A table of presence beside the nodes, as Redis is: it outlives every crash of a node. Calls are late or fail for a
/// moment, also after they had their effect, and seldom never end. Now and then, and when it is told to, it loses all
/// that it has or a half of it; then news is lost, and the node may hear that it was cut off, or not.
/// </summary>
internal sealed class SimulatedTable(SeededScheduler scheduler, Faults faults, Plant plant)
{
    private readonly InMemorySharedPresence _table = new(scheduler.Time);
    private Action<PresenceNews> _told = static _ => { };

    public ISharedPresence Of(string node) => new View(this, _table.Of(node));

    /// <summary>Loses all, or a half.</summary>
    public void Lose()
    {
        var isWhole = faults.Upto(1) == 0;
        var half = faults.Upto(1);
        var isNoticed = plant != Plant.PresenceLossUnnoticed;
        _table.Lose(user => isWhole || (user.Value[^1] & 1) == half, isNoticed);
        if (isNoticed && faults.Upto(1) == 0)
            _told(new PresenceNews(PresenceNewsKind.Missed, default));
    }

    private void MayLoseAnswer()
    {
        if (faults.Strike(oneIn: 40)) throw new IOException("The answer of presence was lost.");
    }

    private async Task ReachAsync()
    {
        if (faults.Strike(oneIn: 80)) await new TaskCompletionSource().Task;
        if (faults.Strike(oneIn: 100)) Lose();
        await faults.ReadingAsync();
    }

    private async ValueTask ChangeAsync(Func<ValueTask> change)
    {
        await ReachAsync();
        await change();
        MayLoseAnswer();
    }

    private sealed class View(SimulatedTable table, ISharedPresence view) : ISharedPresence
    {
        public ValueTask RefreshAsync(IReadOnlyList<PresenceBeat> beats, CancellationToken cancellationToken) =>
            table.ChangeAsync(() => view.RefreshAsync(beats, cancellationToken));

        public ValueTask DropAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken) =>
            table.ChangeAsync(() => view.DropAsync(users, cancellationToken));

        public async ValueTask<IReadOnlyList<TimeSpan>> ReadAsync(
            IReadOnlyList<UserId> users, CancellationToken cancellationToken)
        {
            await table.ReachAsync();
            return await view.ReadAsync(users, cancellationToken);
        }

        public ValueTask AnnounceAsync(UserId user, CancellationToken cancellationToken) =>
            table.ChangeAsync(() => view.AnnounceAsync(user, cancellationToken));

        public ValueTask FollowAsync(
            IReadOnlyList<UserId> begun,
            IReadOnlyList<UserId> ended,
            Action<PresenceNews> told,
            CancellationToken cancellationToken)
        {
            table._told = told;
            return table.ChangeAsync(() => view.FollowAsync(begun, ended, told, cancellationToken));
        }

        public async ValueTask<long> ProbeAsync(CancellationToken cancellationToken)
        {
            await table.ReachAsync();
            var losses = await view.ProbeAsync(cancellationToken);
            table.MayLoseAnswer();
            return losses;
        }
    }
}
