using LiveChat.Core.Presence;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// A store of presence beside the node, in a process of its own, which outlives every crash of the node: what Redis is
/// to a cluster. Calls are late or fail for a moment, also after they had their effect, and seldom never end.
/// </summary>
internal sealed class SimulatedPresence : IPresenceStore
{
    private readonly InProcessPresenceStore _store;
    private readonly Faults _faults;
    private readonly Plant _plant;

    public SimulatedPresence(SeededScheduler scheduler, Faults faults, Plant plant)
    {
        (_faults, _plant) = (faults, plant);
        var wheel = new TimingWheel(scheduler.Time);
        _store = new InProcessPresenceStore(wheel, scheduler.Time);
        new SimulatedProcess(scheduler, "presence").Start(() => wheel.RunAsync(CancellationToken.None));
    }

    public async ValueTask<bool> RefreshAsync(
        IReadOnlyList<PresenceBeat> beats, CancellationToken cancellationToken)
    {
        if (beats.Count == 0) return true;
        await ChangeAsync(async () => await _store.RefreshAsync(
            _plant == Plant.PresenceNeverEnds
                ? [.. beats.Select(static beat => beat with { Left = TimeSpan.FromDays(1) })]
                : beats,
            cancellationToken));
        return true;
    }

    public ValueTask DropAsync(IReadOnlyList<UserId> users, CancellationToken cancellationToken) =>
        ChangeAsync(() => _store.DropAsync(users, cancellationToken));

    public async ValueTask<IReadOnlyList<bool>> ReadAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        await ReachAsync();
        return await _store.ReadAsync(users, cancellationToken);
    }

    public ValueTask AnnounceAsync(UserId user, CancellationToken cancellationToken) =>
        ChangeAsync(() => _store.AnnounceAsync(user, cancellationToken));

    public void Watch(IReadOnlyList<UserId> begun, IReadOnlyList<UserId> ended) => _store.Watch(begun, ended);

    public void Listen(Action<UserId> changed) => _store.Listen(changed);

    private async ValueTask ChangeAsync(Func<ValueTask> change)
    {
        await ReachAsync();
        await change();
        if (_faults.Strike(oneIn: 40))
            throw new IOException("The answer of presence was lost.");
    }

    private async Task ReachAsync()
    {
        if (_faults.Strike(oneIn: 80))
            await new TaskCompletionSource().Task;
        await _faults.ReadingAsync();
    }
}
