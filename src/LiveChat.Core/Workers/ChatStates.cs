using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Workers;

/// <summary>
/// The one place that says what is known of a chat: the partitions that this node owns answer first, and are never
/// behind what they have handed over; the store answers for a chat that is not in their memory. Of a chat that another
/// node owns the store answers, once it has what was handed to this node. What waits for the store says so in its name
/// (<c>…Async</c>). Any thread may call; nothing is kept here but who was seen as a member.
/// </summary>
/// <param name="owned">The partitions of this node.</param>
/// <param name="store">The chats' side of history.</param>
/// <param name="handedOf">The highest seq of a chat that was handed to this node lately; 0 for none.</param>
/// <param name="looks">Waits for the store.</param>
/// <param name="charge">Hears what a user's question about a chat that is not in memory cost.</param>
/// <param name="time">The clock.</param>
internal sealed class ChatStates(
    Func<DeliveryWorker> owned,
    IHistoryStore store,
    Func<ChatId, long> handedOf,
    HeadLooks looks,
    Action<UserId, ReadCost> charge,
    TimeProvider time)
{
    /// <summary>How long a command waits for its sender's stays.</summary>
    public static readonly TimeSpan StandingWaitMax = TimeSpan.FromSeconds(1);

    private readonly SeenSenders _seen = new();

    /// <summary>The chat as the owner has it in memory; null when it is not there. Never waits.</summary>
    public ChatState? Known(ChatId chat) => owned().TryGetState(chat, out var state) ? state : null;

    /// <summary>Whether the chat is in memory, and the user a member of it. Never waits.</summary>
    public bool IsKnownMember(ChatId chat, UserId user) => Known(chat)?.Roster.Contains(user) == true;

    /// <summary>See <see cref="DeliveryWorker.IsCertain"/>; and nothing newer was handed to this node by another owner.
    /// Never waits.</summary>
    public bool IsCertain(ChatId chat) =>
        owned().IsCertain(chat) && !(Known(chat) is { } state && IsBehind(state));

    /// <summary>Whether something newer of the chat was handed to this node: it came while the store was read.
    /// </summary>
    public bool IsBehind(ChatState state) => state.Seq < handedOf(state.Chat);

    /// <summary>The chat, from the store when it is not in memory; null when there is no such chat.</summary>
    /// <exception cref="HistoryUnavailableException">The store is away.</exception>
    public ValueTask<ChatState?> StateAsync(ChatId chat, CancellationToken cancellationToken) =>
        owned().TryGetState(chat, out var state)
            ? ValueTask.FromResult(state)
            : ReadStateAsync(chat, cancellationToken);

    /// <summary>
    /// The chat of a member, as <see cref="StateAsync"/> has it. For everybody else null at the price of one read of
    /// their own stays, whether there is such a chat, here or in the store, or none: the store decodes nothing of a
    /// foreign chat, so that the time of the answer tells nothing either.
    /// </summary>
    /// <exception cref="HistoryUnavailableException">The store is away.</exception>
    public ValueTask<ChatState?> MemberStateAsync(ChatId chat, UserId user, CancellationToken cancellationToken) =>
        Known(chat) is { } state && state.Roster.Contains(user)
            ? ValueTask.FromResult<ChatState?>(state)
            : ReadMemberStateAsync(chat, user, cancellationToken);

    /// <summary>The state, or what the store has if that is newer: history-writers may be ahead of delivery.</summary>
    /// <exception cref="HistoryUnavailableException">The store is away.</exception>
    public async ValueTask<ChatState> NewerAsync(ChatState state, UserId user, CancellationToken cancellationToken)
    {
        var stored = await store.ReadHeadAsync(state.Chat, cancellationToken);
        charge(user, ReadCost.Of(stored));
        return stored is { } other && other.Seq > state.Seq ? other : state;
    }

    /// <summary>
    /// What a command needs to know of its sender. Does not wait for a member of a chat in memory, nor for who was seen
    /// as a member before. For everybody else it costs one read of their own stays, as <see cref="MemberStateAsync"/>
    /// does, and never the chat's head: that is the sequencer's to read.
    /// </summary>
    /// <param name="chat">The chat.</param>
    /// <param name="user">The sender.</param>
    /// <param name="hasTarget">Whether the command acts on an event: whether the sender sees that is told by the stay
    /// of this moment.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="HistoryUnavailableException">The store is away, or has not answered within
    /// <see cref="StandingWaitMax"/>.</exception>
    public ValueTask<Standing> StandingAsync(
        ChatId chat, UserId user, bool hasTarget, CancellationToken cancellationToken) =>
        Known(chat) is { } state && state.Roster.TryGet(user, out var member)
            ? ValueTask.FromResult(Standing.Of(state, member))
            : !hasTarget && _seen.TryGet(chat, user, out var fromSeq)
                ? ValueTask.FromResult(new Standing { FromSeq = fromSeq, WasMember = true })
                : ReadStandingAsync(chat, user, cancellationToken);

    /// <summary>While the store was read, the owner may have handed over something newer.</summary>
    private async ValueTask<ChatState?> ReadStateAsync(ChatId chat, CancellationToken cancellationToken)
    {
        await CatchUpAsync(chat, cancellationToken);
        var stored = await store.ReadHeadAsync(chat, cancellationToken);
        return owned().TryGetState(chat, out var state) ? state : stored;
    }

    private async ValueTask<ChatState?> ReadMemberStateAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        // A chat leaves memory once the store has all of it, so an open stay is here or there.
        await CatchUpAsync(chat, cancellationToken);
        if (!await IsStoredMemberAsync(chat, user, cancellationToken) && !IsKnownMember(chat, user))
        {
            // That somebody is no member is certain once the store has what was handed to this node.
            if (!await looks.HasHandedAsync(chat, StandingWaitMax, cancellationToken))
                throw new HistoryUnavailableException("History is behind what this node was handed.");
            if (!await IsStoredMemberAsync(chat, user, cancellationToken) && !IsKnownMember(chat, user)) return null;
        }

        var known = Known(chat);
        var state = known ?? await StateAsync(chat, cancellationToken);
        if (known is null) charge(user, ReadCost.Of(state));
        return state?.Roster.Contains(user) == true ? state : null;
    }

    private async ValueTask<bool> IsStoredMemberAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        var stays = await store.ReadStaysAsync(chat, user, cancellationToken);
        charge(user, ReadCost.Of(stays));
        return stays is [.., { ToSeq: null }];
    }

    /// <summary>Waits until the store has what another owner handed to this node of the chat.</summary>
    private async ValueTask CatchUpAsync(ChatId chat, CancellationToken cancellationToken)
    {
        if (owned().Owns(chat) || handedOf(chat) is not (> 0 and var handed)) return;
        if (await store.ReadHeadAsync(chat, cancellationToken) is { } head && head.Seq >= handed) return;
        if (!await looks.WaitAsync(chat, handed, StandingWaitMax, cancellationToken))
            throw new HistoryUnavailableException("History is behind what this node was handed.");
    }

    private async ValueTask<Standing> ReadStandingAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        var stays = await ReadStaysInTimeAsync(chat, user, cancellationToken);
        charge(user, ReadCost.Of(stays));

        // Memory is ahead of the store, and may have got the chat meanwhile.
        if (Known(chat) is { } state)
            return state.Roster.TryGet(user, out var member)
                ? Standing.Of(state, member)
                : default(Standing) with { WasMember = stays.Count > 0 };
        long? fromSeq = stays is [.., { ToSeq: null, FromSeq: var from }] ? from : null;
        if (stays.Count > 0) _seen.Add(chat, user, fromSeq);
        return new Standing { FromSeq = fromSeq, WasMember = stays.Count > 0 };
    }

    private async ValueTask<IReadOnlyList<MemberStay>> ReadStaysInTimeAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(StandingWaitMax, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await Waiting.InContextAsync(store.ReadStaysAsync(chat, user, either.Token)).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HistoryUnavailableException("History did not say in time whether the sender is a member.");
        }
    }
}

/// <summary>What ingest knows of the sender of a command; the default is somebody who never was a member.</summary>
internal readonly record struct Standing
{
    /// <summary>Where the present stay began; null for who is no member.</summary>
    public long? FromSeq { get; init; }

    /// <summary>Whether the sender is a member, or was one.</summary>
    public bool WasMember { get; init; }

    /// <summary>The chat, when the owner has it in memory and the sender is a member.</summary>
    public ChatState? Chat { get; init; }

    /// <summary>How many members the chat has, as far as the rate of the chat goes: at least the sender, or 0 when the
    /// sender is none.</summary>
    public int Members => Chat?.Roster.Count ?? (FromSeq is null ? 0 : 1);

    public static Standing Of(ChatState chat, in Member member) =>
        new() { FromSeq = member.FromSeq, WasMember = true, Chat = chat };
}
