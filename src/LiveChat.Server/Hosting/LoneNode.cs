using LiveChat.Core.Links;
using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Hosting;

/// <summary>Says every five seconds that a server without links is there, so that no other one starts beside it. A
/// registry that is away stops nobody. One loop.</summary>
internal sealed partial class LoneNode : IAsyncDisposable
{
    private static readonly TimeSpan SignEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeaveMax = TimeSpan.FromSeconds(3);

    private readonly INodeRegistry _registry;
    private readonly NodeEntry _self;
    private readonly TimeProvider _time;
    private readonly ILogger<LoneNode> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _signing;

    private LoneNode(INodeRegistry registry, NodeEntry self, TimeProvider time, ILogger<LoneNode> logger)
    {
        (_registry, _self, _time, _logger) = (registry, self, time, logger);
        _signing = SignAsync(_stop.Token);
    }

    public static LoneNode Begin(
        INodeRegistry registry, NodeEntry self, TimeProvider time, ILogger<LoneNode> logger) =>
        new(registry, self, time, logger);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _signing;
        _stop.Dispose();
        try
        {
            using var limit = new CancellationTokenSource(LeaveMax, _time);
            await _registry.LeaveAsync(_self.Name, _self.Incarnation, limit.Token);
        }
        catch (Exception e) when (e is NodeRegistryException or OperationCanceledException)
        {
            LogStays(e.Message);
        }
    }

    private async Task SignAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(SignEvery, _time);
        try
        {
            do
            {
                try
                {
                    await _registry.SignAsync(_self, cancellationToken);
                }
                catch (NodeRegistryException)
                {
                    // The next sign comes soon; that the store is away its own state says.
                }
                catch (NodeNameInUseException used)
                {
                    LogNameTaken(used.Message);
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server ends.
        }
    }

    [LoggerMessage(8051, LogLevel.Debug, "The name of this server stays in the registry for a minute: {Reason}")]
    private partial void LogStays(string reason);

    [LoggerMessage(8052, LogLevel.Error, "{Reason} This server has no links: only one of both may run.")]
    private partial void LogNameTaken(string reason);
}
