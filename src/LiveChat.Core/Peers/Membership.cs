using LiveChat.Core.Links;
using LiveChat.Core.Timing;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Peers;

/// <summary>
/// This node's place among the others: it signs the registry every five seconds, knows who is live, and raises the
/// rules number that ingest uses once every live node knows the next. A node that was not live meanwhile, and finds a
/// number that its build does not know, ends. While the registry is away, what was read last goes on. One loop; any
/// thread reads.
/// </summary>
internal sealed partial class Membership(
    INodeRegistry registry, NodeEntry self, TimeProvider time, ILogger<Membership> logger)
{
    private static readonly TimeSpan SignEvery = TimeSpan.FromSeconds(5);

    private volatile IReadOnlyList<NodeEntry> _live = [];
    private int _rules = self.RulesLowest;
    private long _clockAheadMs;
    private bool _isAway;

    /// <summary>The other nodes that had a sign within a minute when the registry was last read.</summary>
    public IReadOnlyList<NodeEntry> Live => _live;

    public NodeEntry Self => self;

    /// <summary>How far this node's clock was ahead of the registry's at the last sign that was read; the time that the
    /// sign took to be written makes it less.</summary>
    public TimeSpan ClockAhead => TimeSpan.FromMilliseconds(Volatile.Read(ref _clockAheadMs));

    /// <summary>The rules number that this node writes into records.</summary>
    public int Rules => Volatile.Read(ref _rules);

    /// <summary>Takes the name, or refuses to start.</summary>
    /// <exception cref="NodeNameInUseException">A live node has the name.</exception>
    /// <exception cref="NodeRegistryException">The registry is away.</exception>
    /// <exception cref="RulesUnknownException">The log is written for rules that this build does not know.</exception>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        await registry.SignAsync(self, cancellationToken);
        try
        {
            await ReadAsync(cancellationToken);
        }
        catch (RulesUnknownException)
        {
            await registry.LeaveAsync(self.Name, self.Incarnation, cancellationToken);
            throw;
        }
    }

    /// <summary>Signs and reads until it is stopped.</summary>
    /// <exception cref="RulesUnknownException">Others went on to rules that this build does not know.</exception>
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

    /// <summary>Reads who is live, and which rules number is in use; raises it when all know a higher one.</summary>
    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var entries = await registry.ReadAsync(cancellationToken);
        var own = entries.FirstOrDefault(entry => entry.Name == self.Name);
        if (own is not null) Volatile.Write(ref _clockAheadMs, own.ClockOffMs);
        _live = [.. entries.Where(entry => entry.IsLive && entry.Name != self.Name)];
        var inUse = await registry.RulesInUseAsync(cancellationToken);
        var known = _live.Select(static entry => entry.RulesHighest).Append(self.RulesHighest).Min();
        if (known > inUse)
            inUse = await registry.RaiseRulesAsync(inUse, known, cancellationToken)
                ? known
                : await registry.RulesInUseAsync(cancellationToken); // Another node was faster.
        if (inUse > self.RulesHighest)
            throw new RulesUnknownException(
                $"The log is written for rules number {inUse}, and this build knows {self.RulesLowest} to "
                + $"{self.RulesHighest}: start the build that the other nodes have.");
        Volatile.Write(ref _rules, inUse);
    }

    [LoggerMessage(7030, LogLevel.Warning, "The registry of nodes is away; the nodes known last count. {Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(7031, LogLevel.Error, "Another node took this node's name. {Reason}")]
    private partial void LogNameTaken(string reason);
}
