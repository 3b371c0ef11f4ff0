using LiveChat.Core.Links;
using LiveChat.Core.Timing;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Sessions;

/// <summary>
/// Reads every two seconds what other nodes took back: the last five minutes each time, since a row may become visible
/// late, and everything since the last reading after a longer absence. No link has to be up for it. One loop.
/// </summary>
internal sealed partial class RevocationRows(
    IRevocationTable table, Revocations revocations, TimeProvider time, ILogger<RevocationRows> logger)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly long WindowMs = (long)TimeSpan.FromMinutes(5).TotalMilliseconds;

    private readonly Dictionary<Guid, long> _applied = [];
    private long _readMs = time.GetUtcNow().ToUnixTimeMilliseconds();
    private bool _isAway;

    public Task RunAsync(CancellationToken stoppingToken) => Loops.EveryAsync(Every, time, TurnAsync, stoppingToken);

    private async Task TurnAsync(CancellationToken cancellationToken)
    {
        try
        {
            var nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
            foreach (var row in await table.ReadSinceAsync(_readMs - WindowMs, cancellationToken))
                if (_applied.TryAdd(row.Id, row.TimeMs)) await revocations.ApplyAsync(row, cancellationToken);
            _readMs = nowMs;
            foreach (var (id, timeMs) in _applied)
                if (timeMs < nowMs - (2 * WindowMs)) _applied.Remove(id);
            _isAway = false;
        }
        catch (NodeRegistryException away)
        {
            if (!_isAway) LogAway(away.Message);
            _isAway = true;
        }
    }

    [LoggerMessage(1050, LogLevel.Warning, "What other nodes revoke cannot be read; it is read again. {Reason}")]
    private partial void LogAway(string reason);
}
