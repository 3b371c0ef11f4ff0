using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Embedded.History;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.History;

/// <summary>Counts what is read from the store behind it, both sides together, in reads and in the bytes of rows that a
/// store takes apart for them, and may hold back the reads of events.</summary>
internal sealed class CountingStore(InMemoryHistoryStore store) : IHistoryStore, IUserStore
{
    private int _reads;
    private int _eventReads;
    private int _headsUnderWay;
    private long _bytes;
    private Func<Task>? _afterChats;

    public int Reads => Volatile.Read(ref _reads);

    public int EventReads => Volatile.Read(ref _eventReads);

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Reads of events wait for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Reads of heads wait for it.</summary>
    public Task HeadGate { get; set; } = Task.CompletedTask;

    /// <summary>Reads of heads that have not been answered.</summary>
    public int HeadsUnderWay => Volatile.Read(ref _headsUnderWay);

    /// <summary>Does this once the chats of a user have been read the next time.</summary>
    public void AfterChats(Func<Task> happens) => _afterChats = happens;

    public string Epoch => store.Epoch;

    public async ValueTask<ChatState?> ReadHeadAsync(ChatId chat, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        Interlocked.Increment(ref _headsUnderWay);
        await HeadGate;
        Interlocked.Decrement(ref _headsUnderWay);
        var head = await store.ReadHeadAsync(chat, cancellationToken);
        if (head is not null)
            Interlocked.Add(ref _bytes, RowCodec.Head(head).Length + RosterBytes.Of(head.Roster).Length);
        return head;
    }

    public ValueTask<KeyUse?> ReadKeyAsync(
        ChatId chat, UserId sender, ClientId clientId, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return store.ReadKeyAsync(chat, sender, clientId, cancellationToken);
    }

    public ValueTask WriteAsync(IReadOnlyList<HistoryCommit> commits, CancellationToken cancellationToken) =>
        store.WriteAsync(commits, cancellationToken);

    public ValueTask FlushAsync(IReadOnlyDictionary<int, Position> passed, CancellationToken cancellationToken) =>
        store.FlushAsync(passed, cancellationToken);

    public async ValueTask<EventsRead> ReadEventsAsync(
        ChatId chat, EventRange range, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        Interlocked.Increment(ref _eventReads);
        await Gate.WaitAsync(cancellationToken);
        var read = await store.ReadEventsAsync(chat, range, cancellationToken);
        Interlocked.Add(ref _bytes, read.Entries.Sum(static entry => (long)entry.Event.CalculateSize()
            + (entry.Content?.CalculateSize() ?? 0) + (entry.Edit?.Content.CalculateSize() ?? 0)
            + entry.Reactions.Sum(static row => RowCodec.ReactionChange(row).Length)));
        return read;
    }

    public async ValueTask<IReadOnlyList<MemberStay>> ReadStaysAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        var stays = await store.ReadStaysAsync(chat, user, cancellationToken);
        Interlocked.Add(ref _bytes, stays.Count * RowCodec.Numbers(0, 0).Length);
        return stays;
    }

    public ValueTask<ChatClaim> ClaimChatAsync(
        string scope, ChatClaim claim, CancellationToken cancellationToken) =>
        store.ClaimChatAsync(scope, claim, cancellationToken);

    public ValueTask<UserChat?> ReadUserChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return store.ReadUserChatAsync(user, chat, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<UserChat>> ReadUserChatsAsync(
        UserId user, ChatId after, int limit, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        var rows = await store.ReadUserChatsAsync(user, after, limit, cancellationToken);
        if (Interlocked.Exchange(ref _afterChats, null) is { } happens) await happens();
        return rows;
    }

    public async ValueTask<IReadOnlyList<PlacedChat>> ReadChatsByTimeAsync(
        UserId user, ChatOrder order, ChatPlace behind, int limit, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        var rows = await store.ReadChatsByTimeAsync(user, order, behind, limit, cancellationToken);
        if (order is ChatOrder.Heads && Interlocked.Exchange(ref _afterChats, null) is { } happens) await happens();
        return rows;
    }

    public ValueTask<IReadOnlyList<MarkerRaise>> RaiseMarkersAsync(
        IReadOnlyList<MarkerRaise> markers, CancellationToken cancellationToken) =>
        store.RaiseMarkersAsync(markers, cancellationToken);

    public async ValueTask<IReadOnlyList<Marker>> ReadMarkersAsync(
        ChatId chat, IReadOnlyCollection<UserId> users, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        var markers = await store.ReadMarkersAsync(chat, users, cancellationToken);
        Interlocked.Add(ref _bytes, markers.Count * RowCodec.Numbers(0, 0, 0).Length);
        return markers;
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
