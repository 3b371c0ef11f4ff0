using System.Collections.Immutable;
using LiveChat.Core.Chats;
using LiveChat.Core.FanOut;
using LiveChat.Core.Links;
using LiveChat.Core.Presence;
using LiveChat.Core.Workers;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>
/// What a node makes of the frames of gateways: positions become catch-ups, typing and markers go to the boards of the
/// owner, and who is online is noted. The loop of each call hands over its own frames, in their order.
/// </summary>
/// <param name="catchUps">Brings gateways to where the owner is.</param>
/// <param name="partitions">How many partitions the log has.</param>
/// <param name="chats">What is known of chats.</param>
/// <param name="typing">Who types.</param>
/// <param name="receipts">What rose.</param>
/// <param name="presence">Who is online; null where other nodes are asked elsewhere.</param>
/// <param name="calls">Looks for chats that are in no memory; few at once, and not for long.</param>
/// <param name="sessions">Says which sessions a user has on this node, and ends the one that is named.</param>
internal sealed class OwnerDesk(
    CatchUps catchUps,
    int partitions,
    ChatStates chats,
    TypingBoard typing,
    ReceiptBoard receipts,
    LinkedPresenceStore? presence,
    PresenceCalls calls,
    Func<UserId, string, CancellationToken, Task<SessionsTold>> sessions)
{
    /// <summary>What runs beside the calls of gateways; what is one too many is not looked for, or not answered.
    /// </summary>
    private const int LooksMax = 256;

    private CancellationTokenSource Ending { get; } = new();
    private ImmutableArray<Task> _looking = [];

    /// <summary>A gateway calls, and its users are known.</summary>
    public void Begin() => typing.TellAgain();

    /// <summary>Its call is over, and everything that was shown through it.</summary>
    public void End(GatewayFeed feed) => typing.EndCall(feed);

    /// <exception cref="InvalidDataException">The frame is damaged.</exception>
    public void Take(GatewayFeed feed, LinkFrame frame)
    {
        if (frame.Positions is { } positions)
            foreach (var item in positions.Items)
                if (item.Partition < partitions) catchUps.Ask(feed, item);
        if (frame.Signal is { } signal) Take(feed, signal);
        if (frame.SessionsAsk is { } asked && HasRoom)
            Add(AnswerAsync(feed, LinkUsers.Of(asked.User), asked));
    }

    /// <summary>Ends the looks that are under way.</summary>
    public Task EndAsync()
    {
        Ending.Cancel(); // Not CancelAsync, which leaves the context for the thread pool.
        return Task.WhenAll(_looking);
    }

    private bool HasRoom => _looking.Length < LooksMax || _looking.Any(static one => one.IsCompleted);

    private void Add(Task looking) => ImmutableInterlocked.Update(
        ref _looking, static (all, one) => all.RemoveAll(static done => done.IsCompleted).Add(one), looking);

    private async Task AnswerAsync(GatewayFeed feed, UserId user, SessionsAsk asked)
    {
        try
        {
            var told = await sessions(user, asked.Revoke, Ending.Token);
            told.Ask = asked.Ask;
            await feed.PutAsync(new LinkFrame { SessionsTold = told }, Ending.Token);
        }
        catch (OperationCanceledException) when (Ending.IsCancellationRequested)
        {
            // The node ends.
        }
    }

    private void Take(GatewayFeed feed, Signal signal)
    {
        switch (signal.KindCase)
        {
            case Signal.KindOneofCase.Typed:
                Take(feed, signal.Typed);
                break;
            case Signal.KindOneofCase.TypingOver:
                typing.End(new LinkedTypingSource(feed, signal.TypingOver.Session));
                break;
            case Signal.KindOneofCase.Rises:
                receipts.Note(MarkSignals.Read(signal.Rises));
                break;
            case Signal.KindOneofCase.Presence:
                presence?.Take(feed.Gateway, signal.Presence);
                break;
            default:
                break; // What a newer build says.
        }
    }

    private void Take(GatewayFeed feed, Signal.Types.Typed typed)
    {
        var user = LinkUsers.Of(typed.User);
        var chat = new ChatId(typed.Chat);
        if (chats.Known(chat) is { } state) Set(state);
        else if (HasRoom) Add(LookAsync(chat, Set));

        void Set(ChatState found) =>
            typing.Set(found, user, new LinkedTypingSource(feed, typed.Session), typed.On, typed.Id);
    }

    private async Task LookAsync(ChatId chat, Action<ChatState> found)
    {
        try
        {
            await calls.TryAsync(
                async token =>
                {
                    if (await chats.StateAsync(chat, token) is { } state) found(state);
                },
                Ending.Token);
        }
        catch (OperationCanceledException) when (Ending.IsCancellationRequested)
        {
            // The node ends.
        }
    }
}
