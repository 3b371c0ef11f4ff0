using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace SignalRPostgres;

/// <summary>Counts and keeps nothing: what the hub alone can do.</summary>
internal sealed class NoStore : IMessageStore
{
    private readonly ConcurrentDictionary<long, StrongBox<long>> _chats = new();

    public Task CreateAsync(long chat)
    {
        _chats.TryAdd(chat, new StrongBox<long>());
        return Task.CompletedTask;
    }

    public Task<long> AddAsync(
        long chat, string sender, Guid clientId, string text, CancellationToken cancellationToken) =>
        Task.FromResult(Interlocked.Increment(ref _chats[chat].Value));
}
