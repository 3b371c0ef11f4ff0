using LiveChat.Core.Nodes;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>Where a test gets between: it hears what is logged, or has a part fail. The product leaves them alone.
/// </summary>
internal sealed record ServerSeams
{
    public Action<ILoggingBuilder> Logging { get; init; } = static _ => { };

    public Func<NodePorts, NodePorts> Ports { get; init; } = static ports => ports;
}
