using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Nodes;

/// <summary>The role <c>history</c>: stores what the log says, and trims what nobody needs any more.</summary>
internal sealed class HistoryRole(NodeParts parts)
{
    public HistoryWriter Writer { get; } = new(
        parts.Ports.Log,
        parts.Ports.History,
        parts.Progress,
        parts.Ports.Rules,
        HistoryRowsBuilder.Build,
        parts.Options.Workers,
        parts.Metrics,
        parts.Calls,
        parts.Time,
        parts.Loggers);

    public LogTrimmer Trimmer { get; } = new(
        parts.Ports.Log,
        token => parts.Ports.History.FlushAsync(default, token),
        parts.Options.Trim,
        parts.Time,
        parts.Loggers.CreateLogger<LogTrimmer>());
}
