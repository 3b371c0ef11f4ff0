using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;

namespace LiveChat.EndToEnd.Groups;

/// <summary>
/// A member's device that pulls nothing: it notes what the server says by itself. One loop writes, the test reads once
/// it has ended.
/// </summary>
internal sealed class Witness(LightSocket socket) : IDisposable
{
    /// <summary>The seqs that were pushed.</summary>
    public List<long> Pushed { get; } = [];

    /// <summary>The seqs of the heads.</summary>
    public List<long> Heads { get; } = [];

    /// <summary>Whether anything else came that says that the server was in trouble with this device.</summary>
    public bool IsWhole { get; private set; } = true;

    public static async Task<Witness> ConnectAsync(Uri endpoint, string token, CancellationToken cancellationToken)
    {
        var socket = await LightSocket.OpenAsync(endpoint, 4_096, kernelBytes: null, cancellationToken);
        await socket.ConnectAsync(new Connect { Token = token, Device = "witness" }, cancellationToken);
        return new Witness(socket);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await socket.ReadAsync(cancellationToken) is { IsEmpty: false } message)
                foreach (var line in LightSocket.Lines(message)) Take(JsonFrames.ReadServerFrame(line.Span).Frame);
            IsWhole = false;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The test has seen enough.
        }
    }

    public void Dispose() => socket.Dispose();

    private void Take(ServerFrame? frame)
    {
        if (frame is ChatEvent happened) Pushed.Add(happened.Seq);
        else if (frame is ChatHeadFrame head) Heads.Add(head.Seq);
        else if (frame is Goodbye or ErrorFrame) IsWhole = false;
    }
}
