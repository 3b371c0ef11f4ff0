using System.Collections.Immutable;
using LiveChat.Core.FanOut;
using LiveChat.Core.Links;

namespace LiveChat.Core.Peers;

/// <summary>
/// The gateway's end of a call to an owner's node. Asks for a barrier every second, which is its heartbeat: an owner
/// that has not answered one for six seconds is frozen or cut off, and the call ends with its claims. A frame that
/// finds no room ends the call too: it begins anew with everything. One loop reads; any thread writes.
/// </summary>
internal sealed class OwnerCall(ILinkCall call, GatewayDesk desk, OpenSigns shown, TimeProvider time) : ISignalWay
{
    /// <summary>An owner that has answered no barrier for so long has no claims any more.</summary>
    public static readonly TimeSpan SilentMax = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan BeatEvery = TimeSpan.FromSeconds(1);

    private CancellationTokenSource Ending { get; } = new();
    private long _echoedAt = time.GetTimestamp();

    public string Owner => call.Peer.Node;

    /// <summary>Whether the other node has sessions.</summary>
    public bool IsGateway => ((NodeRoles)call.Peer.Roles).HasFlag(NodeRoles.Gateway);

    /// <summary>When the call began, as a time stamp of the clock.</summary>
    public long BeganAt { get; } = time.GetTimestamp();

    /// <summary>What sessions here are shown through it.</summary>
    public OpenSigns Shown => shown;

    /// <summary>Partitions whose records the owner does not answer any more.</summary>
    public ImmutableHashSet<int> Stopped { get; set; } = [];

    /// <summary>Partitions in which history goes no further, as the owner knows.</summary>
    public ImmutableHashSet<int> HistoryStopped { get; set; } = [];

    /// <summary>Puts a frame behind those before it; never waits. Without room the call ends.</summary>
    public void Write(LinkFrame frame)
    {
        if (!call.TryWrite(frame)) _ = EndSoonAsync();
    }

    public void Tell(Signal signal) => call.TryWrite(new LinkFrame { Signal = signal });

    /// <summary>The owner answered a barrier.</summary>
    public void NoteEcho() => Volatile.Write(ref _echoedAt, time.GetTimestamp());

    /// <summary>Reads until the call ends, by either end, by silence, or with the token.</summary>
    /// <exception cref="InvalidDataException">A frame was damaged.</exception>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        using var stop = stoppingToken.Register(Ending.Cancel);
        desk.Begin(this); // Before the first barrier, which says that the users of this gateway are whole.
        var beating = BeatAsync(Ending.Token);
        try
        {
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

    /// <summary>Whoever writes may hold a lock, and the end of the call runs where it is brought about.</summary>
    private async Task EndSoonAsync()
    {
        await Task.Yield();
        Ending.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
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
