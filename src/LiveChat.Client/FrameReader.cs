using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.Extensions.Logging;

namespace LiveChat.Client;

/// <summary>
/// Turns the messages of a transport into frames, and remembers what <c>goodbye</c> said until the close comes.
/// Called by one task at a time.
/// </summary>
internal sealed partial class FrameReader(ITransport transport, ILogger logger)
{
    private const int BrokenCode = 1006;

    private readonly ILogger _logger = logger;
    private ReadOnlyMemory<byte> _rest;

    /// <summary>What the server said before it closes.</summary>
    public Goodbye? Goodbye { get; private set; }

    /// <summary>The next frame, or how the connection ended. Frames that are not known are passed over.</summary>
    public async ValueTask<(ServerFrame? Frame, ConnectionEnd? End)> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (JsonFrames.TryTakeFrame(ref _rest, out var text))
            {
                var read = JsonFrames.ReadServerFrame(text.Span);
                if (read.Status == FrameReadStatus.Malformed)
                {
                    LogMalformed(read.Problem);
                    if (read.Number is { } number) return (Unreadable(number), null);
                }

                if (read.Frame is Goodbye goodbye) Goodbye = goodbye;
                if (read.Frame is not null) return (read.Frame, null);
            }

            try
            {
                var message = await transport.ReceiveAsync(cancellationToken).ConfigureAwait(false);
                if (message.CloseCode is { } code) return (null, End(code));
                _rest = message.Bytes;
            }
            catch (TransportException) when (Goodbye is not null)
            {
                return (null, End(BrokenCode)); // Nothing was to come.
            }
        }
    }

    private ConnectionEnd End(int code)
    {
        if (Goodbye is null)
        {
            var reason = code == BrokenCode ? "the connection broke" : $"the server closed with {code}";
            return new ConnectionEnd(code, reason);
        }

        return new ConnectionEnd(Goodbye.Code, Goodbye.Reason)
        {
            After = Goodbye.AfterMs is { } wait ? TimeSpan.FromMilliseconds(wait) : null,
            Reconnect = Goodbye.Reconnect,
        };
    }

    private static ErrorFrame Unreadable(uint number) => new()
    {
        Re = number,
        Problem = new Problem
        {
            Code = ErrorCode.Internal,
            Title = "The server's answer cannot be read.",
            Status = 500,
            Retryable = false,
        },
    };

    [LoggerMessage(9001, LogLevel.Warning, "The server sent a frame that cannot be read: {Problem}")]
    private partial void LogMalformed(string? problem);
}
