using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// The owner's half of markers: once a second it tells the members of each chat what rose in it by any gateway, in push
/// chats, while outboxes and links have room. Nothing is told of a message that was not handed over yet, and none that
/// goes back; an owner that may have lost the chat's partition tells nothing. Gateways note from any thread, one loop
/// tells; the lock keeps what waits. Full (65,536 members and chats in one second) means that more is lost.
/// </summary>
internal sealed class ReceiptBoard(StoreCalls calls, ChatStates chats, INodeLink link, TimeProvider time)
{
    private const int WaitingMax = 65_536;
    private const int ToldMax = 65_536;
    private static readonly TimeSpan ToldKept = TimeSpan.FromSeconds(30);

    /// <summary>Chats whose members are told at the same time; of them <see cref="StoreCalls"/> reads some at once.
    /// </summary>
    private const int ChatsAtOnce = 256;

    private readonly Lock _lock = new();
    private Dictionary<(ChatId Chat, UserId User), MarkerRaise> _waiting = [];

    /// <summary>Two gateways may say of one user what rose in another order than it did.</summary>
    private readonly Recent<(ChatId, UserId), MarkerRaise> _told = new(ToldKept, ToldMax, time);

    /// <summary>Notes what rose.</summary>
    public void Note(IEnumerable<MarkerRaise> rose)
    {
        lock (_lock)
            foreach (var raise in rose)
            {
                var key = (raise.Chat, raise.User);
                if (_waiting.TryGetValue(key, out var former)) _waiting[key] = Higher(former, raise);
                else if (_waiting.Count < WaitingMax) _waiting.Add(key, raise);
            }
    }

    /// <summary>Tells what was noted since the last time.</summary>
    public async Task TellAsync(CancellationToken cancellationToken)
    {
        Dictionary<(ChatId Chat, UserId User), MarkerRaise> taken;
        lock (_lock)
        {
            if (_waiting.Count == 0) return;
            taken = _waiting;
            _waiting = [];
        }

        foreach (var part in taken.Values.GroupBy(static raise => raise.Chat).Chunk(ChatsAtOnce))
            await Task.WhenAll(part.Select(ofChat => TellAsync(ofChat, cancellationToken)));
    }

    /// <summary>Reads run beside each other, as many as <see cref="StoreCalls"/> lets: a chat that is in no memory
    /// holds up no other.</summary>
    private async Task TellAsync(IGrouping<ChatId, MarkerRaise> ofChat, CancellationToken cancellationToken)
    {
        // Of this moment: whoever left since the marker was taken hears nothing of the chat any more.
        var chat = await calls.ReadAsync(ofChat.Key, chats.StateAsync, cancellationToken);
        if (chat is { Pull: false } && chats.IsCertain(chat.Chat))
            Tell(chat, [.. ofChat.Select(raise => NewsOf(chat, raise)).Where(IsAny)]);
    }

    /// <summary>What is news of it; what was handed to the members already is not above the chat's head.</summary>
    private MarkerRaise NewsOf(ChatState chat, MarkerRaise raise)
    {
        var isBehind = Math.Max(raise.DeliveredSeq, raise.ReadSeq) > chat.Seq;

        // Of who left meanwhile nothing is said any more.
        if (isBehind || !chat.Roster.Contains(raise.User)) return raise with { DeliveredSeq = 0, ReadSeq = 0 };
        lock (_lock)
        {
            var key = (raise.Chat, raise.User);
            if (!_told.TryGet(key, out var told))
            {
                _told.Set(key, raise);
                return raise;
            }

            _told.Set(key, Higher(told, raise));
            return raise with
            {
                DeliveredSeq = raise.DeliveredSeq > told.DeliveredSeq ? raise.DeliveredSeq : 0,
                ReadSeq = raise.ReadSeq > told.ReadSeq ? raise.ReadSeq : 0,
            };
        }
    }

    private static bool IsAny(MarkerRaise raise) => raise.DeliveredSeq + raise.ReadSeq > 0;

    private static MarkerRaise Higher(MarkerRaise one, MarkerRaise other) => one with
    {
        DeliveredSeq = Math.Max(one.DeliveredSeq, other.DeliveredSeq),
        ReadSeq = Math.Max(one.ReadSeq, other.ReadSeq),
        ReadN = Math.Max(one.ReadN, other.ReadN),
    };

    /// <summary>All markers of others in the chat that rose, to every member whose stay they lie in.</summary>
    private void Tell(ChatState chat, MarkerRaise[] raised)
    {
        var (former, alike) = (Array.Empty<Receipt>(), new List<UserId>());
        foreach (var member in chat.Roster.Members)
        {
            if (!chat.ShowsSignsTo(member.User)) continue;
            var stay = new MemberStay(member.FromSeq, null);
            Receipt[] seen =
            [
                .. raised.Where(raise => raise.User != member.User)
                    .Select(raise => Sight.ReceiptOf(raise, stay, chat.Direct))
                    .OfType<Receipt>(),
            ];
            if (seen.Length == 0) continue;
            if (!seen.SequenceEqual(former))
            {
                Sign(chat.Chat, former, alike);
                (former, alike) = (seen, []);
            }

            alike.Add(member.User);
        }

        Sign(chat.Chat, former, alike);
    }

    private void Sign(ChatId chat, Receipt[] seen, List<UserId> recipients)
    {
        if (recipients.Count > 0) link.Sign(new Sign(chat, recipients, Encode(chat, seen)));
    }

    private static ReadOnlyMemory<byte> Encode(ChatId chat, Receipt[] items) =>
        FrameBytes.Of(new Receipts { Chat = chat.ToString(), Items = items });
}
