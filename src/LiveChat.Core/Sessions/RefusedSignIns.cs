using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Sessions;

/// <summary>
/// Tells the operator of sign-ins that were refused: one line in ten seconds at most, with the number of those between.
/// Neither a token nor what stands in it is said. The lock keeps the time of the last line and the number.
/// </summary>
internal sealed partial class RefusedSignIns(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private long? _last;
    private long _between;

    /// <summary>Notes a refusal and its reason.</summary>
    public void Note(string reason)
    {
        long between;
        lock (_lock)
        {
            if (_last is { } last && time.GetElapsedTime(last) < Pause)
            {
                _between++;
                return;
            }

            (_last, between, _between) = (time.GetTimestamp(), _between, 0);
        }

        LogRefused(reason, between);
    }

    [LoggerMessage(1040, LogLevel.Warning,
        "A sign-in was refused: {Reason}. {Between} more were refused since the last such line.")]
    private partial void LogRefused(string reason, long between);
}
