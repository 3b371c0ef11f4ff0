using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Sessions;
using LiveChat.Core.Workers;

namespace LiveChat.Core.Nodes;

/// <summary>The options of a node's stages, together.</summary>
internal sealed class NodeOptions
{
    public SessionOptions Sessions { get; init; } = new();

    public OutboxOptions Outbox { get; init; } = new();

    public IngestOptions Ingest { get; init; } = new();

    public RateOptions Rates { get; init; } = new();

    public WorkerOptions Workers { get; init; } = new();

    public LogTrimmerOptions Trim { get; init; } = new();

    /// <summary>Over how much time clients are spread when the node goes away.</summary>
    public TimeSpan DrainWindow { get; init; } = TimeSpan.FromSeconds(5);
}
