using LiveChat.Core.Outboxes;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Sessions;

/// <summary>
/// The pings of a node. Sessions that are pinged in the same second share one frame, since most of them stand at the
/// same position and an idle one gets nothing else. Only the wheel calls.
/// </summary>
internal sealed class PingFrames(SinceSeal seal)
{
    private const long SharedMs = 1_000;
    private readonly ReadOnlyMemory<byte> _withoutPosition = FrameBytes.Of(new Ping());
    private Since _since;
    private ReadOnlyMemory<byte> _frame;

    /// <summary>A ping with this position, or with one up to a second before, from which no less is resumed. One that
    /// names partitions that are behind may be a session's own, and is not shared. Before a node knows how late it is,
    /// a client keeps the position that it has.</summary>
    public ReadOnlyMemory<byte> At(Since since)
    {
        if (since.IsNothing) return _withoutPosition;
        if (since.Stragglers.Count > 0) return FrameBytes.Of(new Ping { Since = seal.Write(since) });
        var ahead = since.TimeMs - _since.TimeMs;
        if (_frame.IsEmpty || since.Start != _since.Start || ahead is < 0 or >= SharedMs)
        {
            _frame = FrameBytes.Of(new Ping { Since = seal.Write(since) });
            _since = since;
        }

        return _frame;
    }
}
