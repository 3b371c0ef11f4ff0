using System.Collections.ObjectModel;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Nodes;

/// <summary>The role <c>history</c>: stores what the log says, and trims what nobody needs any more.</summary>
internal sealed class HistoryRole
{
    public HistoryRole(NodeParts parts)
    {
        Writer = new HistoryWriter(
            parts.Ports.Log,
            parts.Histories,
            parts.Ports.History,
            parts.Progress,
            parts.Ports.Rules,
            HistoryRowsBuilder.Build,
            parts.Options.Workers,
            parts.Metrics,
            parts.Calls,
            parts.LogCalls,
            parts.Time,
            parts.Loggers);
        Trimmer = new LogTrimmer(
            parts.Ports.Log,
            [parts.Histories, parts.Deliveries],
            () => Writer.Assigned,
            partition => Writer.TicksOf(partition),
            token => parts.Calls.WriteAsync(
                calls => parts.Ports.History.FlushAsync(ReadOnlyDictionary<int, Position>.Empty, calls), token),
            parts.Options.Trim,
            parts.Time,
            parts.Loggers.CreateLogger<LogTrimmer>());
    }

    public HistoryWriter Writer { get; }

    public LogTrimmer Trimmer { get; }
}
