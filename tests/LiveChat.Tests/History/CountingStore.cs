using LiveChat.Core.History;
using LiveChat.Core.Sequencing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.History;

/// <summary>Counts what is read from the store behind it, and may hold back the reads of events.</summary>
internal sealed class CountingStore(InMemoryHistoryStore store) : IHistoryStore
{
    private int _reads;
    private int _eventReads;

    public int Reads => Volatile.Read(ref _reads);

    public int EventReads => Volatile.Read(ref _eventReads);

    /// <summary>Reads of events wait for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

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

    public ValueTask FlushAsync(CancellationToken cancellationToken) => store.FlushAsync(cancellationToken);

    public async ValueTask<IReadOnlyList<HistoryEntry>> ReadEventsAsync(
        ChatId chat, long from, long to, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        Interlocked.Increment(ref _eventReads);
        await Gate.WaitAsync(cancellationToken);
        return await store.ReadEventsAsync(chat, from, to, cancellationToken);
    }

    public ValueTask<IReadOnlyList<MemberStay>> ReadStaysAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return store.ReadStaysAsync(chat, user, cancellationToken);
    }

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
