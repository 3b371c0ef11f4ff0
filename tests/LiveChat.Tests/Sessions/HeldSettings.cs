using LiveChat.Core.Identities;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Sessions;

/// <summary>Settings whose next change is stored at once and answered late, or happens right after a read.</summary>
internal sealed class HeldSettings(IUserSettingsStore settings) : IUserSettingsStore
{
    private Task? _held;
    private Func<Task>? _afterRead;

    /// <summary>Holds the answer to the next change until the task is done.</summary>
    public void Hold(Task until) => _held = until;

    /// <summary>Does this once the user's settings have been read the next time.</summary>
    public void AfterRead(Func<Task> happens) => _afterRead = happens;

    public async ValueTask<ChatSettings?> ChangeSettingsAsync(
        UserId user, ChatId chat, ChatSettingsChange change, long timeMs, CancellationToken cancellationToken)
    {
        var changed = await settings.ChangeSettingsAsync(user, chat, change, timeMs, cancellationToken);
        if (Interlocked.Exchange(ref _held, null) is { } held) await held;
        return changed;
    }

    public ValueTask<ChatSettings?> ReadSettingsAsync(
        UserId user, ChatId chat, CancellationToken cancellationToken) =>
        settings.ReadSettingsAsync(user, chat, cancellationToken);

    public async ValueTask<IReadOnlyList<ChatSettings>> ReadSettingsSinceAsync(
        UserId user, long timeMs, int limit, CancellationToken cancellationToken)
    {
        var read = await settings.ReadSettingsSinceAsync(user, timeMs, limit, cancellationToken);
        if (Interlocked.Exchange(ref _afterRead, null) is { } happens) await happens();
        return read;
    }
}
