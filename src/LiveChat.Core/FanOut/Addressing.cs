using System.Diagnostics;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Measuring;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.FanOut;

/// <summary>
/// The owner's half of the fan-out: makes of what became of a record the hand-over for a node, and ends before it what
/// the event ends. The way chooses of its recipients those who are there. Called by the delivery workers, one per
/// partition at a time, hence for one chat never twice at once.
/// </summary>
/// <param name="node">The way to the node.</param>
/// <param name="typing">Ends the typing of who spoke.</param>
/// <param name="traces">The traces of messages.</param>
/// <param name="left">Hears of who left a chat.</param>
internal sealed class Addressing(
    INodeLink node, TypingBoard typing, MessageTraces traces, Action<ChatId, UserId> left) : IDeliverySink
{
    public ValueTask HandAsync(RecordOutcome outcome, CancellationToken cancellationToken)
    {
        var span = traces.Follow(outcome.Record, MessageTraces.HandOver);
        var handed = outcome.Event is { } chatEvent ? Address(chatEvent, outcome.Content) : null;
        var handOver = node.HandAsync(
            new HandOver(new ChatId(outcome.Record.Chat), outcome.Record.Id, outcome.Answer, handed),
            cancellationToken);
        if (span is null) return handOver;
        span.SetTag("livechat.seq", handed?.Seq);
        return EndAsync(span, handOver);
    }

    private static async ValueTask EndAsync(Activity span, ValueTask handOver)
    {
        await handOver;
        MessageTraces.End(span);
    }

    private HandedEvent Address(SequencedEvent chatEvent, ContentFate content)
    {
        var stored = content is ContentFate.Erased
            ? HistoryRowsBuilder.StoredOf(chatEvent)
            : HistoryRowsBuilder.WholeOf(chatEvent);
        var after = chatEvent.After;
        typing.Follow(after);
        if (chatEvent.Record.ChatDeleted is { } deletion) return AddressEnd(stored, after.Chat, deletion);
        var removed = RemovedBy(chatEvent);

        // Before the event: whoever is told of it is told of nothing that it ends any more.
        if (removed is { } gone) left(after.Chat, gone);
        else if (chatEvent.Record.Message is not null) typing.End(after.Chat, chatEvent.Sender, chatEvent.Record.Id);
        return new HandedEvent(stored, content, after.Roster.AsMemory(), removed, after.Pull);
    }

    /// <summary>A deletion goes to all whom it removes, also in a large chat: there is nothing to pull.</summary>
    private HandedEvent AddressEnd(StoredEvent stored, ChatId chat, ChatDeleted deletion)
    {
        Member[] gone =
        [
            .. deletion.Members.Select(static user => new Member(UserId.OfRecord(user), Role.Member, FromSeq: 0)),
        ];
        foreach (var member in gone) left(chat, member.User);
        return new HandedEvent(stored, ContentFate.Shown, gone, Removed: null, IsPull: false);
    }

    private static UserId? RemovedBy(SequencedEvent chatEvent) =>
        chatEvent.Record.MemberRemoved is { } removal
        && UserId.TryParse(removal.User, out var user)
        && !chatEvent.After.Roster.Contains(user)
            ? user
            : null;
}
