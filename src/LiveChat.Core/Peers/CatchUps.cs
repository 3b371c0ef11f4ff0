using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Peers;

/// <summary>
/// Brings gateways to where the owner is. All who ask about a partition at the same time are served by one reading of
/// the log, from the lowest position: each is told the heads of the chats that were touched, whom records remove, and
/// what became of its commands. Only what is at or below the position up to which nothing waits is told; what is above
/// comes by itself. Calls of gateways ask, one task a partition reads; the lock keeps who waits.
/// </summary>
/// <param name="log">The log.</param>
/// <param name="markOf">How far this owner is in a partition; null when it does not have it.</param>
/// <param name="chats">What is known of chats.</param>
/// <param name="store">Knows what became of a record.</param>
/// <param name="calls">Repeats what the store does not answer.</param>
/// <param name="logCalls">Repeats what the log does not answer.</param>
/// <param name="progress">How far history is.</param>
/// <param name="rules">Opens records.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Hears of catch-ups that failed.</param>
internal sealed partial class CatchUps(
    IMessageLog log,
    Func<int, PartitionMark?> markOf,
    ChatStates chats,
    IHistoryStore store,
    StoreCalls calls,
    LogCalls logCalls,
    HistoryProgress progress,
    RulesTable rules,
    TimeProvider time,
    ILogger<CatchUps> logger)
{
    /// <summary>Who is further back begins anew.</summary>
    public const long RecordsMax = 5_000_000;

    private const int ReadBytesMax = 512 * 1024;
    private const int ItemsPerFrame = 500;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>A command has ended by then.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private CancellationTokenSource Ending { get; } = new();
    private readonly EntryDecoder _decoder = new(rules);
    private readonly Dictionary<int, List<CatchUpAsk>> _waiting = [];
    private readonly Dictionary<int, Task> _running = [];
    private List<(int Partition, Task Run)> _answering = [];

    /// <summary>A gateway says where it was in a partition; an answer follows, unless the partition goes away.
    /// </summary>
    public void Ask(IGatewayFeed feed, PositionAsk asked)
    {
        var partition = (int)asked.Partition;
        if (markOf(partition) is not { } mark) return;
        var ask = new CatchUpAsk(feed, asked, mark.Read);
        if (ask.Records > RecordsMax) ask.GiveUp();
        lock (_lock)
        {
            if (!_waiting.TryGetValue(partition, out var asks)) _waiting.Add(partition, asks = []);
            asks.Add(ask);
            if (!_running.ContainsKey(partition)) _running.Add(partition, RunAsync(partition));
        }
    }

    /// <summary>Ends what is under way.</summary>
    public async Task EndAsync()
    {
        Ending.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
        Task[] tasks;
        lock (_lock) tasks = [.. _running.Values, .. _answering.Select(static one => one.Run)];
        await Task.WhenAll(tasks);
    }

    private async Task RunAsync(int partition)
    {
        await Task.Yield(); // Whoever asks under the lock goes on.
        try
        {
            while (Take(partition) is { Count: > 0 } asks)
                if (markOf(partition) is { } mark) await TryServeAsync(partition, mark, asks);
        }
        catch (OperationCanceledException) when (Ending.IsCancellationRequested)
        {
            // The node ends.
        }
    }

    /// <summary>A failure ends this catch-up and no later one: the positions of its gateways stay where they are.
    /// </summary>
    private async Task TryServeAsync(int partition, PartitionMark mark, List<CatchUpAsk> asks)
    {
        try
        {
            await ServeAsync(partition, mark, asks, Ending.Token);
        }
        catch (Exception failure) when (!Ending.IsCancellationRequested)
        {
            LogFailed(failure, partition);
        }
    }

    /// <summary>Partitions of which commands wait until history has them. This node may have lost them meanwhile:
    /// whoever has them now leaves these answers to it.</summary>
    public IReadOnlyCollection<int> Answering
    {
        get
        {
            lock (_lock)
                return [.. _answering.Where(static one => !one.Run.IsCompleted).Select(static one => one.Partition)];
        }
    }

    private List<CatchUpAsk> Take(int partition)
    {
        lock (_lock)
        {
            if (_waiting.Remove(partition, out var asks)) return asks;
            _running.Remove(partition);
            return [];
        }
    }

    /// <summary>An answer that a loop did not finish is none: who has the partition now is asked again.</summary>
    private async Task ServeAsync(
        int partition, PartitionMark mark, List<CatchUpAsk> asks, CancellationToken cancellationToken)
    {
        var end = asks.Max(static ask => ask.End);
        while (mark.Handed < end && !mark.HasStopped)
        {
            if (markOf(partition) != mark) return;
            await Task.Delay(LookEvery, time, cancellationToken);
        }

        if (mark.HasStopped)
            foreach (var ask in asks) ask.EndAt(mark.Handed);
        if (!await ReadAsync(partition, mark, asks, cancellationToken)) return;
        var heads = await HeadsAsync(asks, cancellationToken);
        if (markOf(partition) != mark) return; // What was read may be behind.
        foreach (var ask in asks)
        {
            await TellAsync(mark, ask, heads, cancellationToken);
            if (ask.Waiting.Count == 0) continue;
            lock (_lock)
                _answering =
                [
                    .. _answering.Where(static one => !one.Run.IsCompleted),
                    (partition, AnswerAsync(partition, ask)),
                ];
        }
    }

    /// <summary>Reads the log once for all; false when the partition went meanwhile.</summary>
    private async Task<bool> ReadAsync(
        int partition, PartitionMark mark, List<CatchUpAsk> asks, CancellationToken cancellationToken)
    {
        while (asks.Exists(static ask => !ask.IsEmpty))
        {
            var reading = asks.Where(static ask => !ask.IsEmpty).ToArray();
            var (after, end) = (reading.Min(static ask => ask.From), reading.Max(static ask => ask.End));
            try
            {
                while (after < end)
                {
                    var from = after;
                    var batch = await logCalls.RepeatAsync(
                        "catch-ups",
                        token => log.ReadAgainAsync(partition, from, ReadBytesMax, token),
                        cancellationToken);
                    if (markOf(partition) != mark) return false;
                    if (batch.Count == 0) await Task.Delay(LookEvery, time, cancellationToken);
                    foreach (var entry in batch)
                    {
                        after = entry.Position;
                        if (after <= end && _decoder.Decode(entry, out var decoded) is EntryKind.Record)
                            foreach (var ask in reading) ask.Take(decoded);
                    }
                }

                return true;
            }
            catch (LogTrimmedException)
            {
                // The log no longer has what is behind the lowest position.
                foreach (var ask in reading)
                    if (ask.From <= after) ask.GiveUp();
            }
        }

        return true;
    }

    /// <summary>The chats as they are now, which is at or behind the end.</summary>
    private async Task<Dictionary<ChatId, ChatState>> HeadsAsync(
        List<CatchUpAsk> asks, CancellationToken cancellationToken)
    {
        var heads = new Dictionary<ChatId, ChatState>();
        var touched = asks.Where(static ask => !ask.IsUnknown).SelectMany(static ask => ask.Chats).Distinct();
        foreach (var some in touched.Chunk(ItemsPerFrame))
        {
            var states = await Task.WhenAll(
                some.Select(chat => calls.ReadAsync(chat, chats.StateAsync, cancellationToken).AsTask()));
            foreach (var state in states)
                if (state is not null) heads[state.Chat] = state;
        }

        return heads;
    }

    private static async Task TellAsync(
        PartitionMark mark,
        CatchUpAsk ask,
        Dictionary<ChatId, ChatState> heads,
        CancellationToken cancellationToken)
    {
        if (!ask.IsUnknown)
        {
            foreach (var some in ask.Emptied.Chunk(ItemsPerFrame))
                await PutAsync(part => part.Emptied.AddRange(some.Select(static chat => chat.Value)));
            foreach (var some in HeadsFor(ask, heads).Chunk(ItemsPerFrame))
                await PutAsync(part => part.Heads.AddRange(some));
            foreach (var some in ask.Removed.Chunk(ItemsPerFrame))
                await PutAsync(part => part.Removed.AddRange(some.Select(static one =>
                    new CaughtUp.Types.Removal { Chat = one.Chat.Value, User = one.User.Value })));
        }

        await PutAsync(static part => part.More = false);

        ValueTask<bool> PutAsync(Action<CaughtUp> fill)
        {
            var part = new CaughtUp
            {
                Partition = (uint)mark.Partition,
                Loop = mark.Loop,
                Ask = ask.Number,
                More = true,
                Unknown = ask.IsUnknown,
                End = ask.End.Value,
            };
            fill(part);
            return ask.Feed.PutAsync(new LinkFrame { CaughtUp = part }, cancellationToken);
        }
    }

    private static IEnumerable<CaughtUp.Types.Head> HeadsFor(CatchUpAsk ask, Dictionary<ChatId, ChatState> heads)
    {
        foreach (var chat in ask.Chats)
        {
            if (!heads.TryGetValue(chat, out var state)) continue;
            var head = new CaughtUp.Types.Head { Chat = chat.Value, Seq = state.Seq, N = state.N };
            foreach (var member in state.Roster.Members)
                if (ask.Feed.Has(member.User)) head.Users.Add(member.User.Value);
            if (head.Users.Count > 0) yield return head;
        }
    }

    /// <summary>Once history has the records it says what became of them.</summary>
    private async Task AnswerAsync(int partition, CatchUpAsk ask)
    {
        try
        {
            if (!await progress.WaitAsync(partition, ask.End, AnswerWithin, Ending.Token)) return;
            foreach (var (record, position) in ask.Waiting)
            {
                var key = CommandKey.Of(record);
                var found = await calls.ReadAsync(
                    (Chat: new ChatId(record.Chat), Key: key),
                    (asked, token) => store.ReadKeyAsync(asked.Chat, asked.Key.Sender, asked.Key.ClientId, token),
                    Ending.Token);
                var answer = RecordOutcomes.AnswerOfPast(record, position, found);
                var handOver = new FanOut.HandOver(new ChatId(record.Chat), record.Id, answer, null);
                await ask.Feed.PutAsync(LinkFrames.Of(handOver, null, withAnswer: true), Ending.Token);
            }
        }
        catch (OperationCanceledException) when (Ending.IsCancellationRequested)
        {
            // The node ends.
        }
    }

    [LoggerMessage(7047, LogLevel.Error, "A catch-up of partition {Partition} failed.")]
    private partial void LogFailed(Exception failure, int partition);
}
