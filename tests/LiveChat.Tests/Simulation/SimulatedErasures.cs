using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// The erasures of users and the deletions of chats as one life of a node sees them: durable before a call returns, and
/// with them everything that was written before, as a synced write of a database is. Calls are late or fail for a
/// moment, also after they had their effect.
/// </summary>
internal sealed class SimulatedErasures(
    SimulatedDisk<HistoryImage> disk, Faults faults, Plant plant, TimeProvider time) : IErasureStore, IDeletionStore
{
    private readonly long _beganMs = time.GetUtcNow().ToUnixTimeMilliseconds();

    public async ValueTask<Erasure> BeginAsync(UserId user, long timeMs, CancellationToken cancellationToken)
    {
        await WriteAsync(image => image.Erasures.BeginAsync(user, timeMs, default).AsTask());
        return (await disk.Image.Erasures.ReadAsync([user], cancellationToken))[0];
    }

    public async ValueTask<IReadOnlyList<Erasure>> ReadAsync(
        IReadOnlyList<UserId> users, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        return plant == Plant.ErasedAreAdded ? [] : await disk.Image.Erasures.ReadAsync(users, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<Erasure>> ReadOpenAsync(int limit, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        return await disk.Image.Erasures.ReadOpenAsync(limit, cancellationToken);
    }

    public ValueTask SaveAsync(Erasure erasure, CancellationToken cancellationToken) =>
        WriteAsync(image => image.Erasures.SaveAsync(erasure, default).AsTask());

    public ValueTask ForgetChatAsync(UserId user, ChatId chat, CancellationToken cancellationToken) =>
        plant == Plant.ErasureForgetsAStep
            ? ValueTask.CompletedTask
            : WriteAsync(image => image.Erasures.ForgetChatAsync(user, chat, default).AsTask());

    public ValueTask ForgetUserAsync(UserId user, CancellationToken cancellationToken) =>
        WriteAsync(image => image.Erasures.ForgetUserAsync(user, default).AsTask());

    async ValueTask<ChatDeletion?> IDeletionStore.ReadAsync(ChatId chat, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        return await disk.Image.Deletions.ReadAsync(chat, cancellationToken);
    }

    async ValueTask<IReadOnlyList<ChatDeletion>> IDeletionStore.ReadOpenAsync(
        int limit, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        var open = await disk.Image.Deletions.ReadOpenAsync(limit, cancellationToken);
        return plant == Plant.DeletionForgottenByACrash
            ? [.. open.Where(deletion => deletion.DeletedMs >= _beganMs)]
            : open;
    }

    public async ValueTask<IReadOnlyList<UserId>> ReadUsersAsync(
        ChatId chat, UserId after, int limit, CancellationToken cancellationToken)
    {
        await faults.ReadingAsync();
        return await disk.Image.Deletions.ReadUsersAsync(chat, after, limit, cancellationToken);
    }

    public ValueTask PurgeAsync(ChatState head, CancellationToken cancellationToken) =>
        plant == Plant.PurgeNotDurable
            ? disk.Image.Deletions.PurgeAsync(head, cancellationToken)
            : WriteAsync(image => image.Deletions.PurgeAsync(head, default).AsTask());

    public ValueTask FinishAsync(ChatDeletion deletion, CancellationToken cancellationToken) =>
        WriteAsync(image => image.Deletions.FinishAsync(deletion, default).AsTask());

    private async ValueTask WriteAsync(Action<HistoryImage> write)
    {
        await faults.ReadingAsync();
        disk.Sync();
        disk.WriteThrough(write);
        if (faults.Strike(oneIn: 40)) throw new HistoryUnavailableException("The answer was lost.");
    }
}
