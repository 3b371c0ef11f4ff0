using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Ingest;
using LiveChat.Core.Sessions;

namespace LiveChat.Core.Erasures;

/// <summary>What erasures of users and deletions of chats work with.</summary>
/// <param name="Store">Keeps the erasures, and removes what no event removes.</param>
/// <param name="Deletions">Keeps the deletions of chats, and removes what these had.</param>
/// <param name="History">Where the events are.</param>
/// <param name="Looks">Waits until history has an event.</param>
/// <param name="Sessions">The way to the log.</param>
/// <param name="Revocations">Shuts the user out.</param>
/// <param name="LeftOutAsync">Waits until history has everything that is in the log now. Gives the partitions that it
/// left out, or null when history has not got that far.</param>
internal sealed record ErasureServices(
    IErasureStore Store,
    IDeletionStore Deletions,
    IHistoryStore History,
    HeadLooks Looks,
    SessionServices Sessions,
    Revocations Revocations,
    Func<CancellationToken, Task<IReadOnlyCollection<int>?>> LeftOutAsync)
{
    /// <summary>So long after a node knows of a work, nothing can be on its way that did not know of it. A command asks
    /// at most <see cref="CommandIngest.AskedForMax"/> before its record is in the log's hands, which try for 30 s. The
    /// node's own clock counts from when it knows: neither other clocks nor a slow beginning matter.</summary>
    public static readonly TimeSpan SettlesAfter = TimeSpan.FromSeconds(35);

    /// <summary>The clock.</summary>
    public TimeProvider Time => Sessions.Time;

    /// <summary>Unix milliseconds.</summary>
    public long NowMs => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
