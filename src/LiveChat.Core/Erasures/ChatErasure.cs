using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Core.Sessions;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;

namespace LiveChat.Core.Erasures;

/// <summary>
/// Erases what a user left in one chat. First the user leaves: from that event on the log takes nothing of the user
/// there, so that what lies below it is all that there is. Then the events of the user's stays are read, and each
/// message and reaction of the user is taken back by a record of its own. At the end, once history has those events,
/// what history keeps of the user in the chat is removed. Each step may be repeated. Belongs to one turn of the eraser.
/// </summary>
/// <param name="services">What it works with.</param>
/// <param name="erasure">The erasure.</param>
/// <param name="chat">The chat.</param>
/// <param name="touchAsync">Says now and then that somebody works at the erasure.</param>
internal sealed class ChatErasure(
    ErasureServices services, Erasure erasure, ChatId chat, Func<CancellationToken, ValueTask> touchAsync)
{
    private const int EventsPerRead = 100;
    private const int RecordsAtOnce = 16;
    private const int AttemptsMax = 30;
    private const int TokensPerRead = 4_096;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ErasureRecords _records = new(erasure, chat);
    private readonly UserId _user = erasure.User;
    private long _lastSeq;

    public long Messages { get; private set; }

    public long Reactions { get; private set; }

    /// <summary>True when nothing of the user is left in the chat; false when another turn is needed.</summary>
    /// <exception cref="HistoryUnavailableException">The log or history is away: all of it may be repeated.</exception>
    public async ValueTask<bool> RunAsync(CancellationToken cancellationToken)
    {
        if (await services.History.ReadHeadAsync(chat, cancellationToken) is { } head)
        {
            if (head.Roster.TryGet(_user, out var member)
                && !await LeaveAsync(head, member, cancellationToken))
                return false;
            await TakeBackAsync(cancellationToken);
            await WaitForHistoryAsync(cancellationToken);

            // Somebody whose command was on its way may have added the user again.
            if (await services.History.ReadHeadAsync(chat, cancellationToken) is { } now && now.Roster.Contains(_user))
                return false;
        }

        await services.Store.ForgetChatAsync(_user, chat, cancellationToken);
        return true;
    }

    /// <summary>A group whose last owner leaves gets another owner first: who is an admin, else who is there longest.
    /// </summary>
    private async ValueTask<bool> LeaveAsync(ChatState head, Member member, CancellationToken cancellationToken)
    {
        if (!head.Direct && MembershipV1.IsLastOwner(head, member) && HeirOf(head.Roster) is { } heir)
            await AskAsync(_records.HandOver(head, heir), cancellationToken);
        if (!await AskAsync(_records.Leave(member), cancellationToken)) return false;
        await WaitForHistoryAsync(cancellationToken);
        return true;
    }

    private UserId? HeirOf(Roster roster)
    {
        Member? best = null;
        foreach (var member in roster.Members)
        {
            if (member.User == _user) continue;
            if (best is not { } former || Rank(member).CompareTo(Rank(former)) < 0) best = member;
        }

        return best?.User;

        static (bool IsNoAdmin, long FromSeq) Rank(Member member) => (member.Role is not Role.Admin, member.FromSeq);
    }

    private async ValueTask TakeBackAsync(CancellationToken cancellationToken)
    {
        var stays = await services.History.ReadStaysAsync(chat, _user, cancellationToken);
        var head = await services.History.ReadHeadAsync(chat, cancellationToken);

        // Of more stays than are read the first ones are not known.
        if (stays.Count == IHistoryStore.StaysMax) stays = [new MemberStay(1, null)];
        foreach (var stay in stays)
            await TakeBackAsync(stay.FromSeq, Math.Min(stay.ToSeq ?? long.MaxValue, head!.Seq), cancellationToken);
    }

    private async ValueTask TakeBackAsync(long from, long to, CancellationToken cancellationToken)
    {
        while (from <= to)
        {
            var range = new EventRange(from, Math.Min(to, from + EventsPerRead - 1))
            {
                ReactionsTo = IHistoryStore.ReactionsNow,
                TokensMax = TokensPerRead,
            };
            var read = await services.History.ReadEventsAsync(chat, range, cancellationToken);
            await WriteAsync([.. read.Entries.SelectMany(RecordsOf)], cancellationToken);
            from = read.IsCut ? (long)read.Entries[^1].Event.Seq + 1 : range.To + 1;
            await touchAsync(cancellationToken);
        }
    }

    private IEnumerable<Record> RecordsOf(HistoryEntry entry)
    {
        if (entry.Event.Record?.BodyCase != Kind.Message || entry.DeletedSeq is not null) yield break;
        if (entry.Event.Record.Sender == _user.Value) yield return _records.Delete(entry.Event);
        foreach (var reaction in entry.Reactions)
            if (reaction.User == _user)
                yield return _records.Unreact(entry.Event, reaction);
    }

    private async ValueTask WriteAsync(List<Record> records, CancellationToken cancellationToken)
    {
        foreach (var part in records.Chunk(RecordsAtOnce))
        {
            // Noted by one thread: their answers come on several.
            var answers = await Task.WhenAll([.. part.Select(record => AnswerAsync(record, cancellationToken))]);
            foreach (var (record, answer) in part.Zip(answers)) Note(record, answer);
        }
    }

    /// <summary>True when the record is an event; false when it is refused for good.</summary>
    private async ValueTask<bool> AskAsync(Record record, CancellationToken cancellationToken)
    {
        var answer = await AnswerAsync(record, cancellationToken);
        Note(record, answer);
        return answer is not null;
    }

    /// <summary>The answer to a record that is an event; null when it is refused for good.</summary>
    private async Task<Ack?> AnswerAsync(Record record, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var answer = await SingleRequest.EraseAsync(services.Sessions, record.Clone(), cancellationToken);
            if (answer is Ack ack) return ack;
            var problem = (answer as ErrorFrame)?.Problem;
            if (problem is { Retryable: false }) return null;
            if (attempt == AttemptsMax)
                throw new HistoryUnavailableException($"A step of an erasure has no answer: {problem?.Code}.");
            await Task.Delay(Pause, services.Time, cancellationToken);
        }
    }

    private void Note(Record record, Ack? ack)
    {
        if (ack is null) return;
        _lastSeq = Math.Max(_lastSeq, ack.Seq);
        if (ack.Duplicate) return;
        if (record.Delete is not null) Messages++;
        else if (record.Reaction is not null) Reactions++;
    }

    private async ValueTask WaitForHistoryAsync(CancellationToken cancellationToken)
    {
        if (_lastSeq == 0) return;
        if (!await services.Looks.WaitAsync(chat, _lastSeq, History.Barrier.Patience, cancellationToken))
            throw new HistoryUnavailableException("History is behind the steps of an erasure.");
    }
}
