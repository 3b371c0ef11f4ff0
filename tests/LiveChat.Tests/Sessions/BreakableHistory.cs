using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Sessions;

/// <summary>A history that can break: writes and flushes then fail in a way that does not pass.</summary>
internal sealed class BreakableHistory(IHistoryStore inner) : IHistoryStore
{
    public bool IsBroken { get; set; }

    /// <summary>Every call fails for the time being.</summary>
    public bool IsAway { get; set; }

    /// <summary>What the exception of every read of stays says; null when they do not fail.</summary>
    public string? StaysFailure { get; init; }

    /// <summary>Reads of stays wait for it, whatever their tokens say.</summary>
    public Task StaysGate { get; set; } = Task.CompletedTask;

    /// <summary>Writes wait for it.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public string Epoch => inner.Epoch;

    public ValueTask<ChatState?> ReadHeadAsync(ChatId chat, CancellationToken cancellationToken) =>
        inner.ReadHeadAsync(chat, cancellationToken);

    public ValueTask<KeyUse?> ReadKeyAsync(
        ChatId chat, UserId sender, ClientId clientId, CancellationToken cancellationToken) =>
        inner.ReadKeyAsync(chat, sender, clientId, cancellationToken);

    public async ValueTask WriteAsync(IReadOnlyList<HistoryCommit> commits, CancellationToken cancellationToken)
    {
        ThrowIfBroken();
        await Gate.WaitAsync(cancellationToken);
        await inner.WriteAsync(commits, cancellationToken);
    }

    public ValueTask FlushAsync(IReadOnlyDictionary<int, Position> passed, CancellationToken cancellationToken)
    {
        ThrowIfBroken();
        return inner.FlushAsync(passed, cancellationToken);
    }

    public ValueTask<EventsRead> ReadEventsAsync(
        ChatId chat, EventRange range, CancellationToken cancellationToken) =>
        inner.ReadEventsAsync(chat, range, cancellationToken);

    public async ValueTask<IReadOnlyList<MemberStay>> ReadStaysAsync(
        ChatId chat, UserId user, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        await StaysGate;
        return StaysFailure is { } says
            ? throw new InvalidDataException(says)
            : await inner.ReadStaysAsync(chat, user, cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private void ThrowIfAway()
    {
        if (IsAway) throw new HistoryUnavailableException("A test took the history away.");
    }

    private void ThrowIfBroken()
    {
        ThrowIfAway();
        if (IsBroken) throw new IOException("A test broke the history.");
    }
}
