using System.Globalization;
using LiveChat.Protocol.Frames;

namespace LiveChat.Bench.Sockets;

/// <summary>The server takes no session now; a client comes back.</summary>
internal sealed class NotNowException : Exception
{
    private const string RetryAfter = "\r\nRetry-After: ";

    private NotNowException(string said, TimeSpan? after) : base(said) => After = after;

    /// <summary>When to come back; null when the server does not say.</summary>
    public TimeSpan? After { get; }

    /// <param name="head">The head of an HTTP answer.</param>
    public static NotNowException Of(string head)
    {
        var at = head.IndexOf(RetryAfter, StringComparison.OrdinalIgnoreCase);
        if (at < 0) return new NotNowException(head, null);
        var value = head.AsSpan(at + RetryAfter.Length);
        var end = value.IndexOf('\r');
        var seconds = int.Parse(end < 0 ? value : value[..end], CultureInfo.InvariantCulture);
        return new NotNowException(head, TimeSpan.FromSeconds(seconds));
    }

    public static NotNowException Of(Goodbye goodbye) => new(
        goodbye.Reason, goodbye.AfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null);
}
