using System.Globalization;
using LiveChat.Protocol.Frames;

namespace LiveChat.Loads.Sockets;

/// <summary>The server takes no session now; a client comes back.</summary>
internal sealed class NotNowException : Exception
{
    private const string RetryAfter = "\r\nRetry-After: ";

    private NotNowException(string said, TimeSpan? after) : base(said) => After = after;

    /// <summary>When to come back; null when the server does not say.</summary>
    public TimeSpan? After { get; }

    /// <param name="head">The head of an HTTP answer.</param>
    /// <exception cref="LoadException">The answer does not say that a later try may do.</exception>
    public static NotNowException Of(string head)
    {
        var status = head.Split(' ', 3) is [_, var code, ..] ? code : "";
        if (status is not ("429" or "503"))
            throw LoadException.NotTaken($"The address answers {head.Split("\r\n")[0]} where a WebSocket should be");
        var at = head.IndexOf(RetryAfter, StringComparison.OrdinalIgnoreCase);
        if (at < 0) return new NotNowException(head, null);
        var value = head.AsSpan(at + RetryAfter.Length);
        var end = value.IndexOf('\r');
        return new NotNowException(
            head,
            int.TryParse(end < 0 ? value : value[..end], CultureInfo.InvariantCulture, out var seconds)
                ? TimeSpan.FromSeconds(seconds)
                : null);
    }

    public static NotNowException Of(Goodbye goodbye) => new(
        goodbye.Reason, goodbye.AfterMs is { } ms ? TimeSpan.FromMilliseconds(ms) : null);
}
