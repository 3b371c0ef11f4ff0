using LiveChat.Core.Outboxes;
using LiveChat.Protocol;

namespace LiveChat.Core.Peers;

/// <summary>
/// What a gateway does when nobody can name what its sessions lack in a partition: each of them ends, at a fixed rate,
/// and comes back with the position that its device holds, which lies before. Any thread.
/// </summary>
internal sealed class Comebacks(SessionDirectory directory, TimeProvider time)
{
    private const int SessionsAtOnce = 50;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Ends the sessions that are there now, 500 in a second.</summary>
    public async Task EndAllAsync(CancellationToken cancellationToken)
    {
        var sessions = directory.All.OrderBy(static session => session.Number).ToArray();
        foreach (var some in sessions.Chunk(SessionsAtOnce))
        {
            foreach (var session in some) session.Outbox.Close(CloseCode.Rebalance);
            await Task.Delay(Pause, time, cancellationToken);
        }
    }
}
