using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Links;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Core.Workers;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// The gateway's half of markers, on their way to the store: once a second all that rose are written together, durably,
/// then their sessions are answered. The user's own devices are told in every chat and whatever waits for them, on
/// other nodes too; the owner of the chat tells the other members (<see cref="ReceiptBoard"/>). A session gets at most
/// one <c>receipts</c> of others and one of its own user a second and chat, and none of others that goes back.
/// Sessions call from any thread, one loop writes; the lock keeps what waits. Full (65,536 sessions and chats in one
/// second) means a retryable refusal.
/// </summary>
internal sealed class MarkerBoard(
    IUserStore users, StoreCalls calls, SessionDirectory sessions, ReceiptBoard receipts, ISignals signals,
    TimeProvider time)
{
    private const int WaitingMax = 65_536;
    private const int AnswersMax = 64;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWriteMax = TimeSpan.FromSeconds(10);

    /// <summary>To the own devices how far their user is is no news from outside of a stay.</summary>
    private static readonly MemberStay Everything = new(1, null);

    private readonly Lock _lock = new();
    private Dictionary<(Inflight Session, ChatId Chat), Rise> _waiting = [];

    /// <summary>Takes a marker that the chat's state allows; null when it will be answered later.</summary>
    public Problem? Raise(ChatState chat, UserId user, Inflight session, Mark mark, long readN)
    {
        lock (_lock)
        {
            var key = (session, chat.Chat);
            if (!_waiting.TryGetValue(key, out var rise))
            {
                if (_waiting.Count >= WaitingMax) return Problems.Of(ErrorCode.Unavailable);
                _waiting.Add(key, rise = new Rise(user, chat.Direct));
            }

            if (rise.Answers.Count >= AnswersMax) return Problems.Of(ErrorCode.RateLimited);
            rise.Delivered = Math.Max(rise.Delivered, Math.Max(mark.Delivered ?? 0, mark.Read ?? 0));
            if (mark.Read > rise.Read) (rise.Read, rise.ReadN) = (mark.Read.Value, readN);
            if (mark.Id is { } number) rise.Answers.Add(number);
            return null;
        }
    }

    /// <summary>Writes once a second until it is stopped, and a last time then; each time the receipts of this node's
    /// chats follow.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Loops.EveryAsync(Interval, time, TurnAsync, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It was asked to end; a write that was under way has no answers, which its clients know to repeat.
        }

        using var limit = new CancellationTokenSource(LastWriteMax, time);
        await TurnAsync(limit.Token);
    }

    private async Task TurnAsync(CancellationToken cancellationToken)
    {
        await WriteAsync(cancellationToken);
        await receipts.TellAsync(cancellationToken);
    }

    /// <summary>Writes what waits, answers, and tells the own devices and the owners.</summary>
    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        Dictionary<(Inflight Session, ChatId Chat), Rise> taken;
        lock (_lock)
        {
            if (_waiting.Count == 0) return;
            taken = _waiting;
            _waiting = [];
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        MarkerRaise[] raises =
        [
            .. taken.Select(entry => new MarkerRaise(
                entry.Key.Chat, entry.Value.User, entry.Value.Delivered, entry.Value.Read, entry.Value.ReadN, now)),
        ];
        IReadOnlyList<MarkerRaise> rose = [];
        var attempts = 0;
        await calls.WriteAsync(
            async token =>
            {
                attempts++;
                rose = await users.RaiseMarkersAsync(raises, token);
            },
            cancellationToken);
        foreach (var ((session, chat), rise) in taken)
            foreach (var number in rise.Answers)
                session.Outbox.PostAnswer(FrameBytes.Of(new Ack
                {
                    Re = number,
                    Chat = chat.ToString(),
                    Seq = Math.Max(rise.Delivered, rise.Read),
                }));
        // A write whose answer was lost rose before it was repeated, and says nothing of it any more.
        TellOwn(attempts == 1 ? rose : raises, [.. taken.Values.Select(static rise => rise.IsDirect)]);
        foreach (var ofChat in rose.Where(static raise => raise.DeliveredSeq + raise.ReadSeq > 0)
            .GroupBy(static raise => raise.Chat))
            if (signals.OwnerOf(ofChat.Key) is { } owner) owner.Tell(MarkSignals.Of(ofChat.Key, ofChat));
            else receipts.Note(ofChat);
    }

    /// <summary>Tells the user's own devices, which count anew what is unread.</summary>
    private void TellOwn(IReadOnlyList<MarkerRaise> rose, bool[] isDirect)
    {
        for (var i = 0; i < rose.Count; i++)
        {
            if (Sight.ReceiptOf(rose[i], Everything, isDirect[i]) is not { } mark) continue;
            foreach (var device in sessions.Of(rose[i].User))
                device.Outbox.PostOwnMark(rose[i].Chat, mark);
            signals.ToDevices(rose[i].User, MarkSignals.Of(rose[i].Chat, mark));
        }
    }

    /// <summary>What rose by one session in one chat within the second.</summary>
    private sealed class Rise(UserId user, bool isDirect)
    {
        public UserId User => user;

        public bool IsDirect => isDirect;

        public long Delivered { get; set; }

        public long Read { get; set; }

        public long ReadN { get; set; }

        public List<uint> Answers { get; } = [];
    }
}
