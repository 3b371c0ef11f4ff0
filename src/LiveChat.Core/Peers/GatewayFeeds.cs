using System.Collections.Immutable;
using LiveChat.Core.FanOut;
using LiveChat.Core.History;
using LiveChat.Core.Links;
using LiveChat.Core.Timing;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Peers;

/// <summary>
/// The ways from this node's owners to all gateways: its own by a call without bytes, the others by their links. A
/// link that is full, slow or away delays nothing. The partitions' loops hand over, each call has a loop that reads,
/// one loop tells all of them how far the owner is.
/// </summary>
internal sealed partial class GatewayFeeds : INodeLink
{
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(200);

    /// <summary>A gateway says something every second.</summary>
    private static readonly TimeSpan SilentMax = TimeSpan.FromSeconds(15);

    private readonly INodeLink _own;
    private readonly Func<IReadOnlyList<PartitionMark>> _marks;
    private readonly HistoryProgress _progress;
    private readonly Func<IEnumerable<int>> _historyStopped;
    private readonly TimeProvider _time;
    private readonly ILogger<GatewayFeeds> _logger;
    private ImmutableArray<GatewayFeed> _feeds = [];

    /// <param name="own">The way to this node's own sessions.</param>
    /// <param name="marks">How far this node's owners are.</param>
    /// <param name="progress">How far history is, as this node knows.</param>
    /// <param name="historyStopped">Partitions in which this node's history goes no further.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Hears of calls.</param>
    public GatewayFeeds(
        INodeLink own,
        Func<IReadOnlyList<PartitionMark>> marks,
        HistoryProgress progress,
        Func<IEnumerable<int>> historyStopped,
        TimeProvider time,
        ILogger<GatewayFeeds> logger)
    {
        (_own, _marks, _progress, _historyStopped) = (own, marks, progress, historyStopped);
        (_time, _logger) = (time, logger);
        News = new OwnNews(time);
    }

    /// <summary>What users changed for their own devices lately.</summary>
    public OwnNews News { get; }

    /// <summary>The gateways that call now.</summary>
    public ImmutableArray<GatewayFeed> Feeds => _feeds;

    /// <summary>Ends when this node's sessions have it: other gateways have it, or a head in its place, at once.
    /// </summary>
    public ValueTask HandAsync(HandOver handOver, CancellationToken cancellationToken)
    {
        foreach (var feed in _feeds) feed.Hand(handOver);
        return _own.HandAsync(handOver, cancellationToken);
    }

    public void Sign(Sign sign)
    {
        foreach (var feed in _feeds) feed.Sign(sign);
        _own.Sign(sign);
    }

    /// <summary>Tells the user's devices on other gateways, and for half a minute those who come there.</summary>
    public void Tell(UserId user, Signal signal)
    {
        News.Note(user, signal); // First: whoever comes from here on is told by it.
        foreach (var feed in _feeds) feed.Tell(user, signal);
    }

    /// <summary>Serves a call of a gateway until it ends, or is silent for too long.</summary>
    /// <param name="call">The call.</param>
    /// <param name="desk">Takes what concerns others: positions, signals.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="InvalidDataException">A frame was damaged.</exception>
    public async Task ServeAsync(ILinkCall call, OwnerDesk desk, CancellationToken cancellationToken)
    {
        var feed = new GatewayFeed(call, _progress.Partitions, News, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ImmutableInterlocked.Update(ref _feeds, static (feeds, one) => feeds.Add(one), feed);
        LogCame(feed.Gateway.Node);
        var watching = WatchAsync(feed, ending);
        try
        {
            while (await feed.ReadAsync(ending.Token) is { } frame)
                if (frame.Online is { } online) feed.Take(online);
                else if (frame.Barrier is { } barrier) Echo(feed, barrier, desk);
                else desk.Take(feed, frame);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // It was silent, or the node ends.
        }
        finally
        {
            feed.End();
            ImmutableInterlocked.Update(ref _feeds, static (feeds, one) => feeds.Remove(one), feed);
            desk.End(feed);
            LogWent(feed.Gateway.Node);
            ending.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
            await watching;
        }
    }

    /// <summary>Tells all gateways how far the owner is, until it is stopped.</summary>
    public Task RunAsync(CancellationToken stoppingToken) => Loops.EveryAsync(
        Turn,
        _time,
        _ =>
        {
            Tell();
            return Task.CompletedTask;
        },
        stoppingToken);

    /// <summary>Tells all gateways how far the owner is.</summary>
    public void Tell()
    {
        if (_feeds.IsEmpty) return;
        var (marks, stopped) = (_marks(), _historyStopped().ToArray());
        foreach (var feed in _feeds) feed.Turn(marks, _progress, stopped);
    }

    /// <summary>The first barrier says that the gateway's users are whole.</summary>
    private void Echo(GatewayFeed feed, BarrierAsk barrier, OwnerDesk desk)
    {
        if (!feed.HasBegun) desk.Begin();
        feed.Echo(barrier.Counter, _marks());
    }

    private async Task WatchAsync(GatewayFeed feed, CancellationTokenSource ending)
    {
        try
        {
            while (feed.Silence < SilentMax) await Task.Delay(SilentMax - feed.Silence, _time, ending.Token);
            ending.Cancel();
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The call ended.
        }
    }

    [LoggerMessage(7040, LogLevel.Information, "The gateway {Node} is linked.")]
    private partial void LogCame(string node);

    [LoggerMessage(7041, LogLevel.Information, "The link of the gateway {Node} has ended.")]
    private partial void LogWent(string node);
}
