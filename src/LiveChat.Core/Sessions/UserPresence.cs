using LiveChat.Core.Presence;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>
/// What a user asks about the presence of others, always through a chat that both are in: one roster answers, and who
/// is not in it is as if not there. Who is hidden is answered that nobody is online.
/// </summary>
internal sealed class UserPresence(SessionServices services, UserId user)
{
    public async ValueTask<ServerFrame> GetAsync(PresenceGet command, CancellationToken cancellationToken)
    {
        if (command.Users.Count == 0) return Refuse(Problems.Invalid("/users", "required"));
        var (_, asked, problem) = await MembersAsync(command.Chat, command.Users, cancellationToken);
        if (problem is not null) return Refuse(problem);
        var states = await services.Presence.IsVisibleAsync(user, cancellationToken)
            ? await services.Presence.ReadAsync(asked, cancellationToken)
            : null;
        return ListOf(command.Chat, asked, states);
    }

    /// <summary>Reads or changes whether the user's own presence is shown.</summary>
    public async ValueTask<ServerFrame> SetAsync(PresenceSet command, CancellationToken cancellationToken)
    {
        if (command.Visible is { } isVisible)
            await services.Presence.SetVisibleAsync(user, isVisible, cancellationToken);
        var isShown = command.Visible ?? await services.Presence.IsVisibleAsync(user, cancellationToken);
        return new PresenceSetting { Visible = isShown };
    }

    /// <summary>Replaces the session's watch of the chat, and answers with the states as they are.</summary>
    public async ValueTask WatchAsync(Session session, PresenceWatching command, CancellationToken cancellationToken)
    {
        var (chat, asked, problem) = await MembersAsync(command.Chat, command.Users, cancellationToken);
        if (problem is not null)
        {
            session.Refuse(command.Id, problem);
            return;
        }

        var isVisible = await services.Presence.IsVisibleAsync(user, cancellationToken);
        var watch = services.Watches.Begin(session, chat, isVisible ? asked : []);
        if (watch is null)
        {
            session.Refuse(command.Id, Problems.Of(ErrorCode.PayloadTooLarge, "Too many chats are watched."));
            return;
        }

        // Watched before it is read: a change that comes between is told behind the answer.
        var states = isVisible ? await services.Presence.ReadAsync(asked, cancellationToken) : null;
        session.Outbox.PostAnswer(FrameBytes.Of(ListOf(command.Chat, asked, states) with { Re = command.Id }));
        services.Watches.Answered(watch, states ?? []);
    }

    /// <summary>Those of the users who are members; a problem for who asks about a chat without being in it.</summary>
    private async ValueTask<(ChatId Chat, List<UserId> Asked, Problem? Problem)> MembersAsync(
        string chatText, IReadOnlyList<string> users, CancellationToken cancellationToken)
    {
        var asked = new List<UserId>(Math.Min(users.Count, PresenceLimits.UsersMax));
        if (!ChatId.TryParse(chatText, out var chat)) return (chat, asked, Problems.Invalid("/chat", "id"));
        if (users.Count > PresenceLimits.UsersMax)
            return (chat, asked, Problems.Of(ErrorCode.PayloadTooLarge, "Too many users."));
        var parsed = new HashSet<UserId>();
        foreach (var text in users)
        {
            if (!UserId.TryParse(text, out var other)) return (chat, asked, Problems.Invalid("/users", "id"));
            if (parsed.Add(other)) asked.Add(other);
        }

        if (await services.Delivery.MemberStateAsync(chat, user, cancellationToken) is not { } state)
            return (chat, asked, Problems.Of(ErrorCode.NotFound));
        asked.RemoveAll(other => !state.Roster.Contains(other));
        return (chat, asked, null);
    }

    private static PresenceList ListOf(string chat, List<UserId> asked, IReadOnlyList<PresenceState>? states) => new()
    {
        Chat = chat,
        Items = states is null
            ? [.. asked.Select(PresenceStates.Unknown)]
            : [.. states.Select(static state => state.Item)],
    };

    private static ErrorFrame Refuse(Problem problem) => new() { Problem = problem };
}
