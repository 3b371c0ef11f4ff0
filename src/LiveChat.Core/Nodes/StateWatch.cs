using System.Diagnostics.Metrics;
using LiveChat.Core.Timing;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Nodes;

/// <summary>
/// The one place that says in which states the node refuses what users ask for: a warning when one begins and when it
/// ends, a gauge that is there from the start, and a line for <c>/readyz</c>. The wheel looks once a second, the node
/// at once when it begins to drain. Any thread asks for the present lines; the lock keeps what has begun.
/// </summary>
internal sealed partial class StateWatch : ITimed
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<RefusingState> _states;
    private readonly ILogger<StateWatch> _logger;
    private readonly Lock _lock = new();
    private readonly HashSet<string> _begun = [];

    public StateWatch(Meter meter, IReadOnlyList<RefusingState> states, ILogger<StateWatch> logger)
    {
        (_states, _logger) = (states, logger);
        meter.CreateObservableGauge(
            "livechat.refusing",
            () => _states.Select(static state => new Measurement<int>(
                state.Reason() is null ? 0 : 1, new KeyValuePair<string, object?>("state", state.Name))),
            description: "1 while the node is in a state in which it refuses what users ask for.");
    }

    /// <summary>The names of all states.</summary>
    public IEnumerable<string> Names => _states.Select(static state => state.Name);

    /// <summary>The states in which the node is now, and why.</summary>
    public IReadOnlyList<(string Name, string Reason)> Current =>
    [
        .. from state in _states
           let reason = state.Reason()
           where reason is not null
           select (state.Name, reason),
    ];

    public void Start(TimingWheel wheel) => wheel.Add(this, Interval);

    public TimeSpan? OnDue()
    {
        Look();
        return Interval;
    }

    /// <summary>Says what has begun and what has ended since the last look.</summary>
    public void Look()
    {
        foreach (var state in _states)
        {
            var reason = state.Reason();
            bool isChange;
            lock (_lock) isChange = reason is null ? _begun.Remove(state.Name) : _begun.Add(state.Name);
            if (!isChange) continue;
            if (reason is null) LogEnded(state.Name);
            else LogBegun(state.Name, reason);
        }
    }

    [LoggerMessage(7011, LogLevel.Warning, "{State} begins: {Reason}")]
    private partial void LogBegun(string state, string reason);

    [LoggerMessage(7012, LogLevel.Warning, "{State} has ended.")]
    private partial void LogEnded(string state);
}
