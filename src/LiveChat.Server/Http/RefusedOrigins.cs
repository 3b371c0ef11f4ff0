using Microsoft.Extensions.Logging;

namespace LiveChat.Server.Http;

/// <summary>
/// Tells the operator of pages that were refused: one line in ten seconds at most, with the number of those between.
/// The lock keeps the time of the last line and the number.
/// </summary>
internal sealed partial class RefusedOrigins(ILogger logger, TimeProvider time)
{
    private const int TextMax = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = logger;
    private readonly Lock _lock = new();
    private DateTimeOffset? _last;
    private long _between;

    /// <summary>Notes a refused origin, as the request names it.</summary>
    public void Note(string origin)
    {
        long between;
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_last + Pause > now)
            {
                _between++;
                return;
            }

            (_last, between, _between) = (now, _between, 0);
        }

        LogRefused(Plain(origin), between);
    }

    /// <summary>What anybody sends: no longer than an origin is, and nothing that a terminal obeys.</summary>
    private static string Plain(string origin) => string.Concat(
        origin.Take(TextMax).Select(static letter => letter is > ' ' and <= '~' ? letter : '?'));

    [LoggerMessage(1030, LogLevel.Warning,
        "A page of the origin '{Origin}' was refused, which the option LiveChat:Origins (LIVECHAT__ORIGINS__0, …) "
        + "does not list; {Between} more were refused since the last such line.")]
    private partial void LogRefused(string origin, long between);
}
