using System.Diagnostics.CodeAnalysis;
using LiveChat.Loads.Sockets;
using LiveChat.Protocol.Frames;

namespace LiveChat.EndToEnd.SlowReaders;

/// <summary>A device that reads, and checks that it gets one chat's events once and in order. Its loop reads; the
/// test waits for a seq.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no handle, and is released late.")]
internal sealed class EventReader(LightSocket socket)
{
    private readonly SemaphoreSlim _moved = new(0);
    private long _seq;

    /// <summary>The chat of the events.</summary>
    public string Chat { get; private set; } = "";

    /// <summary>What should not have come.</summary>
    public string? Problem { get; private set; }

    public Task SendAsync(ClientFrame frame, CancellationToken cancellationToken) =>
        socket.SendAsync(frame with { Id = 7 }, cancellationToken);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await socket.ReadAsync(cancellationToken) is { IsEmpty: false } message)
        {
            foreach (var line in LightSocket.Lines(message)) Take(JsonFrames.ReadServerFrame(line.Span).Frame);
            _moved.Release();
        }

        Problem ??= $"The connection ended with {socket.CloseCode}.";
        _moved.Release();
    }

    /// <summary>Waits until the event came, or something else that should not.</summary>
    public async Task ReachAsync(long seq, CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _seq) < seq && Problem is null) await _moved.WaitAsync(cancellationToken);
        if (Problem is not null) throw new InvalidOperationException(Problem);
    }

    private void Take(ServerFrame? frame)
    {
        switch (frame)
        {
            case ChatEvent happened:
                Chat = happened.Chat;
                if (happened.Seq != _seq + 1) Problem ??= $"After {_seq} came {happened.Seq}.";
                Volatile.Write(ref _seq, happened.Seq);
                break;
            case ChatHeadFrame or Goodbye or ErrorFrame:
                Problem ??= $"A {frame.GetType().Name} came.";
                break;
        }
    }
}
