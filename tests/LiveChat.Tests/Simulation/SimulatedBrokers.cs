using LiveChat.Core.Log;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What brokers do to the partitions of a log, which no crash of the node touches. Each partition has a leader with a
/// clock of its own; another one takes over now and then, and seldom its clock is far ahead, so the times of records
/// may fall. None is far behind: that is outside of what <c>since</c> bears. And now and then a partition lacks its
/// minimum of replicas: what is appended gets its place and its time, and is seen by nobody until minutes later. A
/// function of the time: no task of it dies with a node.
/// </summary>
internal sealed class SimulatedBrokers
{
    private const int OffMs = 2_000;
    private const int AheadMsMin = 20_000;
    private const int AheadMsMax = 300_000;

    private readonly Faults _faults;
    private readonly TimeProvider _time;
    private readonly List<(long FromMs, long AheadMs)>[] _leaders;
    private readonly (Position Through, DateTimeOffset Until)[] _hidden;

    public SimulatedBrokers(int partitions, Faults faults, TimeProvider time)
    {
        (_faults, _time) = (faults, time);
        _leaders = [.. Enumerable.Range(0, partitions).Select(static _ => new List<(long, long)>())];
        _hidden = new (Position, DateTimeOffset)[partitions];
    }

    private DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Something is about to be appended to a partition that ends here.</summary>
    public void Append(int partition, Position end)
    {
        if (_faults.Strike(oneIn: 25))
            Lead(partition, _faults.Upto(2) == 0
                ? AheadMsMin + _faults.Upto(AheadMsMax - AheadMsMin)
                : _faults.Upto(2 * OffMs) - OffMs);
        if (_faults.Strike(oneIn: 100))
            Hide(partition, end, TimeSpan.FromSeconds(10 + _faults.Upto(170)));
    }

    /// <summary>Another leader takes over, whose clock is so far ahead.</summary>
    public void Lead(int partition, long aheadMs) =>
        _leaders[partition].Add((Now.ToUnixTimeMilliseconds() + 1, aheadMs));

    /// <summary>What comes behind the end is not seen for a while, unless something else is hidden already.</summary>
    public void Hide(int partition, Position end, TimeSpan takes)
    {
        if (IsHiding(partition)) return;
        _hidden[partition] = (end, Now + takes);
    }

    /// <summary>The last record that is seen of a partition that has records up to an end.</summary>
    public Position Visible(int partition, Position end) =>
        IsHiding(partition) && _hidden[partition].Through < end ? _hidden[partition].Through : end;

    /// <summary>Waits until what is hidden now may be seen.</summary>
    public Task UntilSeenAsync(int partition, CancellationToken cancellationToken)
    {
        var left = _hidden[partition].Until - Now;
        return Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1), _time, cancellationToken);
    }

    /// <summary>The time that the leader gave to a record which was appended at a moment.</summary>
    public long TimeOf(int partition, long appendedMs)
    {
        foreach (var (fromMs, aheadMs) in Enumerable.Reverse(_leaders[partition]))
            if (fromMs <= appendedMs)
                return appendedMs + aheadMs;
        return appendedMs;
    }

    private bool IsHiding(int partition) => !_faults.IsHealed && Now < _hidden[partition].Until;
}
