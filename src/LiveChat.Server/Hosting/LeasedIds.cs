using LiveChat.Core.Ids;
using LiveChat.Core.Nodes;

namespace LiveChat.Server.Hosting;

/// <summary>The leased node id of this run while the server runs: its loop, and the end, at which the id is given back.
/// </summary>
internal sealed class LeasedIds : IAsyncDisposable
{
    private readonly NodeIdLease _lease;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private LeasedIds(NodeIdLease lease)
    {
        _lease = lease;
        _running = lease.RunAsync(_stop.Token);
    }

    public SnowflakeGenerator Generator => _lease.Generator;

    /// <summary>No ids are issued: the clock is off, or the time of the lease has passed.</summary>
    public RefusingState Refused => new("ids_refused", _lease.Refusal);

    /// <summary>Ends only when the loop fails.</summary>
    public Task Failed => _running;

    public static LeasedIds Begin(NodeIdLease lease) => new(lease);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // The end.
        }

        await _lease.ReleaseAsync();
        _stop.Dispose();
    }
}
