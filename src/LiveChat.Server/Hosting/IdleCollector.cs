using LiveChat.Core.Timing;
using Microsoft.Extensions.Hosting;

namespace LiveChat.Server.Hosting;

/// <summary>
/// Collects what a process has left behind that became idle. A heap may allocate 64 MB between two collections, which
/// is what makes a busy server fast. A server whose sessions say nothing would take many minutes for that, and keep as
/// long what connecting and heartbeats have left. So no period passes in which something worth it was allocated and
/// nothing collected. A busy process collects by itself.
/// </summary>
internal sealed class IdleCollector(TimeProvider time) : BackgroundService
{
    /// <summary>Less than this is not worth a collection.</summary>
    private const long BytesMin = 4 * 1024 * 1024;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private int _collections;
    private long _allocated;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Loops.EveryAsync(Period, time, LookAsync, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private Task LookAsync(CancellationToken cancellationToken)
    {
        var isIdle = GC.CollectionCount(0) == _collections;
        if (isIdle && GC.GetTotalAllocatedBytes() - _allocated < BytesMin) return Task.CompletedTask;
        if (isIdle) GC.Collect(0);
        (_collections, _allocated) = (GC.CollectionCount(0), GC.GetTotalAllocatedBytes());
        return Task.CompletedTask;
    }
}
