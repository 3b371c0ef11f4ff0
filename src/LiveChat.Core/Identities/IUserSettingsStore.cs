using LiveChat.Protocol;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Identities;

/// <summary>
/// What a user has set for a chat, for the user's own devices alone. Durable before a call returns. The contract
/// tests check: what a change does not name stays, also of changes at the same time; no more chats are pinned than may
/// be, also by changes at the same time. All members may be called from any thread.
/// </summary>
internal interface IUserSettingsStore
{
    /// <summary>Changes the settings and returns what they are after it; null when the user would pin more than
    /// <see cref="Limits.PinsMax"/> chats, and then nothing has changed. Reads no other settings for that.</summary>
    ValueTask<ChatSettings?> ChangeSettingsAsync(
        UserId user, ChatId chat, ChatSettingsChange change, long timeMs, CancellationToken cancellationToken);

    /// <summary>The settings of one chat; null when the user never set any.</summary>
    ValueTask<ChatSettings?> ReadSettingsAsync(UserId user, ChatId chat, CancellationToken cancellationToken);

    /// <summary>The settings that were changed at or after a time, latest first. Reads no more than it returns; a store
    /// that has no index for it may read all rows of the user, a page at a time.</summary>
    ValueTask<IReadOnlyList<ChatSettings>> ReadSettingsSinceAsync(
        UserId user, long timeMs, int limit, CancellationToken cancellationToken);
}

/// <summary>A user's settings of one chat.</summary>
/// <param name="Chat">The chat.</param>
/// <param name="MutedUntilMs">Muted up to this time; 0 when not muted.</param>
/// <param name="IsPinned">Whether the chat is kept on top.</param>
/// <param name="TimeMs">When it was last changed.</param>
internal sealed record ChatSettings(ChatId Chat, long MutedUntilMs, bool IsPinned, long TimeMs)
{
    /// <summary>The value of <see cref="HiddenN"/> of a chat that is not hidden.</summary>
    public const long Shown = -1;

    /// <summary>The chat is hidden while its head has no more messages than this; <see cref="Shown"/> when it is not
    /// hidden.</summary>
    public long HiddenN { get; init; } = Shown;

    /// <summary>Until when the chat is muted, as it is shown at a moment: a mute that is over is none.</summary>
    public DateTimeOffset? MutedUntilAt(DateTimeOffset now) =>
        MutedUntilMs > now.ToUnixTimeMilliseconds() ? DateTimeOffset.FromUnixTimeMilliseconds(MutedUntilMs) : null;

    /// <summary>Whether the chat is off the user's list.</summary>
    /// <param name="headN">The number of messages up to the head that the user sees.</param>
    /// <param name="awaitsUser">Whether the user's first answer is awaited: then new messages do not bring it back.
    /// </param>
    public bool Hides(long headN, bool awaitsUser) => HiddenN != Shown && (awaitsUser || headN <= HiddenN);

    public ChatSettings With(ChatSettingsChange change, long timeMs) => this with
    {
        MutedUntilMs = change.MutedUntilMs ?? MutedUntilMs,
        IsPinned = change.IsPinned ?? IsPinned,
        HiddenN = change.HiddenN ?? HiddenN,
        TimeMs = Math.Max(timeMs, TimeMs),
    };
}

/// <summary>What is to change; null leaves it.</summary>
internal readonly record struct ChatSettingsChange(long? MutedUntilMs, bool? IsPinned, long? HiddenN = null);
