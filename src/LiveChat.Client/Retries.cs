using LiveChat.Protocol.Frames;
using Microsoft.Extensions.Logging;

namespace LiveChat.Client;

/// <summary>
/// The one place where the client decides to send a command again: it says so to the log and to the application, and
/// gives the pause. Any thread.
/// </summary>
/// <param name="options">The log.</param>
/// <param name="tell">Tells the application.</param>
internal sealed partial class Retries(LiveChatClientOptions options, Action<CommandRetry> tell)
{
    private readonly ILogger _logger = options.Logger;
    private volatile string? _listReason;

    /// <summary>Why the list of chats was not read the last time; null when that never failed.</summary>
    public string? ListReason => _listReason;

    /// <summary>Whether a command that failed so is sent again. What became of it may not be known: it keeps its key.
    /// </summary>
    public static bool IsDue(Exception failed) => failed switch
    {
        TimeoutException or ConnectionLostException => true,
        UnexpectedAnswerException { Problem: { } problem } => problem.Retryable,
        _ => false,
    };

    /// <summary>Notes a retry.</summary>
    /// <param name="command">What is sent again.</param>
    /// <param name="attempt">Which repetition it will be, from 1.</param>
    /// <param name="failed">What came instead of an answer.</param>
    /// <param name="pause">The client's own part of the pause; what the server asks for is added.</param>
    public CommandRetry Note(ClientFrame command, int attempt, Exception failed, TimeSpan pause)
    {
        var problem = (failed as UnexpectedAnswerException)?.Problem;
        var asked = problem?.RetryAfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : (TimeSpan?)null;
        var retry = new CommandRetry(command, failed.Message)
        {
            Code = problem?.Code,
            Attempt = attempt,
            Delay = pause + (ReconnectPolicy.Bounded(asked) ?? TimeSpan.Zero),
        };
        if (command is SyncGet) _listReason = retry.Reason;
        LogAgain(command.GetType().Name, retry.Delay, retry.Reason);
        tell(retry);
        return retry;
    }

    [LoggerMessage(9006, LogLevel.Information, "{Command} is sent again in {Pause}: {Reason}")]
    private partial void LogAgain(string command, TimeSpan pause, string reason);
}
