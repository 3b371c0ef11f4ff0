using System.Buffers;
using LiveChat.Core.Log;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>What a page holds.</summary>
/// <param name="Items">In seq order.</param>
/// <param name="Lowest">The lowest seq that was looked at.</param>
/// <param name="Highest">The highest one; below <paramref name="Lowest"/> when nothing was.</param>
/// <param name="Next">Where the next page in the same direction begins; null at the end.</param>
/// <param name="Bytes">What the items take.</param>
internal sealed record PageScan(IReadOnlyList<ChatEvent> Items, long Lowest, long Highest, long? Next, long Bytes)
{
    /// <summary>Of a page around a seq: where the page below it begins; null at the end.</summary>
    public long? NextBefore { get; init; }

    /// <summary>Of a page around a seq: where the page above it begins; null at the end.</summary>
    public long? NextAfter { get; init; }
}

/// <summary>
/// Collects a page: walks up or down the seqs of the user's stays, a part at a time, until the page is full in items
/// or bytes, or <see cref="ScannedMax"/> events were looked at. Other reads have their turn on the thread between two
/// parts.
/// </summary>
internal sealed class PageScanner(IHistoryStore store)
{
    /// <summary>Most events that a page looks at, so that those which are not shown cost little.</summary>
    public const int ScannedMax = 1_024;

    private const int PartMin = 64;

    private readonly SharedReads<
        (ChatId Chat, long From, long To, long EditsTo, long ReactionsTo, Position Head),
        IReadOnlyList<HistoryEntry>> _reads = new();

    public async ValueTask<PageScan> ScanAsync(ChatView view, PageQuery query, CancellationToken cancellationToken)
    {
        if (query.AfterSeq is { } after)
            return await WalkAsync(view, query, after + 1, up: true, query.Limit, 0, cancellationToken);
        if (query.AroundSeq is not { } around)
            return await WalkAsync(
                view, query, (query.BeforeSeq ?? long.MaxValue) - 1, up: false, query.Limit, 0, cancellationToken);

        var below = await WalkAsync(view, query, around, up: false, (query.Limit + 1) / 2, 0, cancellationToken);
        var left = query.Limit - below.Items.Count;
        var above = left > 0
            ? await WalkAsync(view, query, around + 1, up: true, left, below.Bytes, cancellationToken)
            : new PageScan([], long.MaxValue, 0, Nearest(view, around + 1, up: true) is null ? null : around, 0);
        return new PageScan(
            [.. below.Items, .. above.Items],
            Math.Min(below.Lowest, above.Lowest), Math.Max(below.Highest, above.Highest), null, above.Bytes)
        {
            NextBefore = below.Next,
            NextAfter = above.Next,
        };
    }

    private async ValueTask<PageScan> WalkAsync(
        ChatView view,
        PageQuery query,
        long start,
        bool up,
        int limit,
        long bytesBefore,
        CancellationToken cancellationToken)
    {
        var items = new List<ChatEvent>();
        var size = new ArrayBufferWriter<byte>();
        var (seq, scanned, bytes) = (Nearest(view, start, up), 0L, bytesBefore);
        var (lowest, highest) = (long.MaxValue, 0L);
        while (seq is { } at && items.Count < limit && scanned < ScannedMax)
        {
            var stay = view.StayAt(at)!.Value;
            var part = Math.Max(PartMin, limit - items.Count) - 1;
            var (from, to) = up
                ? (at, Math.Min(at + part, stay.ToSeq ?? view.Seq))
                : (Math.Max(at - part, stay.FromSeq), at);
            var events = await LoadAsync(
                view, from, to, stay.ToSeq ?? view.Seq, ReactionsTo(view, query, stay), cancellationToken);
            for (var i = 0; i < events.Count && items.Count < limit; i++)
            {
                var folded = events[up ? i : events.Count - 1 - i];
                if (!query.AsMessages || folded.IsMessage)
                {
                    var item = query.AsMessages
                        ? folded.ToMessage(stay)
                        : folded.ToEvent(stay, await TargetOfAsync(view, folded, events, cancellationToken));
                    size.ResetWrittenCount();
                    JsonFrames.Write(size, item);
                    if (bytes + size.WrittenCount > Limits.PageBytesMax && bytes > 0)
                        return Finish(items, up, lowest, highest, up ? folded.Seq - 1 : folded.Seq + 1, bytes);
                    bytes += size.WrittenCount;
                    items.Add(item);
                }

                scanned++;
                (lowest, highest) = (Math.Min(lowest, folded.Seq), Math.Max(highest, folded.Seq));
                seq = Nearest(view, up ? folded.Seq + 1 : folded.Seq - 1, up);
            }

            if (seq is not null && items.Count < limit) await Task.Yield();
        }

        return Finish(items, up, lowest, highest, seq is null ? null : up ? highest : lowest, bytes);
    }

    private static PageScan Finish(List<ChatEvent> items, bool up, long lowest, long highest, long? next, long bytes)
    {
        if (!up) items.Reverse();
        return new PageScan(items, lowest, highest, next, bytes);
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

    /// <summary>The message on which an edit acts, which holds the edit's content; null for other events.</summary>
    private async ValueTask<FoldedEvent?> TargetOfAsync(
        ChatView view, FoldedEvent folded, List<FoldedEvent> loaded, CancellationToken cancellationToken)
    {
        if (folded.EditTarget is not (> 0 and var target)) return null;
        var index = target - loaded[0].Seq;
        if (index >= 0 && index < loaded.Count && loaded[(int)index].Knows(folded.Seq)) return loaded[(int)index];
        return (await LoadAsync(view, target, target, folded.Seq, reactionsTo: 0, cancellationToken))[0];
    }

    /// <summary>Reactions are shown with messages, as they are, or as they were when the stay ended.</summary>
    private static long ReactionsTo(ChatView view, PageQuery query, MemberStay stay) =>
        !query.AsMessages ? 0
        : stay.ToSeq is { } end ? Math.Min(end, view.StoredSeq)
        : IHistoryStore.ReactionsNow;

    /// <summary>The events of a range with what happened to them: deletions up to the view's head, edits and reactions
    /// up to <paramref name="lastSeq"/>, of history's edits the newest.</summary>
    private async ValueTask<List<FoldedEvent>> LoadAsync(
        ChatView view, long from, long to, long lastSeq, long reactionsTo, CancellationToken cancellationToken)
    {
        var events = new List<FoldedEvent>();
        if (from <= view.StoredSeq)
        {
            var upTo = Math.Min(lastSeq, view.StoredSeq);
            var key = (view.Chat, from, Math.Min(to, view.StoredSeq), upTo, reactionsTo, view.Stored!.Position);
            var entries = await _reads.ReadAsync(
                key,
                it => store.ReadEventsAsync(
                    it.Chat, it.From, it.To, it.EditsTo, it.ReactionsTo, CancellationToken.None),
                cancellationToken);
            events.AddRange(entries.Select(entry => new FoldedEvent(entry, view.StoredSeq)));
        }

        foreach (var chatEvent in view.Tail)
            if ((long)chatEvent.Seq >= from && (long)chatEvent.Seq <= to)
                events.Add(new FoldedEvent(chatEvent));
        for (var i = 0; i < events.Count; i++)
            if (events[i].Seq != from + i)
                throw new InvalidDataException($"History of chat {view.Chat} has a hole at {from + i}.");
        if (events.Count != to - from + 1)
            throw new InvalidDataException($"History of chat {view.Chat} ends at {from + events.Count} below {to}.");

        foreach (var chatEvent in view.Tail)
            if ((long)(chatEvent.Record.Target?.Seq ?? 0) is var target && target >= from && target <= to)
                events[(int)(target - from)].Apply(chatEvent, lastSeq);
        return events;
    }
}
