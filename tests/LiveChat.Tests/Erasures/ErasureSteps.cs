using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Log;

namespace LiveChat.Tests.Erasures;

/// <summary>
/// Counts the durable steps of an erasure, and lets the node die at one of them: before it or behind it. From then on
/// nothing that it does has an effect. Any thread.
/// </summary>
/// <param name="diesAt">The number of the step, from 1; 0 for none.</param>
internal sealed class ErasureSteps(int diesAt)
{
    private int _count;

    /// <summary>How many steps there were.</summary>
    public int Count => Volatile.Read(ref _count);

    public bool IsDead => diesAt > 0 && Count >= diesAt;

    public IErasureStore Over(IErasureStore store) => new DyingStore(store, this);

    public IDeletionStore Over(IDeletionStore store) => new DyingDeletions(store, this);

    public IWaitingLog Over(IWaitingLog log) => new DyingLog(log, this);

    private void Take()
    {
        if (IsDead) throw Dead();
        Interlocked.Increment(ref _count);
        if (IsDead) throw Dead();
    }

    private async ValueTask DoAsync(Func<ValueTask> step)
    {
        Take();
        await step();
        Take();
    }

    private void ThrowIfDead()
    {
        if (IsDead) throw Dead();
    }

    private static InvalidOperationException Dead() => new("The node died here.");

    private sealed class DyingStore(IErasureStore inner, ErasureSteps steps) : IErasureStore
    {
        public async ValueTask<Erasure> BeginAsync(UserId user, long timeMs, CancellationToken cancellationToken)
        {
            steps.Take();
            var erasure = await inner.BeginAsync(user, timeMs, cancellationToken);
            steps.Take();
            return erasure;
        }

        public ValueTask<IReadOnlyList<Erasure>> ReadAsync(
            IReadOnlyList<UserId> users, CancellationToken cancellationToken)
        {
            steps.ThrowIfDead();
            return inner.ReadAsync(users, cancellationToken);
        }

        public ValueTask<IReadOnlyList<Erasure>> ReadOpenAsync(int limit, CancellationToken cancellationToken)
        {
            steps.ThrowIfDead();
            return inner.ReadOpenAsync(limit, cancellationToken);
        }

        public ValueTask SaveAsync(Erasure erasure, CancellationToken cancellationToken) =>
            steps.DoAsync(() => inner.SaveAsync(erasure, cancellationToken));

        public ValueTask ForgetChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken) =>
            steps.DoAsync(() => inner.ForgetChatAsync(user, chat, cancellationToken));

        public ValueTask ForgetUserAsync(UserId user, CancellationToken cancellationToken) =>
            steps.DoAsync(() => inner.ForgetUserAsync(user, cancellationToken));
    }

    private sealed class DyingDeletions(IDeletionStore inner, ErasureSteps steps) : IDeletionStore
    {
        public ValueTask<ChatDeletion?> ReadAsync(ChatId chat, CancellationToken cancellationToken)
        {
            steps.ThrowIfDead();
            return inner.ReadAsync(chat, cancellationToken);
        }

        public ValueTask<IReadOnlyList<ChatDeletion>> ReadOpenAsync(int limit, CancellationToken cancellationToken)
        {
            steps.ThrowIfDead();
            return inner.ReadOpenAsync(limit, cancellationToken);
        }

        public ValueTask<IReadOnlyList<UserId>> ReadUsersAsync(
            ChatId chat, UserId after, int limit, CancellationToken cancellationToken)
        {
            steps.ThrowIfDead();
            return inner.ReadUsersAsync(chat, after, limit, cancellationToken);
        }

        public ValueTask PurgeAsync(ChatState head, CancellationToken cancellationToken) =>
            steps.DoAsync(() => inner.PurgeAsync(head, cancellationToken));

        public ValueTask FinishAsync(ChatDeletion deletion, CancellationToken cancellationToken) =>
            steps.DoAsync(() => inner.FinishAsync(deletion, cancellationToken));
    }

    private sealed class DyingLog(IWaitingLog inner, ErasureSteps steps) : ForwardingLog(inner)
    {
        public override ValueTask<Appended> AppendAsync(
            int partition, ReadOnlyMemory<byte> record, CancellationToken cancellationToken)
        {
            if (RecordEnvelope.Decode(record.Span).Record?.Erasure == true) steps.Take();
            return base.AppendAsync(partition, record, cancellationToken);
        }
    }
}
