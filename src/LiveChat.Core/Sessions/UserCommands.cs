using LiveChat.Core.Outboxes;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Sessions;

/// <summary>
/// What a user may command, whatever carries it: the connection of a session, or a single request. Answers go to the
/// outbox of <paramref name="inflight"/>. One command after the other.
/// </summary>
internal sealed class UserCommands(SessionServices services, UserId user, Inflight inflight)
{
    private readonly UserReads _reads = new(services, user);

    /// <summary>Whether the embedding application commands in the user's name.</summary>
    public bool IsByServerKey { get; init; }

    /// <summary>The number of the session; 0 for a single request.</summary>
    public ulong Session { get; init; }

    public async ValueTask HandleAsync(ClientFrame frame, CancellationToken cancellationToken)
    {
        switch (frame)
        {
            case ChangeCommand command:
                var result = await services.Ingest.SubmitAsync(
                    user, inflight, command, IsByServerKey, cancellationToken);
                if (result.Problem is { } refused) Refuse(command.Id, refused);
                else if (result.Answer is { } answer && command.Id is not null) Answer(frame, answer);
                break;
            case Mark mark:
                var problem = await MarkAsync(mark, cancellationToken);
                if (problem is not null) Refuse(mark.Id, problem);
                break;
            case Typing typing:
                if (ChatId.TryParse(typing.Chat, out var chat)
                    && await services.Owner.Chats.MemberStateAsync(chat, user, cancellationToken) is { } state)
                    services.Typing.Set(state, user, inflight.Outbox, Session, typing.On);
                break;
            case MineSet mine:
                Answer(frame, await new OwnSettings(services, user).SetAsync(mine, cancellationToken));
                break;
            default:
                Answer(frame, await _reads.AnswerAsync(frame, cancellationToken));
                break;
        }
    }

    /// <summary>Answers that the command had no effect.</summary>
    public void Refuse(uint? number, Problem problem)
    {
        if (number is { } re) inflight.Outbox.Answer(new ErrorFrame { Re = re, Problem = problem });
    }

    private void Answer(ClientFrame frame, ServerFrame answer) =>
        inflight.Outbox.Answer(answer with { Re = frame.Id });

    private async ValueTask<Problem?> MarkAsync(Mark mark, CancellationToken cancellationToken)
    {
        if (!ChatId.TryParse(mark.Chat, out var chat)) return Problems.Invalid("/chat", "id");
        if (mark.Read is null && mark.Delivered is null) return Problems.Invalid("/read", "required");

        // Before the chat is read: what is read of it while this node is not certain may be behind.
        var isCertain = services.Owner.Chats.IsCertain(chat);
        if (await services.Owner.Chats.MemberStateAsync(chat, user, cancellationToken) is not { } state)
            return Problems.Of(ErrorCode.NotFound);
        if (Math.Max(mark.Read ?? 0, mark.Delivered ?? 0) is var highest && highest > state.Seq)
        {
            // The client may have it from history, which may be ahead of delivery.
            state = await services.Owner.Chats.NewerAsync(state, user, cancellationToken);

            // Above the head there is nothing to mark: it means all that there is.
            if (highest > state.Seq && (!isCertain || services.Owner.Chats.IsBehind(state)))
                return Problems.Of(ErrorCode.Unavailable);
        }

        if (!state.Roster.TryGet(user, out var member)) return Problems.Of(ErrorCode.NotFound);
        mark = mark with
        {
            Read = mark.Read > state.Seq ? state.Seq : mark.Read,
            Delivered = mark.Delivered > state.Seq ? state.Seq : mark.Delivered,
        };

        // The stay began with all before it read: what lies below is no progress, and its number not for this member.
        var raise = mark with
        {
            Read = mark.Read >= member.FromSeq ? mark.Read : null,
            Delivered = mark.Delivered >= member.FromSeq ? mark.Delivered : null,
        };
        if (raise is { Read: null, Delivered: null })
        {
            if (mark.Id is { } number)
                inflight.Outbox.PostAnswer(FrameBytes.Of(
                    new Ack { Re = number, Chat = chat.ToString(), Seq = member.FromSeq }));
            return null;
        }

        var readN = state.N;
        if (raise.Read is { } read && read < state.Seq)
        {
            if (await services.History.ReadNumberAsync(user, chat, read, cancellationToken) is not { } n)
                return Problems.Of(ErrorCode.Unavailable);
            readN = n;
        }

        return services.Markers.Raise(state, user, inflight, raise, readN);
    }
}
