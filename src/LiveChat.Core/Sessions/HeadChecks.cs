using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Sessions;

/// <summary>
/// The safety net below the fan-out: looks whether sessions were told what history has, some of them at a time, all of
/// them in turns. For half a minute it notes what a session is told, then it reads the heads of the user's chats. A
/// head is lost when its record came after the begin of that time, this gateway's position has passed it, and the
/// session was told neither the event nor the head. Then it tells the session, and counts it: there must be none.
/// </summary>
/// <remarks>One loop. A round reads at most 100 sessions, and of each the 100 latest chats; while the store is away, or
/// a partition has no owner, it looks at nothing.</remarks>
/// <param name="directory">The sessions of this node.</param>
/// <param name="users">Which chats a user has.</param>
/// <param name="history">The heads of chats.</param>
/// <param name="calls">Makes the reads, which this can do without.</param>
/// <param name="partitions">How many there are.</param>
/// <param name="readsAsync">What the owners of all partitions have read.</param>
/// <param name="positionOf">Up to where a partition was handed to this gateway; null when that is not known.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears of heads that were lost.</param>
internal sealed partial class HeadChecks(
    SessionDirectory directory,
    IUserStore users,
    IHistoryStore history,
    StoreCalls calls,
    int partitions,
    Func<CancellationToken, Task<IReadOnlyDictionary<int, Position>>> readsAsync,
    Func<int, Position?> positionOf,
    TimeProvider time,
    ILogger<HeadChecks> logger)
{
    private const int SessionsAtOnce = 100;
    private const int ChatsMax = 100;

    /// <summary>How often it looks whether this gateway has got as far as history.</summary>
    private const int LooksMax = 30;

    /// <summary>What is said of large chats comes a moment after the position.</summary>
    private const int LooksBehind = 2;

    private static readonly TimeSpan RoundEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WatchFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReadsWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>The clock of the log may be behind this node's.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private ulong _last;
    private long _checked;
    private long _repaired;

    /// <summary>Sessions that were looked at.</summary>
    public long Checked => Interlocked.Read(ref _checked);

    /// <summary>Heads that sessions were told by this alone.</summary>
    public long Repaired => Interlocked.Read(ref _repaired);

    /// <summary>Makes rounds until it is stopped.</summary>
    public Task RunAsync(CancellationToken stoppingToken) =>
        Loops.EveryAsync(RoundEvery, time, RoundAsync, stoppingToken);

    private async Task RoundAsync(CancellationToken stoppingToken)
    {
        Watched[] watched = [.. Next().Select(static session => new Watched(session, new ToldHeads()))];
        if (watched.Length == 0) return;
        foreach (var one in watched) one.Session.Outbox.Watch(one.Told);
        try
        {
            // Behind the begin: what a session was told before it was read by its owner, and is at or below. A later
            // owner may begin further back, with what this gateway was handed already.
            var fromMs = (time.GetUtcNow() - Margin).ToUnixTimeMilliseconds();
            if (await TryReadsAsync(stoppingToken) is not { } reads) return;
            var before = reads.ToDictionary(
                static read => read.Key,
                read => positionOf(read.Key) is { } at && at > read.Value ? at : read.Value);
            await Task.Delay(WatchFor, time, stoppingToken);
            var untold = new List<Untold>();
            foreach (var one in watched)
                untold.AddRange(await UntoldAsync(one, before, fromMs, stoppingToken));
            for (var look = 0; look < LooksMax && untold.Count > 0; look++)
            {
                await Task.Delay(LookEvery, time, stoppingToken);
                untold.RemoveAll(IsSettled);
            }
        }
        finally
        {
            foreach (var one in watched) one.Session.Outbox.Watch(null);
        }
    }

    /// <summary>The sessions that follow on those of the former round, by their numbers.</summary>
    private ConnectedDevice[] Next()
    {
        ConnectedDevice[] next =
        [
            .. directory.All.Where(session => session.Number > _last)
                .OrderBy(static session => session.Number)
                .Take(SessionsAtOnce),
        ];
        _last = next.Length == SessionsAtOnce ? next[^1].Number : 0;
        return next;
    }

    private async Task<IReadOnlyDictionary<int, Position>?> TryReadsAsync(CancellationToken stoppingToken)
    {
        using var limit = new CancellationTokenSource(ReadsWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stoppingToken);
        try
        {
            return await readsAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The chats of which the session was not told the head that history has, which is no fault yet: it may be
    /// under way.</summary>
    private async Task<List<Untold>> UntoldAsync(
        Watched one, Dictionary<int, Position> before, long fromMs, CancellationToken stoppingToken)
    {
        var untold = new List<Untold>();
        if (one.Session.Outbox.Closed is not null || calls.IsAway) return untold;
        var placed = await calls.TryReadAsync(
            one.Session.User,
            (user, token) => users.ReadChatsByTimeAsync(user, ChatOrder.Heads, ChatPlace.Start, ChatsMax, token),
            without: [],
            stoppingToken);
        foreach (var (place, row) in placed)
        {
            // A chat whose members pull stands at the minute in which it changed.
            if (place.TimeMs < ChatPlace.TimeOf(pull: true, fromMs)) break;
            if (row.ToSeq is not null || (!row.Pull && one.Told.Has(row.Chat, row.HeadSeq))) continue;
            var head = await calls.TryReadAsync(row.Chat, history.ReadHeadAsync, without: null, stoppingToken);
            if (head?.Roster.Contains(one.Session.User) is not true) continue;
            var partition = Partitioner.PartitionOf(row.Chat, partitions);
            if (head.Position > before[partition]) untold.Add(new Untold(one, partition, head));
        }

        Interlocked.Increment(ref _checked);
        return untold;
    }

    /// <summary>Whether nothing is left to look at: it was told meanwhile, the session has ended, or it was lost.
    /// </summary>
    private bool IsSettled(Untold untold)
    {
        var (outbox, head) = (untold.Of.Session.Outbox, untold.Head);
        if (outbox.Closed is not null || untold.Of.Told.Has(head.Chat, head.Seq)) return true;
        if (positionOf(untold.Partition) is not { } at || at < head.Position) return false;
        if (untold.Looks++ < LooksBehind) return false;
        Interlocked.Increment(ref _repaired);
        LogRepaired(untold.Of.Session.Id, head.Seq, head.Chat);
        outbox.PostHead(head.Chat, head.Seq, head.N);
        return true;
    }

    [LoggerMessage(1060, LogLevel.Error,
        "The session {Session} was not told of {Seq} in {Chat}, and is now: it was lost on its way to this gateway.")]
    private partial void LogRepaired(string session, long seq, ChatId chat);

    /// <summary>A session, and what it was told since it is watched.</summary>
    private sealed record Watched(ConnectedDevice Session, ToldHeads Told);

    /// <summary>A head that a session may not have been told.</summary>
    private sealed record Untold(Watched Of, int Partition, ChatState Head)
    {
        /// <summary>How often it was looked at since this gateway has got as far.</summary>
        public int Looks { get; set; }
    }
}
