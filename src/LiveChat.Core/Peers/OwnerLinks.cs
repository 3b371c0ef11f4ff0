using LiveChat.Core.Links;
using LiveChat.Core.Timing;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Peers;

/// <summary>
/// The gateway's calls to every other live node. A call that ends, or cannot be made, is made again after a pause of up
/// to five seconds, at random, as long as the node is live. One loop looks which nodes are live; each has a loop of its
/// own, so that one that cannot be reached delays no other.
/// </summary>
internal sealed partial class OwnerLinks(
    ILinkNetwork network,
    Membership membership,
    LinkHello hello,
    Func<ILinkCall, OwnerCall> begin,
    TimeProvider time,
    Random random,
    ILogger<OwnerLinks> logger)
{
    private const int PauseMsMin = 100;
    private const int PauseMsMax = 5_000;
    private const int DoublingsMax = 6;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CallWithin = TimeSpan.FromSeconds(5);

    /// <summary>A node that starts or was cut off for a moment is linked by then.</summary>
    private static readonly TimeSpan MissingAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Peer> _peers = [];

    /// <summary>The nodes that are linked now, for those who look.</summary>
    public IReadOnlyList<string> Linked
    {
        get
        {
            lock (_lock) return [.. _peers.Values.Where(static peer => peer.IsLinked).Select(static peer => peer.Name)];
        }
    }

    /// <summary>Which live nodes this gateway has had no link to for ten seconds, and why, in a sentence; null when it
    /// has all. What happens there does not reach its sessions. Any thread.</summary>
    public string? Missing
    {
        get
        {
            lock (_lock)
            {
                var missing = _peers.Values
                    .Where(peer => peer is { Node: not null, IsLinked: false }
                        && time.GetElapsedTime(peer.UnlinkedAt) > MissingAfter)
                    .OrderBy(static peer => peer.Name, StringComparer.Ordinal)
                    .Select(static peer => $"{peer.Name}: {peer.Why}");
                return string.Join(" ", missing) is { Length: > 0 } named ? $"No link to {named}" : null;
            }
        }
    }

    /// <summary>Keeps the calls until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        try
        {
            Look(ending.Token);
            await Loops.EveryAsync(
                LookEvery,
                time,
                _ =>
                {
                    Look(ending.Token);
                    return Task.CompletedTask;
                },
                stoppingToken);
        }
        finally
        {
            ending.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
            Task[] loops;
            lock (_lock) loops = [.. _peers.Values.Select(static peer => peer.Loop)];
            await Task.WhenAll(loops);
        }
    }

    private void Look(CancellationToken endingToken)
    {
        var wanted = membership.Live.ToDictionary(static node => node.Name);
        lock (_lock)
        {
            foreach (var (name, peer) in _peers)
                if (peer.Loop.IsCompleted) _peers.Remove(name);
                else peer.Node = wanted.GetValueOrDefault(name);
            foreach (var (name, node) in wanted)
            {
                if (_peers.ContainsKey(name)) continue;
                var peer = new Peer(name, time.GetTimestamp()) { Node = node };
                _peers.Add(name, peer);
                peer.Loop = KeepAsync(peer, endingToken);
            }
        }
    }

    /// <summary>Calls again and again while the node is live; a call that goes on outlives its entry.</summary>
    private async Task KeepAsync(Peer peer, CancellationToken endingToken)
    {
        await Task.Yield(); // Whoever looks goes on.
        try
        {
            for (var attempt = 0; peer.Node is { } node; attempt++)
            {
                if (await TryTalkAsync(peer, node, endingToken)) attempt = 0;
                await Task.Delay(PauseOf(attempt), time, endingToken);
            }
        }
        catch (OperationCanceledException) when (endingToken.IsCancellationRequested)
        {
            // The node ends.
        }
    }

    /// <summary>False when there was no call.</summary>
    private async Task<bool> TryTalkAsync(Peer peer, NodeEntry node, CancellationToken endingToken)
    {
        try
        {
            var call = await CallAsync(node, endingToken);
            LogLinked(node.Name);
            Note(peer, isLinked: true, "The link has ended.");
            await begin(call).RunAsync(endingToken);
            return true;
        }
        catch (LinkRefusedException refused)
        {
            // Each try is refused alike.
            if (Note(peer, isLinked: false, refused.Message)) LogRefused(node.Name, refused.Message);
        }
        catch (InvalidDataException damaged)
        {
            Note(peer, isLinked: false, damaged.Message);
            LogDamaged(node.Name, damaged.Message);
        }
        catch (IOException away)
        {
            Note(peer, isLinked: false, away.Message);
            LogAway(node.Name, away.Message);
        }
        finally
        {
            Note(peer, isLinked: false, peer.Why);
        }

        return false;
    }

    /// <summary>Whether it is news.</summary>
    private bool Note(Peer peer, bool isLinked, string why)
    {
        lock (_lock)
        {
            if (peer.IsLinked && !isLinked) peer.UnlinkedAt = time.GetTimestamp();
            peer.IsLinked = isLinked;
            var isNews = peer.Why != why;
            peer.Why = why;
            return isNews;
        }
    }

    private async Task<ILinkCall> CallAsync(NodeEntry node, CancellationToken endingToken)
    {
        using var limit = new CancellationTokenSource(CallWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, endingToken);
        try
        {
            var call = await network.CallAsync(node, hello, either.Token);
            if (call.Peer.Incarnation == node.Incarnation || call.Peer.Node == node.Name) return call;
            await call.DisposeAsync();
            throw new LinkRefusedException($"{call.Peer.Node} answers at the address of {node.Name}.");
        }
        catch (OperationCanceledException) when (!endingToken.IsCancellationRequested)
        {
            throw new IOException($"{node.Name} at {node.Address} does not answer in time.");
        }
    }

    private TimeSpan PauseOf(int attempt)
    {
        var most = Math.Min(PauseMsMax, PauseMsMin << Math.Min(attempt, DoublingsMax));
        lock (_lock) return TimeSpan.FromMilliseconds(random.Next(1, most + 1));
    }

    [LoggerMessage(7043, LogLevel.Information, "This gateway is linked with {Node}.")]
    private partial void LogLinked(string node);

    [LoggerMessage(7044, LogLevel.Error, "{Node} refuses this node: {Reason}")]
    private partial void LogRefused(string node, string reason);

    [LoggerMessage(7045, LogLevel.Warning, "The link to {Node} ends by a damaged frame, and begins anew: {Reason}")]
    private partial void LogDamaged(string node, string reason);

    [LoggerMessage(7046, LogLevel.Debug, "{Node} cannot be reached: {Reason}")]
    private partial void LogAway(string node, string reason);

    /// <summary>A node that is called.</summary>
    private sealed class Peer(string name, long unlinkedAt)
    {
        public string Name => name;

        /// <summary>Since when there is no link, as a time stamp of the clock.</summary>
        public long UnlinkedAt { get; set; } = unlinkedAt;

        /// <summary>Why there was none when it was tried last: a sentence.</summary>
        public string Why { get; set; } = "It was not called yet.";

        /// <summary>Its entry; null when it is not live any more.</summary>
        public NodeEntry? Node { get; set; }

        public bool IsLinked { get; set; }

        public Task Loop { get; set; } = Task.CompletedTask;
    }
}
