using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>The commands of a user that are only read: a page, the list of chats, a chat.</summary>
internal sealed class UserReads(SessionServices services, UserId user)
{
    public async ValueTask<ServerFrame> AnswerAsync(ClientFrame command, CancellationToken cancellationToken)
    {
        if (services.Rates.TakeRead(user) is { } tooMuch) return Refuse(tooMuch);
        return command switch
        {
            HistoryGet history => await PageAsync(history, cancellationToken),
            ChatsGet chats => await ChatsAsync(chats, cancellationToken),
            ChatGet chat => await ChatAsync(chat, cancellationToken),
            _ => Refuse(Problems.Of(ErrorCode.BadRequest)),
        };
    }

    private async ValueTask<ServerFrame> PageAsync(HistoryGet command, CancellationToken cancellationToken)
    {
        if (!ChatId.TryParse(command.Chat, out var chat)) return Refuse(Problems.Invalid("/chat", "id"));
        if (CheckPositions(command) is { } problem) return Refuse(problem);

        var query = new PageQuery
        {
            BeforeSeq = command.BeforeSeq,
            AfterSeq = command.AfterSeq,
            AroundSeq = command.AroundSeq,
            Limit = command.Limit ?? PageQuery.DefaultLimit,
            MinSeq = command.MinSeq ?? 0,
            AsMessages = command.View is not HistoryViews.Events,
        };
        var read = await services.History.ReadPageAsync(user, chat, query, cancellationToken);
        return read.Value is { } page ? page : Refuse(Problems.Of(read.Error!));
    }

    private async ValueTask<ServerFrame> ChatsAsync(ChatsGet command, CancellationToken cancellationToken)
    {
        if (command.Cursor is { } cursor && !ChatLists.IsCursor(cursor))
            return Refuse(Problems.Invalid("/cursor", "unknown"));
        if (!await services.Answered.WaitAsync(user, HistoryReader.CatchUpTimeout, cancellationToken))
            return Refuse(Problems.Of(ErrorCode.Unavailable, "History is behind."));
        var limit = command.Limit ?? PageQuery.DefaultLimit;
        return await services.History.Lists.ReadLatestAsync(user, command.Cursor, limit, cancellationToken);
    }

    /// <summary>The chat as delivery knows it, which is never behind what this node has said of it.</summary>
    private async ValueTask<ServerFrame> ChatAsync(ChatGet command, CancellationToken cancellationToken)
    {
        if (!ChatId.TryParse(command.Chat, out var chat)) return Refuse(Problems.Invalid("/chat", "id"));
        if (await services.Owner.Chats.MemberStateAsync(chat, user, cancellationToken) is not { } state)
            return Refuse(Problems.Of(ErrorCode.NotFound));
        var members = state.Roster.Members.ToArray();
        var users = await services.Identities.Users.ReadUsersAsync(
            [.. members.Select(static member => member.User)], cancellationToken);
        var own = await services.Identities.Settings.ReadSettingsAsync(user, chat, cancellationToken);
        services.Rates.ChargeRead(user, new ReadCost(1, 0) + ReadCost.Of(members.Length, users));
        var names = users.ToDictionary(static row => row.User, static row => row.Name);
        return new ChatDetails
        {
            Chat = chat.ToString(),
            Kind = state.Direct ? ChatKinds.Direct : ChatKinds.Group,
            Title = state.Title.Length > 0 ? state.Title : null,
            Custom = EventFrames.CustomOf(state.Custom),
            SettingsSeq = state.SettingsSeq,
            HeadSeq = state.Seq,
            HeadN = state.N,
            HeadTime = DateTimeOffset.FromUnixTimeMilliseconds(state.TimeMs),
            Pull = state.Pull,
            MutedUntil = own?.MutedUntilAt(services.Time.GetUtcNow()),
            Pinned = own?.IsPinned ?? false,
            Hidden = own?.Hides(state.N, state.Awaits == user) is true ? true : null,
            Awaits = state.Awaits?.Value,
            Members = [.. members.Select(member => new ChatMember(
                member.User.Value,
                EventFrames.NameOf(member.Role),
                member.FromSeq,
                names.GetValueOrDefault(member.User)))],
        };
    }

    private static Problem? CheckPositions(HistoryGet command)
    {
        var positions = (command.BeforeSeq is null ? 0 : 1)
            + (command.AfterSeq is null ? 0 : 1)
            + (command.AroundSeq is null ? 0 : 1);
        return positions > 1 ? Problems.Invalid("/after_seq", "one_position") : null;
    }

    private static ErrorFrame Refuse(Problem problem) => new() { Problem = problem };
}
