using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.History;

/// <summary>Counts what is read from the store behind it, both sides together, and may hold back the reads of events.
/// </summary>
internal sealed class CountingStore(InMemoryHistoryStore store) : IHistoryStore, IUserStore
{
    private int _reads;
    private int _eventReads;
    private Func<Task>? _afterChats;

    public int Reads => Volatile.Read(ref _reads);

    public int EventReads => Volatile.Read(ref _eventReads);

    /// <summary>Reads of events wait for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Does this once the chats of a user have been read the next time.</summary>
    public void AfterChats(Func<Task> happens) => _afterChats = happens;

    public string Epoch => store.Epoch;

    public ValueTask<ChatState?> ReadHeadAsync(ChatId chat, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return store.ReadHeadAsync(chat, cancellationToken);
    }

    public ValueTask<KeyUse?> ReadKeyAsync(
        ChatId chat, UserId sender, ClientId clientId, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return store.ReadKeyAsync(chat, sender, clientId, cancellationToken);
    }

    public ValueTask WriteAsync(IReadOnlyList<HistoryCommit> commits, CancellationToken cancellationToken) =>
        store.WriteAsync(commits, cancellationToken);

    public ValueTask FlushAsync(ReadOnlyMemory<Position> passed, CancellationToken cancellationToken) =>
        store.FlushAsync(passed, cancellationToken);

    public async ValueTask<IReadOnlyList<HistoryEntry>> ReadEventsAsync(
        ChatId chat, long from, long to, long editsTo, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        Interlocked.Increment(ref _eventReads);
        await Gate.WaitAsync(cancellationToken);
        return await store.ReadEventsAsync(chat, from, to, editsTo, cancellationToken);
    }

    public ValueTask<IReadOnlyList<MemberStay>> ReadStaysAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return store.ReadStaysAsync(chat, user, cancellationToken);
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

    public ValueTask<IReadOnlyList<MarkerRaise>> RaiseMarkersAsync(
        IReadOnlyList<MarkerRaise> markers, CancellationToken cancellationToken) =>
        store.RaiseMarkersAsync(markers, cancellationToken);

    public ValueTask<IReadOnlyList<Marker>> ReadMarkersAsync(ChatId chat, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return store.ReadMarkersAsync(chat, cancellationToken);
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
