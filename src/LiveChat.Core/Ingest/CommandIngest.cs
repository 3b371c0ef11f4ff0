using Google.Protobuf;
using LiveChat.Core.Chats;
using LiveChat.Core.FanOut;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Ids;
using LiveChat.Core.Log;
using LiveChat.Core.Measuring;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Workers;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Ingest;

/// <summary>
/// The only writer to the log. Whether a command may have its effect is the sequencer's to say; here it is checked
/// whether it is well-formed and not too fast, and it is given everything that the sequencer must not look up: its
/// id, the limits that apply, what it acts on. Sessions call from any thread, one command after the other each; a
/// command is handed to the log before <see cref="SubmitAsync"/> returns, so that a session's order is the log's.
/// </summary>
internal sealed class CommandIngest(
    IngestOptions options,
    IngestRates rates,
    IMessageLog log,
    IUserStore users,
    IErasureStore? erasures,
    HistoryReader history,
    ChatStates chats,
    Func<int, bool> isStopped,
    PendingCommands pending,
    SnowflakeGenerator ids,
    Func<ushort> rules,
    MessageTraces traces,
    TimeProvider time)
{
    /// <summary>How old the answer may be that nobody whom a command adds is erased, when it is handed to the log.
    /// An erasure reckons with it.</summary>
    public static readonly TimeSpan AskedForMax = TimeSpan.FromSeconds(4);

    private const long KeyAheadMsMax = RulesV1.KeyAheadMsMax;
    private volatile bool _isDraining;

    /// <summary>From here on every command is refused, retryably.</summary>
    public void Drain() => _isDraining = true;

    public async ValueTask<IngestResult> SubmitAsync(
        UserId sender,
        Inflight session,
        ChangeCommand command,
        bool isByServerKey,
        CancellationToken cancellationToken)
    {
        var came = time.GetTimestamp();
        if (_isDraining) return Refuse(ErrorCode.Draining);
        if (command is ChatCreate && options.ChatsStartedBy is ChatStarters.ServerKeys && !isByServerKey)
            return IngestResult.Refused(Problems.Of(ErrorCode.Forbidden, "Only the application starts chats."));
        var draft = CommandRules.Read(sender, command, out var problem);
        if (draft is null) return IngestResult.Refused(problem!);

        var chat = new ChatId(draft.Record.Chat);
        var isCertain = chats.IsCertain(chat);
        var standing = chat.Value == 0
            ? default
            : await chats.StandingAsync(chat, sender, hasTarget: draft.TargetSeq != 0, cancellationToken);
        if (rates.Take(sender, chat.Value, standing.Members, draft.Record.CalculateSize()) is { } tooFast)
            return IngestResult.Refused(tooFast);
        if (draft.TargetSeq != 0 && rates.TakeRead(sender) is { } tooMuch) return IngestResult.Refused(tooMuch);

        // Who surely never was a member: workers would read the head of a chat that is nowhere, and not that of one in
        // memory. A former member may repeat what had its effect, and while this node is not certain a new member may
        // not be known: what they send is left to the sequencer.
        if (chat.Value != 0 && isCertain && !standing.WasMember) return Refuse(ErrorCode.NotFound);

        problem = command is ChatCreate
            ? await ClaimAsync(sender, draft, cancellationToken)
            : await ReadTargetAsync(sender, standing, isCertain, draft, cancellationToken);
        if (problem is not null) return IngestResult.Refused(problem);
        if (standing.FromSeq is not null
            && session.Count == 0
            && await AnswerAsync(standing, draft, cancellationToken) is { } answer)
            return IngestResult.Answered(answer);

        // The last wait before the log: an erasure that begins from here on finds what this command adds.
        if (await AskForErasedAsync(draft.Record, cancellationToken) is { } slow) return IngestResult.Refused(slow);
        return Append(draft.Record, sender, session, command.Id, isByServerKey, came);
    }

    /// <summary>A step of an erasure: the server asks for it itself, so that no rate and no stay is looked at. What it
    /// acts on is in the record.</summary>
    public IngestResult SubmitErasure(Record record, Inflight session, uint number)
    {
        if (_isDraining) return Refuse(ErrorCode.Draining);
        record.Erasure = true;
        return Append(
            record, UserId.OfRecord(record.Sender), session, number, isByServerKey: true, time.GetTimestamp());
    }

    /// <summary>Notes in the record whether it adds somebody who is erased: the sequencer refuses it then, unless it
    /// repeats what was taken before. Other records wait for nothing.</summary>
    private async ValueTask<Problem?> AskForErasedAsync(Record record, CancellationToken cancellationToken)
    {
        if (erasures is null || AddedUsers.Of(record) is not { Count: > 0 } added) return null;
        var asked = time.GetTimestamp();
        var erased = await erasures.ReadAsync(added, cancellationToken);
        if (time.GetElapsedTime(asked) > AskedForMax) return Problems.Of(ErrorCode.Unavailable, "History is slow.");
        record.AddsErased = erased.Count > 0;
        return null;
    }

    private IngestResult Append(
        Record record, UserId user, Inflight session, uint? number, bool isByServerKey, long came)
    {
        record.Id = ids.Next();
        record.MembersMax = (uint)options.MembersMax;
        record.PullAt = (uint)options.PullAt;
        record.PushBelow = (uint)options.PushBelow;

        // The application's own backend asks for what it needs, and no stranger can be it.
        record.UnansweredMax = isByServerKey ? 0 : (uint)options.UnansweredMessagesMax;
        var partition = Partitioner.PartitionOf(new ChatId(record.Chat), log.Partitions);

        // What is appended there would be kept and never answered.
        if (isStopped(partition))
            return IngestResult.Refused(Problems.Of(ErrorCode.Unavailable, "This part of the log has stopped."));
        var inUse = rules();
        if (RulesTable.NeededBy(record) > inUse)
            return IngestResult.Refused(Problems.Of(
                ErrorCode.Unavailable, "This kind of change begins once every server is upgraded."));
        var span = traces.Begin(record, came, time);
        var bytes = RecordEnvelope.Encode(record, inUse);
        var coming = new Coming(came, span);
        if (pending.Append(record, user, session, number, partition, bytes, coming) is not { } problem)
            return IngestResult.Taken;
        MessageTraces.End(span, problem.Code);
        return IngestResult.Refused(problem);
    }

    private async ValueTask<Problem?> ReadTargetAsync(
        UserId sender, Standing standing, bool isCertain, CommandDraft draft, CancellationToken cancellationToken)
    {
        if (draft.TargetSeq == 0) return null;
        var chat = new ChatId(draft.Record.Chat);

        // Out of the sender's sight: not looked at, so that nobody learns of it.
        var isOutOfSight = isCertain && !(standing.FromSeq <= draft.TargetSeq);
        var target = isOutOfSight
            ? null
            : await history.ReadTargetAsync(sender, chat, draft.TargetSeq, cancellationToken);
        if (target is null)
        {
            if (isCertain && !isOutOfSight) return Problems.Of(ErrorCode.NotFound);

            // Nor is it known while this node is not certain: the message may be in the log alone, and this command
            // behind it. A repetition says no more than the seq either, and is answered as the first one was.
            draft.Record.Target = new Target { Seq = (ulong)draft.TargetSeq };
            return null;
        }

        draft.Record.Target = target;
        return draft.Record.Reaction is not { On: true, Emoji: var emoji }
            || await history.HasRoomForReactionAsync(chat, draft.TargetSeq, sender, emoji, cancellationToken)
                ? null
                : Problems.Invalid("/emoji", "too_many");
    }

    /// <summary>
    /// The answer to a reaction that changes nothing of what is shown; null when it may change something. History must
    /// have all that this node has acknowledged of the chat, and the session no command on its way: what this command
    /// must come behind is in what is looked at. A command of another session at the same time may be an event.
    /// </summary>
    private async ValueTask<Ack?> AnswerAsync(
        Standing standing, CommandDraft draft, CancellationToken cancellationToken)
    {
        var chat = new ChatId(draft.Record.Chat);
        if (draft.Record.Reaction is not { } reaction || !chats.IsCertain(chat)) return null;
        var key = CommandKey.Of(draft.Record);
        var head = await history.ReadHeadWhereSetAsync(
            chat, draft.TargetSeq, key, reaction.Emoji, reaction.On, cancellationToken);

        // Of a chat that is not in memory history has everything.
        var acknowledged = Math.Max(standing.Chat?.Seq ?? 0, chats.Known(chat)?.Seq ?? 0);
        return head >= acknowledged ? new Ack { Chat = chat.ToString(), Seq = head.Value } : null;
    }

    /// <summary>
    /// Makes the record from the claim that holds the scope, whoever made it: so that two who create one chat at the
    /// same time append the same creation, and the second is an ordinary duplicate. Every creation claims its key; a
    /// direct chat then claims the pair for what the key holds. Each step repeats what was done, so a crash between
    /// them, or before the append, is mended by the next try of either user.
    /// </summary>
    private async ValueTask<Problem?> ClaimAsync(
        UserId sender, CommandDraft draft, CancellationToken cancellationToken)
    {
        // A key of the far future would hold the scope, and every creation of the chat would be refused.
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (draft.ClientId.UnixMilliseconds > now + KeyAheadMsMax) return Problems.Of(ErrorCode.ClockAhead);

        var record = draft.Record;
        var body = record.Created.ToByteArray();
        var claim = await users.ClaimChatAsync(
            ChatScopes.OfKey(sender, draft.ClientId),
            new ChatClaim(new ChatId(ids.Next()), sender, draft.ClientId, body),
            cancellationToken);
        if (claim.IsOfDeleted) return Problems.Of(ErrorCode.NotFound);
        if (!claim.Body.Span.SequenceEqual(body)) return Problems.Of(ErrorCode.DuplicateMismatch);
        if (record.Created.Direct)
        {
            var own = claim.Chat;
            claim = await users.ClaimChatAsync(
                ChatScopes.OfPair(sender.Value, record.Created.Members[0]), claim, cancellationToken);

            // The pair is given back a moment after the deletion.
            if (claim.Chat != own && await chats.StateAsync(claim.Chat, cancellationToken) is { IsDeleted: true })
                return Problems.Of(ErrorCode.Unavailable, "The chat of these two is being deleted.");
        }

        record.Chat = claim.Chat.Value;
        record.Sender = claim.Creator.Value;
        record.ClientId = ByteString.CopyFrom(claim.ClientId.Value.ToByteArray(bigEndian: true));
        record.Created = Created.Parser.ParseFrom(claim.Body.Span);
        return null;
    }

    private static IngestResult Refuse(string code) => IngestResult.Refused(Problems.Of(code));
}
