using System.Collections.Immutable;
using LiveChat.Core.FanOut;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Presence;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>
/// What a gateway makes of the frames of owners: hand-overs become frames for sessions, positions move, barriers are
/// answered, heads of a catch-up are said. The loop of each call hands over its own frames, in their order.
/// </summary>
internal sealed class GatewayDesk
{
    /// <summary>How often a barrier looks whether all have answered.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan HistoryWait = TimeSpan.FromSeconds(1);

    private readonly GatewayPositions _positions;
    private readonly NodeFanOut _fanOut;
    private readonly TailCache _tails;
    private readonly PendingCommands _pending;
    private readonly HistoryProgress _progress;
    private readonly OnlineUsers _online;
    private readonly UserHeads _heads;
    private readonly Func<int, bool> _hasHistoryStopped;
    private readonly Action<ChatId, UserId> _left;
    private readonly Action<ChatId, UserId, ulong> _spoke;
    private readonly LinkedPresenceStore? _presence;
    private readonly OwnDevices _devices;
    private readonly Comebacks _comebacks;
    private readonly TimeProvider _time;
    private ImmutableArray<OwnerCall> _calls = [];
    private ImmutableArray<Task> _finishing = [];
    private ulong _counter;

    /// <param name="positions">Where this gateway is.</param>
    /// <param name="fanOut">Makes frames of hand-overs.</param>
    /// <param name="tails">What was handed over lately.</param>
    /// <param name="pending">Commands without an answer.</param>
    /// <param name="progress">How far history is, as this node knows.</param>
    /// <param name="online">Who has sessions here.</param>
    /// <param name="heads">Reads the heads of those who left.</param>
    /// <param name="hasHistoryStopped">Whether this node's own history goes no further in a partition.</param>
    /// <param name="left">Hears of who left a chat, as another node says.</param>
    /// <param name="spoke">Hears of who spoke in a chat in which record, as another node says: what this node's own
    /// owner shows of the user ends, since it may have lost the chat.</param>
    /// <param name="presence">Says who is online here; null where that is said elsewhere.</param>
    /// <param name="devices">Tells users' devices what other ones changed.</param>
    /// <param name="comebacks">Ends the sessions that nobody can bring to where the owner is.</param>
    /// <param name="time">The clock.</param>
    public GatewayDesk(
        GatewayPositions positions,
        NodeFanOut fanOut,
        TailCache tails,
        PendingCommands pending,
        HistoryProgress progress,
        OnlineUsers online,
        UserHeads heads,
        Func<int, bool> hasHistoryStopped,
        Action<ChatId, UserId> left,
        Action<ChatId, UserId, ulong> spoke,
        LinkedPresenceStore? presence,
        OwnDevices devices,
        Comebacks comebacks,
        TimeProvider time)
    {
        (_positions, _fanOut, _tails, _pending, _progress) = (positions, fanOut, tails, pending, progress);
        (_online, _heads, _hasHistoryStopped) = (online, heads, hasHistoryStopped);
        (_left, _spoke) = (left, spoke);
        (_presence, _devices, _comebacks, _time) = (presence, devices, comebacks, time);
        Others = new OtherSessions(time);
    }

    /// <summary>The sessions of users on other gateways.</summary>
    public OtherSessions Others { get; }

    /// <summary>The calls to other nodes that last now.</summary>
    public ImmutableArray<OwnerCall> Calls => _calls;

    /// <summary>Whether history goes no further in a partition, as far as anybody says.</summary>
    public bool HasHistoryStopped(int partition) =>
        _hasHistoryStopped(partition) || _calls.Any(call => call.HistoryStopped.Contains(partition));

    /// <summary>Whether an owner says that it answers no more records of the partition. Asked for each command.
    /// </summary>
    public bool HasStopped(int partition)
    {
        foreach (var call in _calls)
            if (call.Stopped.Contains(partition)) return true;
        return false;
    }

    public void Begin(OwnerCall call)
    {
        ImmutableInterlocked.Update(ref _calls, static (calls, one) => calls.Add(one), call);
        _online.Begin(call);
        _fanOut.Begin(call.Shown);
        if (call.IsGateway) _presence?.Begin(call, call.Write);
        Beat(call);
    }

    public void End(OwnerCall call)
    {
        _online.End(call);
        Others.End(call);
        _presence?.End(call);
        ImmutableInterlocked.Update(ref _calls, static (calls, one) => calls.Remove(one), call);
        _positions.End(call);
        _fanOut.End(call.Shown);
    }

    /// <summary>Asks for the barrier that was asked for last.</summary>
    public void Beat(OwnerCall call) => call.Write(BarrierOf(Interlocked.Read(ref _counter)));

    /// <summary>
    /// What the owners of all partitions had read at some moment behind the call; it waits for owners that are gone to
    /// be followed by others. A partition in which history has stopped is not waited for.
    /// </summary>
    public async Task<IReadOnlyDictionary<int, Position>> ReadsAsync(CancellationToken cancellationToken)
    {
        var counter = Interlocked.Increment(ref _counter);
        foreach (var call in _calls) call.Write(BarrierOf(counter));
        while (true)
        {
            if (_positions.ReadsOf(counter, HasHistoryStopped) is { } reads) return reads;
            await Task.Delay(LookEvery, _time, cancellationToken);
        }
    }

    /// <summary>Takes a frame of another node.</summary>
    /// <exception cref="InvalidDataException">The frame is damaged.</exception>
    public void Take(OwnerCall call, LinkFrame frame, CancellationToken endingToken)
    {
        switch (frame.BodyCase)
        {
            case LinkFrame.BodyOneofCase.Claims:
                var asked = _positions.Claimed(call, frame.Claims);
                if (asked.Items.Count > 0) call.Write(new LinkFrame { Positions = asked });
                break;
            case LinkFrame.BodyOneofCase.Handed:
                Hand(LinkFrames.Read(frame.Handed), frame.Handed.Answer is not null, call.Shown);
                break;
            case LinkFrame.BodyOneofCase.Progress:
                Take(call, frame.Progress);
                break;
            case LinkFrame.BodyOneofCase.Echo:
                _positions.Take(call, frame.Echo);
                call.NoteEcho();
                break;
            case LinkFrame.BodyOneofCase.CaughtUp:
                Take(call, frame.CaughtUp, call.BeganAt, endingToken);
                break;
            case LinkFrame.BodyOneofCase.Shown:
                call.Shown.Show(LinkFrames.Read(frame.Shown));
                break;
            case LinkFrame.BodyOneofCase.Signal:
                _devices.Take(frame.Signal);
                break;
            case LinkFrame.BodyOneofCase.SessionsTold:
                Others.Take(call, frame.SessionsTold);
                break;
            default:
                break; // What a newer build says.
        }
    }

    /// <summary>Takes a frame of this node's own owner, which makes catch-ups for it as for all others.</summary>
    public void TakeOwn(LinkFrame frame, CancellationToken endingToken)
    {
        if (frame.Handed is { } handed) Hand(LinkFrames.Read(handed), handed.Answer is not null);
        if (frame.CaughtUp is { } part) Take(_positions, part, long.MinValue, endingToken);
    }

    /// <summary>Ends once no catch-up is under way.</summary>
    public Task EndAsync() => Task.WhenAll(_finishing);

    /// <param name="handOver">What an owner hands over.</param>
    /// <param name="isAnswered">Whether the answer is for a command of this gateway.</param>
    /// <param name="by">What the owner shows besides; null for this node's own.</param>
    private void Hand(HandOver handOver, bool isAnswered, OpenSigns? by = null)
    {
        if (handOver.Event is { } handed)
        {
            var record = handed.Stored.Record;
            if (record.Message is not null) _spoke(handed.Chat, UserId.OfRecord(record.Sender), record.Id);
            foreach (var gone in handed.Gone) _left(handed.Chat, gone);
            _fanOut.Show(handed, by);
        }

        if (isAnswered) _pending.Complete(handOver.Record, handOver.Chat, handOver.Answer);
    }

    private void Take(OwnerCall call, Progress progress)
    {
        foreach (var item in progress.History)
            if (item.Partition < _progress.Partitions)
                _progress.Advance((int)item.Partition, new Position(item.Passed));
        _positions.Take(call, progress);
        if (!call.Stopped.SetEquals(progress.Stopped.Select(static one => (int)one)))
            call.Stopped = [.. progress.Stopped.Select(static one => (int)one)];
        if (!call.HistoryStopped.SetEquals(progress.HistoryStopped.Select(static one => (int)one)))
            call.HistoryStopped = [.. progress.HistoryStopped.Select(static one => (int)one)];
    }

    private void Take(object call, CaughtUp part, long beganAt, CancellationToken endingToken)
    {
        foreach (var chat in part.Emptied) _tails.Empty(new ChatId(chat));
        foreach (var head in part.Heads)
            foreach (var user in head.Users)
                _fanOut.SayHead(LinkUsers.Of(user), new ChatId(head.Chat), head.Seq, head.N);
        // No chats are named.
        var leavesHole = part.Unknown && _positions.MayLack((int)part.Partition);
        if (_positions.Take(call, part) is not { } claim) return;
        if (part.Unknown) _pending.Forsake((int)part.Partition, beganAt);
        if (claim.Removed.Count == 0 && !leavesHole)
        {
            _positions.Finish((int)part.Partition, claim, new Position(part.End));
            return;
        }

        var finishing = FinishAsync((int)part.Partition, claim, new Position(part.End), leavesHole, endingToken);
        ImmutableInterlocked.Update(
            ref _finishing, static (all, one) => all.RemoveAll(static done => done.IsCompleted).Add(one), finishing);
    }

    /// <summary>The position moves only when the heads of those who left were read, or every session was made whole.
    /// </summary>
    private async Task FinishAsync(
        int partition, PartitionClaim claim, Position end, bool leavesHole, CancellationToken endingToken)
    {
        try
        {
            if (leavesHole) await _comebacks.EndAllAsync(endingToken);
            while (!await _progress.WaitAsync(partition, end, HistoryWait, endingToken))
                endingToken.ThrowIfCancellationRequested();
            foreach (var (chat, user) in claim.Removed)
                if (await _heads.OfLeaverAsync(chat, user, endingToken) is { } head)
                    _fanOut.SayHead(user, chat, head.HeadSeq, head.HeadN);
            _positions.Finish(partition, claim, end);
        }
        catch (OperationCanceledException) when (endingToken.IsCancellationRequested)
        {
            // The call ended: the next owner is told the same position again.
        }
    }

    private static LinkFrame BarrierOf(ulong counter) => new() { Barrier = new BarrierAsk { Counter = counter } };
}
