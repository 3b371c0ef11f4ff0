using System.Collections.Concurrent;
using LiveChat.Core.Chats;
using LiveChat.Core.FanOut;
using LiveChat.Core.History;
using LiveChat.Core.Links;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>
/// The owner's end of a call from a gateway: hand-overs for the users who have sessions there, and how far the owner
/// is. It never holds up a partition: while the link is full, one head a chat waits in the place of events, and the
/// owner's positions are not told. Loops of partitions and the turn write; the lock keeps what was dropped in order
/// with what is written.
/// </summary>
internal sealed class GatewayFeed(ILinkCall call, int partitions, OwnNews news, TimeProvider time) : IGatewayFeed
{
    private static readonly TimeSpan RoomWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan QuietMax = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<UserId, bool> _online = new();
    private readonly (ulong Loop, long Handed, long TimeMs)[] _told = new (ulong, long, long)[partitions];
    private readonly long[] _toldHistory = new long[partitions];
    private DroppedEvents? _dropped;
    private string _claims = "";
    private bool _hasClaims;
    private long _heardAt = time.GetTimestamp();
    private long _toldAt = time.GetTimestamp();

    /// <summary>The node that calls.</summary>
    public LinkHello Gateway => call.Peer;

    /// <summary>Whether all users who are there were named: only then is anything claimed.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>How long nothing was heard of it.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _heardAt));

    public bool HasEnded { get; private set; }

    public bool Has(UserId user) => _online.ContainsKey(user);

    public async ValueTask<LinkFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        var frame = await call.ReadAsync(cancellationToken);
        Volatile.Write(ref _heardAt, time.GetTimestamp());
        return frame;
    }

    public void End() => HasEnded = true;

    /// <summary>The gateway's users; the first barrier says that they are whole. Whoever comes may have missed what
    /// another device changed just before.</summary>
    public void Take(Online online)
    {
        if (online.Whole) _online.Clear();
        foreach (var user in online.Went) _online.TryRemove(LinkUsers.Of(user), out _);
        foreach (var name in online.Came)
        {
            var user = LinkUsers.Of(name);
            _online[user] = true;
            foreach (var signal in news.Of(user)) Tell(user, signal);
        }
    }

    /// <summary>Hands over what concerns the gateway: the event for those who are there, and the answer if the record's
    /// id has the node's bits.</summary>
    public void Hand(HandOver handOver)
    {
        var isAnswered = Snowflake.Node(handOver.Record) == call.Peer.NodeId;
        var chatEvent = handOver.Event is { } handed ? For(handed) : null;
        if (chatEvent is null && !isAnswered) return;
        var frame = LinkFrames.Of(handOver, chatEvent, isAnswered);
        lock (_lock)
        {
            if (_dropped is null && call.TryWrite(frame)) return;
            var answer = isAnswered ? LinkFrames.Of(handOver, null, withAnswer: true) : null;
            (_dropped ??= new DroppedEvents()).Note(handOver.Chat, chatEvent, answer);
        }
    }

    /// <summary>Shows a sign, or says that it was missed.</summary>
    public void Sign(Sign sign)
    {
        var recipients = sign.Recipients.Where(Has).ToArray();
        if (recipients.Length == 0) return;
        lock (_lock)
            if (_dropped is null && call.TryWrite(LinkFrames.Of(sign, recipients))) return;
        if (!HasEnded) sign.Missed?.Invoke();
    }

    /// <summary>Tells the user's devices there, if there are any, once there is room.</summary>
    public void Tell(UserId user, Signal signal)
    {
        if (!Has(user)) return;
        lock (_lock)
            if (_dropped is not null || !call.TryWrite(new LinkFrame { Signal = signal }))
                (_dropped ??= new DroppedEvents()).Note(user, signal);
    }

    public async ValueTask<bool> PutAsync(LinkFrame frame, CancellationToken cancellationToken)
    {
        while (!HasEnded)
        {
            lock (_lock)
                if (FlushDropped() && call.TryWrite(frame)) return true;
            await Task.Delay(RoomWait, time, cancellationToken);
        }

        return false;
    }

    /// <summary>Answers a barrier with what the owner has read; what is claimed goes before.</summary>
    public void Echo(ulong counter, IReadOnlyList<PartitionMark> marks)
    {
        HasBegun = true;
        TellClaims(marks);
        var echo = new Echo { Counter = counter };
        foreach (var mark in marks)
            echo.Items.Add(new Echo.Types.Item
            {
                Partition = (uint)mark.Partition, Loop = mark.Loop, Read = mark.Read.Value,
            });
        lock (_lock) call.TryWrite(new LinkFrame { Echo = echo });
    }

    /// <summary>Tells what has moved: claims, positions, history.</summary>
    public void Turn(IReadOnlyList<PartitionMark> marks, HistoryProgress history, IEnumerable<int> historyStopped)
    {
        if (!HasBegun) return;
        TellClaims(marks);
        lock (_lock)
        {
            if (!FlushDropped()) return;
            var progress = NextProgress(marks, history, historyStopped);
            var isDue = time.GetElapsedTime(_toldAt) >= QuietMax;
            if (!isDue && progress.Partitions.Count == 0 && progress.History.Count == 0) return;
            if (!call.TryWrite(new LinkFrame { Progress = progress })) return;
            _toldAt = time.GetTimestamp();
            foreach (var item in progress.Partitions)
                _told[item.Partition] = (item.Loop, item.Handed, item.HandedTimeMs);
            foreach (var item in progress.History) _toldHistory[item.Partition] = item.Passed;
        }
    }

    private Progress NextProgress(
        IReadOnlyList<PartitionMark> marks, HistoryProgress history, IEnumerable<int> historyStopped)
    {
        var progress = new Progress();
        foreach (var mark in marks)
        {
            var timeMs = mark.HandedTimeMs; // Before the position, which is never behind it.
            var now = (mark.Loop, mark.Handed.Value, timeMs);
            if (mark.HasStopped) progress.Stopped.Add((uint)mark.Partition);
            if (_told[mark.Partition] == now) continue;
            progress.Partitions.Add(new Progress.Types.Place
            {
                Partition = (uint)mark.Partition, Loop = mark.Loop, Handed = now.Value, HandedTimeMs = timeMs,
            });
        }

        for (var partition = 0; partition < partitions; partition++)
            if (history.Passed(partition).Value is var passed && passed > _toldHistory[partition])
                progress.History.Add(new Progress.Types.History { Partition = (uint)partition, Passed = passed });
        progress.HistoryStopped.AddRange(historyStopped.Select(static one => (uint)one));
        return progress;
    }

    /// <summary>Claims are said whole, when they are others than before. A frame without room ends the call at the
    /// gateway, which hears no echo.</summary>
    private void TellClaims(IReadOnlyList<PartitionMark> marks)
    {
        lock (_lock)
        {
            var now = string.Join(' ', marks.Select(static mark => $"{mark.Partition}/{mark.Loop}"));
            if (_hasClaims && now == _claims) return;
            var claims = new Claims();
            foreach (var mark in marks)
                claims.Items.Add(new Claim { Partition = (uint)mark.Partition, Loop = mark.Loop });
            if (call.TryWrite(new LinkFrame { Claims = claims })) (_claims, _hasClaims) = (now, true);
        }
    }

    private bool FlushDropped()
    {
        if (_dropped is null) return true;
        if (!_dropped.TryWrite(call.TryWrite)) return false;
        _dropped = null;
        return true;
    }

    /// <summary>The event for the recipients who are there; null when there is none.</summary>
    private HandedEvent? For(HandedEvent handed)
    {
        Member[] there = [.. handed.Recipients.ToArray().Where(member => Has(member.User))];
        var removed = handed.Removed is { } gone && Has(gone) ? handed.Removed : null;
        return there.Length == 0 && removed is null
            ? null
            : handed with { Recipients = there, Removed = removed };
    }
}
