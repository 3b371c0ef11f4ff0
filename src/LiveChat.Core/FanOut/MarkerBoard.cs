using LiveChat.Core.History;
using LiveChat.Core.Ingest;
using LiveChat.Core.Sequencing;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// Markers on their way to the store: once a second all that rose are written together, durably, then their sessions
/// are answered and the members are told, so that nobody gets more than one <c>receipts</c> a second and chat.
/// Sessions call from any thread, one loop writes; the lock keeps what waits. Full (65,536 sessions and chats in one
/// second) means a retryable refusal.
/// </summary>
internal sealed class MarkerBoard(
    IUserStore users, StoreCalls calls, DeliveryWorker delivery, SessionDirectory sessions, TimeProvider time)
{
    private const int WaitingMax = 65_536;
    private const int AnswersMax = 64;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWriteMax = TimeSpan.FromSeconds(10);

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
                _waiting.Add(key, rise = new Rise(chat.Chat, user));
            }

            if (rise.Answers.Count >= AnswersMax) return Problems.Of(ErrorCode.RateLimited);
            rise.Delivered = Math.Max(rise.Delivered, Math.Max(mark.Delivered ?? 0, mark.Read ?? 0));
            if (mark.Read > rise.Read) (rise.Read, rise.ReadN) = (mark.Read.Value, readN);
            if (mark.Id is { } number) rise.Answers.Add(number);
            return null;
        }
    }

    /// <summary>Writes once a second until it is stopped, and a last time then.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Loops.EveryAsync(Interval, time, WriteAsync, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It was asked to end; a write that was under way has no answers, which its clients know to repeat.
        }

        using var limit = new CancellationTokenSource(LastWriteMax, time);
        await WriteAsync(limit.Token);
    }

    /// <summary>Writes what waits, answers, and tells the others.</summary>
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
        await calls.WriteAsync(token => users.RaiseMarkersAsync(raises, token), cancellationToken);
        foreach (var ((session, chat), rise) in taken)
            foreach (var number in rise.Answers)
                session.Outbox.PostAnswer(FrameBytes.Of(new Ack
                {
                    Re = number,
                    Chat = chat.ToString(),
                    Seq = Math.Max(rise.Delivered, rise.Read),
                }));
        foreach (var rises in taken.Values.GroupBy(static rise => rise.Chat))
        {
            // Of this moment: whoever left since the marker was taken hears nothing of the chat any more.
            var chat = await calls.ReadAsync(rises.Key, delivery.StateAsync, cancellationToken);
            if (chat is { Pull: false })
                Tell(chat, rises);
        }
    }

    /// <summary>All markers of the chat that rose, to every member: the user's other devices count anew too.</summary>
    private void Tell(ChatState chat, IEnumerable<Rise> rises)
    {
        var items = rises
            .Where(rise => chat.Direct || rise.Read > 0)
            .GroupBy(static rise => rise.User)
            .Select(user => ReceiptOf(user, chat.Direct))
            .ToList();
        if (items.Count == 0) return;
        var frame = FrameBytes.Of(new Receipts { Chat = chat.Chat.ToString(), Items = items });
        foreach (var member in chat.Roster.Members)
            foreach (var device in sessions.Of(member.User))
                device.Outbox.TryPostEphemeral(frame);
    }

    private static Receipt ReceiptOf(IGrouping<UserId, Rise> user, bool isDirect)
    {
        var furthest = user.MaxBy(static rise => rise.Read)!;
        return new Receipt
        {
            User = user.Key.Value,
            Delivered = isDirect ? user.Max(static rise => rise.Delivered) : null,
            Read = furthest.Read > 0 ? furthest.Read : null,
            ReadN = furthest.Read > 0 ? furthest.ReadN : null,
        };
    }

    /// <summary>What rose by one session in one chat within the second.</summary>
    private sealed class Rise(ChatId chat, UserId user)
    {
        public ChatId Chat => chat;

        public UserId User => user;

        public long Delivered { get; set; }

        public long Read { get; set; }

        public long ReadN { get; set; }

        public List<uint> Answers { get; } = [];
    }
}
