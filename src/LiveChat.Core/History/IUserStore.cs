using LiveChat.Protocol.Ids;

namespace LiveChat.Core.History;

/// <summary>
/// The users' side of history: which chats a user has and how far the user is in them. What the log cannot repeat
/// (claims, markers) is durable before a call returns. The contract tests check: of two claims of one scope, also at
/// the same time, one wins and both are told which; markers only rise, and what rose is told, once unless a call failed
/// or another one raised the same; the list of a user is complete and in chat order. All members may be called from any
/// thread.
/// </summary>
internal interface IUserStore
{
    /// <summary>Claims the scope for the claim's chat; answers with the claim that holds it.</summary>
    ValueTask<ChatClaim> ClaimChatAsync(string scope, ChatClaim claim, CancellationToken cancellationToken);

    ValueTask<UserChat?> ReadUserChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken);

    /// <summary>The user's chats behind <paramref name="after"/> in the order of their ids.</summary>
    ValueTask<IReadOnlyList<UserChat>> ReadUserChatsAsync(
        UserId user, ChatId after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// The user's chats behind a place in a list, latest first. Reads as many rows as it returns, however many chats
    /// the user has; a store that has no index for it may read all rows of the user, a page at a time.
    /// </summary>
    ValueTask<IReadOnlyList<PlacedChat>> ReadChatsByTimeAsync(
        UserId user, ChatOrder order, ChatPlace behind, int limit, CancellationToken cancellationToken);

    /// <summary>Raises markers; what is lower than what is there has no effect. Durable when it returns.</summary>
    /// <returns>The raises in their order as far as they rose: a part that did not is zero. <c>ReadN</c> is that of the
    /// user's row now, which the user's own messages raise too: the unread count goes from it.</returns>
    ValueTask<IReadOnlyList<MarkerRaise>> RaiseMarkersAsync(
        IReadOnlyList<MarkerRaise> markers, CancellationToken cancellationToken);

    /// <summary>The markers of those of the users who marked in the chat. Who left has one still, and however many did
    /// costs nothing.</summary>
    ValueTask<IReadOnlyList<Marker>> ReadMarkersAsync(
        ChatId chat, IReadOnlyCollection<UserId> users, CancellationToken cancellationToken);
}

/// <summary>The holder of a scope: what a creation of the chat is made from, whoever appends it.</summary>
/// <param name="Chat">The chat's id.</param>
/// <param name="Creator">Who claimed.</param>
/// <param name="ClientId">Under which key.</param>
/// <param name="Body">The encoded <c>Created</c>.</param>
internal sealed record ChatClaim(ChatId Chat, UserId Creator, ClientId ClientId, ReadOnlyMemory<byte> Body)
{
    /// <summary>The body of a claim whose chat was deleted: no encoded message is this byte.</summary>
    public static ReadOnlyMemory<byte> DeletedBody { get; } = new byte[] { 0 };

    /// <summary>Whether the chat was deleted: then only the key is kept, so that a late repetition makes no chat.
    /// </summary>
    public bool IsOfDeleted => Body.Span.SequenceEqual(DeletedBody.Span);
}

/// <summary>A row of <c>user_chats</c>. Heads of pull chats are not kept here: they are read from the chat.</summary>
internal sealed record UserChat
{
    public required ChatId Chat { get; init; }

    public required long FromSeq { get; init; }

    /// <summary>Absent while the user is a member.</summary>
    public required long? ToSeq { get; init; }

    public required bool Pull { get; init; }

    public long HeadSeq { get; init; }

    public long HeadN { get; init; }

    public long HeadTimeMs { get; init; }

    public long ReadSeq { get; init; }

    public long ReadN { get; init; }

    public long ReadTimeMs { get; init; }
}

/// <summary>How far a user is in a chat.</summary>
internal readonly record struct Marker(UserId User, long DeliveredSeq, long ReadSeq, long TimeMs)
{
    /// <summary>What of the raise lies above this marker; zero what does not.</summary>
    /// <param name="raise">The raise.</param>
    /// <param name="rowN">The number of messages up to where the user's row is read after it.</param>
    public MarkerRaise RiseOf(MarkerRaise raise, long rowN) => raise with
    {
        DeliveredSeq = raise.DeliveredSeq > DeliveredSeq ? raise.DeliveredSeq : 0,
        ReadSeq = raise.ReadSeq > ReadSeq ? raise.ReadSeq : 0,
        ReadN = raise.ReadSeq > ReadSeq ? rowN : 0,
    };

    /// <summary>The marker after the raise; the same value when nothing rose.</summary>
    public Marker Raise(MarkerRaise raise) =>
        raise.DeliveredSeq <= DeliveredSeq && raise.ReadSeq <= ReadSeq
            ? this
            : new Marker(
                User,
                Math.Max(DeliveredSeq, raise.DeliveredSeq),
                Math.Max(ReadSeq, raise.ReadSeq),
                Math.Max(TimeMs, raise.TimeMs));
}

/// <summary>A marker to raise; a part that is zero stays as it is.</summary>
/// <param name="ReadN">The number of messages up to <paramref name="ReadSeq"/>.</param>
internal readonly record struct MarkerRaise(
    ChatId Chat, UserId User, long DeliveredSeq, long ReadSeq, long ReadN, long TimeMs);
