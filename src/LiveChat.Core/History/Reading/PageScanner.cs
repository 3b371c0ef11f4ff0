using System.Buffers;
using LiveChat.Core.Log;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History.Reading;

/// <summary>What a page holds.</summary>
/// <param name="Items">In seq order.</param>
/// <param name="Lowest">The lowest seq that was looked at.</param>
/// <param name="Highest">The highest one; below <paramref name="Lowest"/> when nothing was.</param>
/// <param name="Next">Where the next page in the same direction begins; null at the end.</param>
/// <param name="Bytes">What the items take.</param>
/// <param name="Cost">What the page took from the store; an event of the tail counts as a row.</param>
internal sealed record PageScan(
    IReadOnlyList<ChatEvent> Items, long Lowest, long Highest, long? Next, long Bytes, ReadCost Cost)
{
    /// <summary>Of a page around a seq: where the page below it begins; null at the end.</summary>
    public long? NextBefore { get; init; }

    /// <summary>Of a page around a seq: where the page above it begins; null at the end.</summary>
    public long? NextAfter { get; init; }
}

/// <summary>
/// Collects a page: walks up or down the seqs of the user's stays, a part at a time, until the page is full in items
/// or bytes, or has cost <see cref="TokensMax"/>: what events and reactions a chat holds makes a page shorter, not
/// dearer. A part takes about <see cref="PartTokensMax"/> of each table; other work has its turn on the thread between
/// two parts.
/// </summary>
internal sealed class PageScanner(IHistoryStore store)
{
    /// <summary>What a page may cost before its last part, in <see cref="ReadCost.Tokens"/>.</summary>
    public const int TokensMax = 4_096;

    /// <summary>What a part may take of each table; the first event of a part is whole, whatever it costs.</summary>
    public const int PartTokensMax = 512;

    /// <summary>Events of the parts behind the first one, which may hold little that is shown.</summary>
    private const int PartMin = 64;

    private readonly SharedReads<(ChatId Chat, EventRange Range, Position Head), EventsRead> _reads = new();

    public async ValueTask<PageScan> ScanAsync(ChatView view, PageQuery query, CancellationToken cancellationToken)
    {
        var nothing = new PageScan([], long.MaxValue, 0, null, 0, default);
        if (query.AfterSeq is { } after)
            return await WalkAsync(view, query, after + 1, up: true, query.Limit, nothing, cancellationToken);
        if (query.AroundSeq is not { } around)
            return await WalkAsync(
                view, query, (query.BeforeSeq ?? long.MaxValue) - 1, up: false, query.Limit, nothing,
                cancellationToken);

        var below = await WalkAsync(view, query, around, up: false, (query.Limit + 1) / 2, nothing, cancellationToken);
        var above = await WalkAsync(
            view, query, around + 1, up: true, query.Limit - below.Items.Count, below, cancellationToken);
        return new PageScan(
            [.. below.Items, .. above.Items],
            Math.Min(below.Lowest, above.Lowest), Math.Max(below.Highest, above.Highest), null, above.Bytes, above.Cost)
        {
            NextBefore = below.Next,
            NextAfter = above.Next,
        };
    }

    /// <summary>Walks until there are so many items, or the page, with what it had before, is full.</summary>
    private async ValueTask<PageScan> WalkAsync(
        ChatView view,
        PageQuery query,
        long start,
        bool up,
        int limit,
        PageScan before,
        CancellationToken cancellationToken)
    {
        var items = new List<ChatEvent>();
        var size = new ArrayBufferWriter<byte>();
        var (seq, bytes, cost, partMin) = (Nearest(view, start, up), before.Bytes, before.Cost, 1);
        var (lowest, highest) = (long.MaxValue, 0L);

        // Of a page around a seq the upper part may be left to the next page, and begins there.
        long? next = seq is null ? null : up ? start - 1 : start + 1;
        var deletions = query.AsMessages ? null : Deletions(view);
        while (seq is { } at && items.Count < limit && cost.Tokens < TokensMax)
        {
            var stay = view.StayAt(at)!.Value;
            var part = Math.Max(partMin, limit - items.Count) - 1;
            var range = up
                ? new EventRange(at, Math.Min(at + part, stay.ToSeq ?? view.Seq))
                : new EventRange(Math.Max(at - part, stay.FromSeq), at) { IsDownward = true };
            var (events, taken) = await LoadAsync(view, RangeOf(range, view, query, stay), stay, cancellationToken);
            cost += taken;
            if (deletions is not null) cost += await EndContentsAsync(view, events, deletions, cancellationToken);
            for (var i = 0; i < events.Count && items.Count < limit; i++)
            {
                var folded = events[up ? i : events.Count - 1 - i];
                if (!query.AsMessages || folded.IsMessage)
                {
                    var item = query.AsMessages ? folded.ToMessage(stay) : folded.ToEvent(stay);
                    size.ResetWrittenCount();
                    JsonFrames.Write(size, item);
                    if (bytes + size.WrittenCount > Limits.PageBytesMax && bytes > 0)
                        return Finish(items, up, lowest, highest, up ? folded.Seq - 1 : folded.Seq + 1, bytes, cost);
                    bytes += size.WrittenCount;
                    items.Add(item);
                }

                (lowest, highest) = (Math.Min(lowest, folded.Seq), Math.Max(highest, folded.Seq));
                seq = Nearest(view, up ? folded.Seq + 1 : folded.Seq - 1, up);
                next = seq is null ? null : folded.Seq;
            }

            partMin = PartMin;
            if (seq is not null && items.Count < limit) await Task.Yield();
        }

        return Finish(items, up, lowest, highest, next, bytes, cost);
    }

    private static PageScan Finish(
        List<ChatEvent> items, bool up, long lowest, long highest, long? next, long bytes, ReadCost cost)
    {
        if (!up) items.Reverse();
        return new PageScan(items, lowest, highest, next, bytes, cost);
    }

    /// <summary>The next seq, from <paramref name="seq"/> on, that the user may see.</summary>
    private static long? Nearest(ChatView view, long seq, bool up)
    {
        long? best = null;
        foreach (var stay in view.Stays)
        {
            var last = stay.ToSeq ?? view.Seq;
            var candidate = up ? Math.Max(seq, stay.FromSeq) : Math.Min(seq, last);
            if (candidate < stay.FromSeq || candidate > last) continue;
            if (best is null || (up ? candidate < best : candidate > best)) best = candidate;
        }

        return best;
    }

    /// <summary>What is read with the events: with messages what happened to them, up to the end of the stay, and the
    /// reactions as they are, or as they were then; with edits what they said.</summary>
    private static EventRange RangeOf(EventRange range, ChatView view, PageQuery query, MemberStay stay) =>
        query.AsMessages
            ? range with
            {
                EditsTo = Math.Min(stay.ToSeq ?? view.Seq, view.StoredSeq),
                ReactionsTo = stay.ToSeq is { } end ? Math.Min(end, view.StoredSeq) : IHistoryStore.ReactionsNow,
                TokensMax = PartTokensMax,
            }
            : range with { WithEditBodies = true, TokensMax = PartTokensMax };

    /// <summary>
    /// The events of a range, or those at the end where a read that was cut began, with what the tail says happened to
    /// them: deletions up to the view's head, edits and reactions up to the end of the stay.
    /// </summary>
    private async ValueTask<(List<FoldedEvent> Events, ReadCost Cost)> LoadAsync(
        ChatView view, EventRange range, MemberStay stay, CancellationToken cancellationToken)
    {
        var (events, read) = (new List<FoldedEvent>(), new EventsRead([], default, IsCut: false));
        if (range.From <= view.StoredSeq)
        {
            var key = (view.Chat, range with { To = Math.Min(range.To, view.StoredSeq) }, view.Stored!.Position);
            read = await _reads.ReadAsync(
                key, it => store.ReadEventsAsync(it.Chat, it.Range, CancellationToken.None), cancellationToken);
            events.AddRange(read.Entries.Select(entry => new FoldedEvent(entry, view.StoredSeq)));
        }

        // A read upwards that was cut ends below the tail.
        if (!read.IsCut || range.IsDownward)
            foreach (var chatEvent in view.Tail)
                if ((long)chatEvent.Seq >= range.From && (long)chatEvent.Seq <= range.To)
                    events.Add(new FoldedEvent(chatEvent));
        var from = read.IsCut && range.IsDownward ? range.To - events.Count + 1 : range.From;
        for (var i = 0; i < events.Count; i++)
            if (events[i].Seq != from + i)
                throw new InvalidDataException($"History of chat {view.Chat} has a hole at {from + i}.");
        if (events.Count == 0 || (!read.IsCut && events.Count != range.To - from + 1))
            throw new InvalidDataException(
                $"History of chat {view.Chat} ends at {from + events.Count} below {range.To}.");

        foreach (var chatEvent in view.Tail)
            if ((long)(chatEvent.Record.Target?.Seq ?? 0) - from is >= 0 and var at && at < events.Count)
                events[(int)at].Apply(chatEvent, stay.ToSeq ?? view.Seq);
        return (events, read.Cost + new ReadCost(events.Count - read.Entries.Count, 0));
    }

    /// <summary>By message, the deletions that are above history.</summary>
    private static Dictionary<long, long?> Deletions(ChatView view)
    {
        var deletions = new Dictionary<long, long?>();
        foreach (var chatEvent in view.Tail)
            if (chatEvent.Record.Delete is not null)
                deletions[(long)chatEvent.Record.Target.Seq] = (long)chatEvent.Seq;
        return deletions;
    }

    /// <summary>Takes away what edits say of messages that were deleted: history says it of its own edits. Looks each
    /// message up once a page.</summary>
    private async ValueTask<ReadCost> EndContentsAsync(
        ChatView view, List<FoldedEvent> events, Dictionary<long, long?> deletions, CancellationToken cancellationToken)
    {
        var cost = default(ReadCost);
        foreach (var edit in events)
        {
            if (edit.EditTarget is not (> 0 and var target)) continue;
            var isInHistory = edit.Seq > view.StoredSeq && target <= view.StoredSeq;
            if (!deletions.TryGetValue(target, out var deleted) && isInHistory)
            {
                var read = await store.ReadEventsAsync(view.Chat, new EventRange(target, target), cancellationToken);
                deletions[target] = deleted = read.Entries is [var entry] ? entry.DeletedSeq : null;
                cost += read.Cost;
            }

            if (deleted is { } seq) edit.EndContent(seq);
        }

        return cost;
    }
}
