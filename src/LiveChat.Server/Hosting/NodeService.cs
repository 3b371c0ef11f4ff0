using LiveChat.Core.Nodes;
using LiveChat.Embedded.Disk;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>
/// Starts the node before the gateway listens and stops it after: first the clients are told, then the gateway stops,
/// then what is in flight is finished and flushed. A node or a store that fails stops the host.
/// </summary>
internal sealed partial class NodeService(
    Node node, Task storeFailed, IHostApplicationLifetime lifetime, ILogger<NodeService> logger)
    : IHostedLifecycleService
{
    private Task _watching = Task.CompletedTask;

    /// <summary>What ended the node by itself, if anything did.</summary>
    public Exception? Failure { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await node.StartAsync(cancellationToken);
        _watching = WatchAsync();
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => node.DrainAsync(cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await node.StopAsync(cancellationToken);
        await _watching;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task WatchAsync()
    {
        try
        {
            await await Task.WhenAny(node.Completion, storeFailed);
        }
        catch (Exception failure)
        {
            Failure = failure;
            if (IsDamage(failure)) LogDamaged(failure.Message);
            else LogFailed(failure);
            lifetime.StopApplication();
        }
    }

    /// <summary>Where in the program damage was met helps nobody and hides the sentence that says what to do.</summary>
    private static bool IsDamage(Exception failure) =>
        failure is DataDamagedException || (failure.InnerException is { } cause && IsDamage(cause));

    [LoggerMessage(8001, LogLevel.Critical, "The node failed and takes nothing more; the server stops.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(8002, LogLevel.Critical, "The server stops. {Damage}")]
    private partial void LogDamaged(string damage);
}
