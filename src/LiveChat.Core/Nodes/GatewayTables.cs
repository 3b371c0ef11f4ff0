using LiveChat.Core.FanOut;
using LiveChat.Core.History.Reading;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Nodes;

/// <summary>What a gateway makes of what owners hand over, and keeps of it.</summary>
internal sealed class GatewayTables
{
    /// <param name="parts">What the roles share.</param>
    /// <param name="hasStopped">Whether no more answers come for the records of a partition.</param>
    public GatewayTables(NodeParts parts, Func<int, bool> hasStopped)
    {
        Answered = new AnsweredChanges(parts.Progress, parts.Time);
        Pending = new PendingCommands(
            parts.Ports.Log,
            parts.Options.Ingest.NodeInflightMax,
            hasStopped,
            Answered,
            parts.Wheel,
            parts.Time,
            parts.Loggers.CreateLogger<PendingCommands>())
        {
            Measures = parts.Gateway,
            Traces = parts.Ports.Traces,
        };
        Heads = new HeadCoalescer(parts.Time);
        FanOut = new NodeFanOut(parts.Directory, Tails, Pending, Heads) { Traces = parts.Ports.Traces };
    }

    public TailCache Tails { get; } = new();

    /// <summary>What users were answered that history may not have.</summary>
    public AnsweredChanges Answered { get; }

    /// <summary>Commands without an answer.</summary>
    public PendingCommands Pending { get; }

    public HeadCoalescer Heads { get; }

    public NodeFanOut FanOut { get; }
}
