using System.Collections.Immutable;
using LiveChat.Core.Links;

namespace LiveChat.Core.Peers;

/// <summary>
/// The gateway's end of a call to an owner's node. Asks for a barrier every second, which is its heartbeat: an owner
/// that has not answered one for six seconds is frozen or cut off, and the call ends with its claims. A frame that
/// finds no room ends the call too: it begins anew with everything. One loop reads; any thread writes.
/// </summary>
internal sealed class OwnerCall(ILinkCall call, GatewayDesk desk, TimeProvider time)
{
    /// <summary>An owner that has answered no barrier for so long has no claims any more.</summary>
    public static readonly TimeSpan SilentMax = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(1);

    private CancellationTokenSource Ending { get; } = new();
    private long _echoedAt = time.GetTimestamp();

    public string Owner => call.Peer.Node;

    /// <summary>When the call began, as a time stamp of the clock.</summary>
    public long BeganAt { get; } = time.GetTimestamp();

    /// <summary>Partitions whose records the owner does not answer any more.</summary>
    public ImmutableHashSet<int> Stopped { get; set; } = [];

    /// <summary>Partitions in which history goes no further, as the owner knows.</summary>
    public ImmutableHashSet<int> HistoryStopped { get; set; } = [];

    /// <summary>Puts a frame behind those before it; never waits.</summary>
    public void Write(LinkFrame frame)
    {
        if (!call.TryWrite(frame)) Ending.Cancel();
    }

    /// <summary>The owner answered a barrier.</summary>
    public void NoteEcho() => Volatile.Write(ref _echoedAt, time.GetTimestamp());

    /// <summary>Reads until the call ends, by either end, by silence, or with the token.</summary>
    /// <exception cref="InvalidDataException">A frame was damaged.</exception>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        using var stop = stoppingToken.Register(Ending.Cancel);
        var beating = BeatAsync(Ending.Token);
        try
        {
            desk.Begin(this);
            while (await call.ReadAsync(Ending.Token) is { } frame) desk.Take(this, frame, Ending.Token);
        }
        catch (OperationCanceledException) when (Ending.IsCancellationRequested)
        {
            // It was silent, full, or asked to end.
        }
        finally
        {
            desk.End(this);
            Ending.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
            await beating;
            await call.DisposeAsync();
        }
    }

    private async Task BeatAsync(CancellationToken endingToken)
    {
        try
        {
            while (time.GetElapsedTime(Volatile.Read(ref _echoedAt)) < SilentMax)
            {
                desk.Beat(this);
                await Task.Delay(BeatEvery, time, endingToken);
            }

            Ending.Cancel();
        }
        catch (OperationCanceledException) when (endingToken.IsCancellationRequested)
        {
            // The call ended.
        }
    }
}
