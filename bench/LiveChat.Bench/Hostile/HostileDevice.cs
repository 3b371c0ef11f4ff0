using System.Globalization;
using System.Text;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Bench.Hostile;

/// <summary>One device that asks and waits for the answer. One caller at a time.</summary>
internal sealed class HostileDevice(LightSocket socket) : IDisposable
{
    private uint _number = 1;

    /// <summary>Answers that came.</summary>
    public long Asked { get; private set; }

    /// <summary>Answers that were errors.</summary>
    public long Refusals { get; private set; }

    public static string Key() => ClientId.New(TimeProvider.System.GetUtcNow()).ToString();

    /// <summary>The answer; null at the end of the connection.</summary>
    public async Task<ServerFrame?> AskAsync(ClientFrame command, CancellationToken stop)
    {
        var number = ++_number;
        await socket.SendAsync(command with { Id = number }, stop);
        var re = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\"re\":{number},"));
        while (await socket.ReadAsync(stop) is { IsEmpty: false } message)
            foreach (var line in LightSocket.Lines(message))
                if (line.Span.IndexOf(re) >= 0
                    && JsonFrames.ReadServerFrame(line.Span).Frame is { } frame and not Accepted)
                {
                    Asked++;
                    if (frame is ErrorFrame) Refusals++;
                    return frame;
                }

        return null;
    }

    public async Task<Ack> AckAsync(ClientFrame command, CancellationToken stop) =>
        await AskAsync(command, stop) as Ack ?? throw new InvalidOperationException($"{command} was refused.");

    /// <summary>As fast as a session may send, without being closed for it.</summary>
    public async Task RepeatAsync(Func<ClientFrame> command, TimeSpan pause, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var answer = await AskAsync(command(), stop);
                if (answer is null) return;
                var wait = answer is ErrorFrame { Problem: { Code: ErrorCode.RateLimited, RetryAfterMs: { } ms } }
                    ? TimeSpan.FromMilliseconds(ms)
                    : pause;
                await Task.Delay(wait, TimeProvider.System, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The round is over.
        }
    }

    public void Dispose() => socket.Dispose();
}
