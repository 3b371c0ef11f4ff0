using LiveChat.Core.Chats;
using LiveChat.Core.Identities;
using LiveChat.Core.Links;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>
/// What a user sets for a chat, for the own devices alone: muted, pinned, hidden. A change is durable, then told to all
/// sessions of the user on all nodes, also to slow ones (see <see cref="Outbox.PostOwn"/>). Two devices may set at the
/// same time and be told in the other order, so whoever tells looks again whether that is still so.
/// </summary>
internal sealed class OwnSettings(SessionServices services, UserId user)
{
    /// <summary>Whoever changes the settings meanwhile tells them too.</summary>
    private const int LooksMax = 8;

    public async ValueTask<ServerFrame> SetAsync(MineSet command, CancellationToken cancellationToken)
    {
        if (!ChatId.TryParse(command.Chat, out var chat)) return Refuse(Problems.Invalid("/chat", "id"));
        if (services.Rates.Take(user) is { } tooFast) return Refuse(tooFast);

        // Whoever left has settings to take back, and makes no new ones.
        var state = await services.Owner.Chats.MemberStateAsync(chat, user, cancellationToken);
        var present = await services.Identities.Settings.ReadSettingsAsync(user, chat, cancellationToken);
        if (state is null && (present is null || command.Hidden is true))
            return Refuse(Problems.Of(ErrorCode.NotFound));
        if (command is { MutedUntil: null, Pinned: null, Hidden: null }) return FrameOf(chat, present, state);

        var now = services.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var until = command.MutedUntil?.ToUnixTimeMilliseconds();
        long? hidden = command.Hidden switch
        {
            null => null,
            true => state!.N,
            false => ChatSettings.Shown,
        };
        var change = new ChatSettingsChange(until <= now ? 0 : until, command.Pinned, hidden);
        var settings = await services.Identities.Settings.ChangeSettingsAsync(
            user, chat, change, now, cancellationToken);
        if (settings is null) return Refuse(Problems.Of(ErrorCode.PayloadTooLarge, "Too many chats are pinned."));
        services.Signals.ToDevices(user, new Signal
        {
            OwnSettings = new Signal.Types.OwnSettings { Chat = chat.Value, User = user.Value },
        });
        await TellAllAsync(settings, cancellationToken);
        return FrameOf(chat, settings, state);
    }

    /// <summary>Tells the user's sessions on this node.</summary>
    public ValueTask TellAllAsync(ChatSettings settings, CancellationToken cancellationToken) =>
        TellAsync(settings, All, cancellationToken);

    /// <summary>Tells one session what became of a chat's settings while it connected.</summary>
    public ValueTask TellAsync(Outbox outbox, ChatSettings settings, CancellationToken cancellationToken) =>
        TellAsync(settings, () => [outbox], cancellationToken);

    /// <summary>The settings as the user's devices are told; those that were never set are none.</summary>
    private Mine FrameOf(ChatId chat, ChatSettings? settings, ChatState? state) => new()
    {
        Chat = chat.ToString(),
        MutedUntil = settings?.MutedUntilAt(services.Time.GetUtcNow()),
        Pinned = settings?.IsPinned ?? false,
        Hidden = settings?.Hides(state?.N ?? 0, state?.Awaits == user) is true ? true : null,
    };

    private async ValueTask TellAsync(
        ChatSettings settings, Func<IEnumerable<Outbox>> whom, CancellationToken cancellationToken)
    {
        for (var look = 0; look < LooksMax; look++)
        {
            var state = await services.Owner.Chats.MemberStateAsync(settings.Chat, user, cancellationToken);
            var frame = FrameBytes.Of(FrameOf(settings.Chat, settings, state));
            foreach (var outbox in whom()) outbox.PostOwn(frame);
            var now = await services.Identities.Settings.ReadSettingsAsync(user, settings.Chat, cancellationToken);
            if (now is null || now == settings) return;
            settings = now;
        }
    }

    private IEnumerable<Outbox> All()
    {
        foreach (var session in services.Directory.Of(user).ToArray()) yield return session.Outbox;
    }

    private static ErrorFrame Refuse(Problem problem) => new() { Problem = problem };
}
