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

    public IWaitingLog Over(IWaitingLog log) => new DyingLog(log, this);

    private void Take()
    {
        if (IsDead) throw Dead();
        Interlocked.Increment(ref _count);
        if (IsDead) throw Dead();
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

        public ValueTask<Erasure?> ReadAsync(UserId user, CancellationToken cancellationToken)
        {
            steps.ThrowIfDead();
            return inner.ReadAsync(user, cancellationToken);
        }

        public ValueTask<IReadOnlyList<Erasure>> ReadOpenAsync(int limit, CancellationToken cancellationToken)
        {
            steps.ThrowIfDead();
            return inner.ReadOpenAsync(limit, cancellationToken);
        }

        public ValueTask SaveAsync(Erasure erasure, CancellationToken cancellationToken) =>
            DoAsync(() => inner.SaveAsync(erasure, cancellationToken));

        public ValueTask ForgetChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken) =>
            DoAsync(() => inner.ForgetChatAsync(user, chat, cancellationToken));

        public ValueTask ForgetUserAsync(UserId user, CancellationToken cancellationToken) =>
            DoAsync(() => inner.ForgetUserAsync(user, cancellationToken));

        private async ValueTask DoAsync(Func<ValueTask> step)
        {
            steps.Take();
            await step();
            steps.Take();
        }
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
