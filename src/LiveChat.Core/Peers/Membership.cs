using LiveChat.Core.Links;
using LiveChat.Core.Timing;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Peers;

/// <summary>
/// This node's place among the others: it signs the registry every five seconds, knows who is live, and raises the
/// rules number that ingest uses once every live node knows the next. While the registry is away, what was read last
/// goes on. One loop; any thread reads.
/// </summary>
internal sealed partial class Membership(
    INodeRegistry registry, NodeEntry self, TimeProvider time, ILogger<Membership> logger)
{
    private static readonly TimeSpan SignEvery = TimeSpan.FromSeconds(5);

    private volatile IReadOnlyList<NodeEntry> _live = [];
    private int _rules = self.RulesHighest;
    private bool _isAway;

    /// <summary>The other nodes that had a sign within a minute when the registry was last read.</summary>
    public IReadOnlyList<NodeEntry> Live => _live;

    public NodeEntry Self => self;

    /// <summary>The rules number that this node writes into records.</summary>
    public int Rules => Volatile.Read(ref _rules);

    /// <summary>Takes the name, or refuses to start.</summary>
    /// <exception cref="NodeNameInUseException">A live node has the name.</exception>
    /// <exception cref="NodeRegistryException">The registry is away, or the log is written for rules that this build
    /// does not know.</exception>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        await registry.SignAsync(self, cancellationToken);
        var inUse = await ReadAsync(cancellationToken);
        if (inUse <= self.RulesHighest) return;
        await registry.LeaveAsync(self.Name, self.Incarnation, cancellationToken);
        throw new NodeRegistryException(
            $"The log is written for rules number {inUse}. "
            + $"This build knows {self.RulesLowest} to {self.RulesHighest}.");
    }

    /// <summary>Signs and reads until it is stopped.</summary>
    public Task RunAsync(CancellationToken stoppingToken) =>
        Loops.EveryAsync(SignEvery, time, TurnAsync, stoppingToken);

    /// <summary>Gives the name back.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await registry.LeaveAsync(self.Name, self.Incarnation, cancellationToken);
        }
        catch (NodeRegistryException away)
        {
            LogAway(away.Message); // It counts as live for a minute.
        }
    }

    private async Task TurnAsync(CancellationToken cancellationToken)
    {
        try
        {
            await registry.SignAsync(self, cancellationToken);
            await ReadAsync(cancellationToken);
            _isAway = false;
        }
        catch (NodeRegistryException away)
        {
            if (!_isAway) LogAway(away.Message);
            _isAway = true;
        }
        catch (NodeNameInUseException used)
        {
            LogNameTaken(used.Message);
        }
    }

    /// <summary>Reads who is live, and gives the rules number in use.</summary>
    private async Task<int> ReadAsync(CancellationToken cancellationToken)
    {
        var entries = await registry.ReadAsync(cancellationToken);
        _live = [.. entries.Where(entry => entry.IsLive && entry.Name != self.Name)];
        var inUse = await registry.RulesInUseAsync(cancellationToken);
        var known = _live.Select(static entry => entry.RulesHighest).Append(self.RulesHighest).Min();
        if (known > inUse && await registry.RaiseRulesAsync(inUse, known, cancellationToken)) inUse = known;
        if (inUse > 0) Volatile.Write(ref _rules, Math.Min(inUse, self.RulesHighest));
        return inUse;
    }

    [LoggerMessage(7030, LogLevel.Warning, "The registry of nodes is away; the nodes known last count. {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(7031, LogLevel.Error, "Another node took this node's name. {Reason}")]
    private partial void LogNameTaken(string reason);
}
