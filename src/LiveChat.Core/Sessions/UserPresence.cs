using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Presence;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>
/// What a user asks about the presence of others, always through a chat that both are in: one roster answers. Who is
/// not in it, who is unknown and who is hidden have the same answer, at the cost of the same reads; who is hidden is
/// answered so about everybody.
/// </summary>
internal sealed class UserPresence(SessionServices services, UserId user)
{
    /// <summary>A user's row, whose custom data may be long, when the user was last seen, and who is online.</summary>
    private static readonly ReadCost CostOfState = new(3, 4 * ReadCost.BytesPerRow);

    /// <summary>What needs no session: a query, the own setting.</summary>
    public async ValueTask<ServerFrame> AnswerAsync(ClientFrame command, CancellationToken cancellationToken)
    {
        if (services.Rates.TakeRead(user) is { } tooMuch) return Refuse(tooMuch);
        return command switch
        {
            PresenceGet query => await GetAsync(query, cancellationToken),
            PresenceSet setting => await SetAsync(setting, cancellationToken),
            _ => Refuse(Problems.Of(ErrorCode.BadRequest)),
        };
    }

    /// <summary>
    /// Replaces the session's watch of the chat, and answers with the states as they are. It is a watch before anything
    /// is read: a change that comes between is told behind the answer. Without states there is no watch.
    /// </summary>
    public async ValueTask WatchAsync(Session session, PresenceWatching command, CancellationToken cancellationToken)
    {
        if (services.Rates.TakeRead(user) is { } tooMuch)
        {
            session.Refuse(command.Id, tooMuch);
            return;
        }

        var (query, problem) = await ReadQueryAsync(command.Chat, command.Users, cancellationToken);
        var watch = query is null
            ? null
            : services.Owner.Watches.Begin(session, query.Chat, [.. query.Users.Where(query.Roster.Contains)]);
        if (query is null || watch is null)
        {
            problem ??= Problems.Of(ErrorCode.PayloadTooLarge, "Too many chats are watched.");
            session.Refuse(command.Id, problem);
            return;
        }

        IReadOnlyList<PresenceState>? states = null;
        try
        {
            states = await ReadAsync(query, cancellationToken);
            if (await AgainAsync(query, cancellationToken) is not { } now)
            {
                states = null;
                session.Refuse(command.Id, Problems.Of(ErrorCode.NotFound));
                return;
            }

            query = now;
            session.Outbox.PostAnswer(FrameBytes.Of(ListOf(query, states) with { Re = command.Id }));
            if (states is not null) services.Owner.Watches.Answered(watch, states);
        }
        finally
        {
            if (states is null) services.Owner.Watches.Begin(session, query.Chat, []);
        }
    }

    private async ValueTask<ServerFrame> GetAsync(PresenceGet command, CancellationToken cancellationToken)
    {
        if (command.Users.Count == 0) return Refuse(Problems.Invalid("/users", "required"));
        var (query, problem) = await ReadQueryAsync(command.Chat, command.Users, cancellationToken);
        if (query is null) return Refuse(problem!);
        var states = await ReadAsync(query, cancellationToken);
        return await AgainAsync(query, cancellationToken) is { } now
            ? ListOf(now, states)
            : Refuse(Problems.Of(ErrorCode.NotFound));
    }

    /// <summary>Reads or changes whether the user's own presence is shown.</summary>
    private async ValueTask<ServerFrame> SetAsync(PresenceSet command, CancellationToken cancellationToken)
    {
        if (command.Visible is { } isVisible)
        {
            // A change is a sync of the disk.
            if (services.Rates.Take(user) is { } tooFast) return Refuse(tooFast);
            await services.Presence.SetVisibleAsync(user, isVisible, cancellationToken);
        }

        var isShown = command.Visible ?? await IsVisibleAsync(cancellationToken);
        return new PresenceSetting { Visible = isShown };
    }

    /// <summary>What may be said; nothing to who is hidden.</summary>
    private async ValueTask<IReadOnlyList<PresenceState>?> ReadAsync(
        Query query, CancellationToken cancellationToken)
    {
        if (!await IsVisibleAsync(cancellationToken)) return null;
        services.Rates.ChargeRead(user, CostOfState * query.Users.Count);
        return await services.Presence.ReadAsync(query.Users, cancellationToken);
    }

    private ValueTask<bool> IsVisibleAsync(CancellationToken cancellationToken)
    {
        services.Rates.ChargeRead(user, CostOfState);
        return services.Presence.IsVisibleAsync(user, cancellationToken);
    }

    /// <summary>Whom a member asks about, each once; a problem for who asks about a chat without being in it.</summary>
    private async ValueTask<(Query? Query, Problem? Problem)> ReadQueryAsync(
        string chatText, IReadOnlyList<string> users, CancellationToken cancellationToken)
    {
        if (!ChatId.TryParse(chatText, out var chat)) return (null, Problems.Invalid("/chat", "id"));
        var (asked, problem) = AskedUsers.Read(users, PresenceLimits.UsersMax);
        if (asked is null) return (null, problem);
        return await services.Owner.Chats.MemberStateAsync(chat, user, cancellationToken) is { } state
            ? (new Query(chat, SeenBy(state), asked), null)
            : (null, Problems.Of(ErrorCode.NotFound));
    }

    /// <summary>The same by the roster of this moment, since reading states may take seconds; null for who is no longer
    /// a member.</summary>
    private async ValueTask<Query?> AgainAsync(Query query, CancellationToken cancellationToken) =>
        await services.Owner.Chats.MemberStateAsync(query.Chat, user, cancellationToken) is { } state
            ? query with { Roster = SeenBy(state) }
            : null;

    /// <summary>Those whose presence the user may see through the chat: the starter of a direct chat sees nobody but
    /// the own user until it is answered.</summary>
    private Roster SeenBy(ChatState state) => state.ShowsSignsTo(user)
        ? state.Roster
        : Roster.Create(state.Roster.Members.ToArray().Where(member => member.User == user));

    private static PresenceList ListOf(Query query, IReadOnlyList<PresenceState>? states) => new()
    {
        Chat = query.Chat.ToString(),
        Items =
        [
            .. query.Users.Select((asked, at) => states is not null && query.Roster.Contains(asked)
                ? states[at].Item
                : PresenceStates.Unknown(asked)),
        ],
    };

    private static ErrorFrame Refuse(Problem problem) => new() { Problem = problem };

    /// <summary>A chat, whom the user may see through it, and whom the user asks about.</summary>
    private sealed record Query(ChatId Chat, Roster Roster, IReadOnlyList<UserId> Users);
}
