using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Identities;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Contents;

/// <summary>
/// Takes lines into stores that no server uses yet, by the ports that a server writes through; only chats have a port
/// of their own. Whatever is taken once more changes nothing. One caller at a time, who begins again at the beginning
/// of a chat.
/// </summary>
/// <remarks>
/// Stores of a cluster stamp each cell. The stamp of an event is not kept with it, so a row gets the chat's stamp less
/// the number of events after its own: above that of its event, since each event raises it by one at least, and below
/// that of every later one.
/// </remarks>
internal sealed class ContentTaker(
    IChatTaker chats, IUserStore users, IdentityPorts identities, IErasureStore erasures, IDeletionStore deletions)
{
    private const int AtOnce = 32;

    private readonly List<HistoryRow> _rows = [];
    private ChatState? _head;

    /// <exception cref="HistoryUnavailableException">Begin again at the last place that was reached.</exception>
    /// <exception cref="ContentException">A line contradicts what is there.</exception>
    public async Task TakeAsync(IReadOnlyList<ContentLine> lines, CancellationToken cancellationToken)
    {
        await ForAllAsync<ClaimLine>(lines, ClaimAsync, cancellationToken);
        await ForAllAsync<ServerKeyLine>(lines, AddKeyAsync, cancellationToken);
        await ForAllAsync<ErasureLine>(lines, AddErasureAsync, cancellationToken);
        await ForAllAsync<UserLine>(lines, AddUserAsync, cancellationToken);
        await identities.LastSeen.RaiseLastSeenAsync(
            [
                .. lines.OfType<UserLine>().Where(static line => line.LastSeenMs > 0)
                    .Select(static line => new LastSeen(line.User.User, line.LastSeenMs)),
            ],
            cancellationToken);
        await ForAllAsync<DeviceLine>(lines, AddDeviceAsync, cancellationToken);
        var (taken, members) = Rows(lines);
        await users.RaiseMarkersAsync([.. members.SelectMany(ReadMarks)], cancellationToken);
        await users.RaiseMarkersAsync([.. members.SelectMany(DeliveredMarks)], cancellationToken);
        await Parallel.ForEachAsync(
            members.Where(static one => one.Line.Settings is not null), Options(cancellationToken), SetAsync);
        await chats.TakeAsync(taken, cancellationToken);
        await ForAllAsync<DeletionLine>(lines, FinishAsync, cancellationToken);
    }

    /// <summary>Forgets a chat of which not all was taken.</summary>
    public void Reset()
    {
        _rows.Clear();
        _head = null;
    }

    private static ParallelOptions Options(CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };

    private static Task ForAllAsync<T>(
        IReadOnlyList<ContentLine> lines, Func<T, CancellationToken, ValueTask> take,
        CancellationToken cancellationToken)
        where T : ContentLine => Parallel.ForEachAsync(lines.OfType<T>(), Options(cancellationToken), take);

    private async ValueTask ClaimAsync(ClaimLine line, CancellationToken cancellationToken)
    {
        var held = await users.ClaimChatAsync(line.Scope, line.Claim, cancellationToken);
        if (held.Chat != line.Claim.Chat)
            throw new ContentException(
                $"The scope {line.Scope} is held by the chat {held.Chat}, and {line.Claim.Chat} is to have it: the "
                + "target holds something else too. Begin with an empty one.");
    }

    private async ValueTask AddKeyAsync(ServerKeyLine line, CancellationToken cancellationToken)
    {
        await identities.Keys.AddKeyAsync(line.Key, cancellationToken);
        if (line.Key.IsDisabled) await identities.Keys.DisableKeyAsync(line.Key.Id, cancellationToken);
        if (line.Key.LastUsedMs > 0)
            await identities.Keys.TouchKeyAsync(line.Key.Id, line.Key.LastUsedMs, cancellationToken);
    }

    private async ValueTask AddErasureAsync(ErasureLine line, CancellationToken cancellationToken)
    {
        await erasures.BeginAsync(line.Erasure.User, line.Erasure.StartedMs, cancellationToken);
        if (line.Erasure.TouchedMs > 0) await erasures.SaveAsync(line.Erasure, cancellationToken);
    }

    private async ValueTask FinishAsync(DeletionLine line, CancellationToken cancellationToken)
    {
        if (line.Deletion.FinishedMs > 0) await deletions.FinishAsync(line.Deletion, cancellationToken);
    }

    private async ValueTask AddUserAsync(UserLine line, CancellationToken cancellationToken)
    {
        var row = line.User;
        var change = !row.IsKnown
            ? new UserChange { RevokedBeforeMs = row.RevokedBeforeMs }
            : new UserChange
            {
                Name = row.Name ?? "",
                Custom = row.Custom ?? "",
                IsDisabled = row.IsDisabled,
                IsHidden = row.IsHidden,
                RevokedBeforeMs = row.RevokedBeforeMs,
            };
        if (row.IsKnown || row.RevokedBeforeMs > 0)
            await identities.Users.ChangeUserAsync(row.User, change, row.CreatedMs, cancellationToken);
    }

    private async ValueTask AddDeviceAsync(DeviceLine line, CancellationToken cancellationToken)
    {
        var (device, seenMs, revokedMs) = line.Device;
        if (seenMs > 0) await identities.Users.TouchDeviceAsync(line.User, device, seenMs, cancellationToken);
        if (revokedMs > 0) await identities.Users.RevokeDeviceAsync(line.User, device, revokedMs, cancellationToken);
    }

    private async ValueTask SetAsync((ChatId Chat, MemberLine Line) member, CancellationToken cancellationToken)
    {
        var settings = member.Line.Settings!;
        var change = new ChatSettingsChange(
            settings.MutedUntilMs, settings.IsPinned, settings.HiddenN ?? ChatSettings.Shown);
        _ = await identities.Settings.ChangeSettingsAsync(
                member.Line.User, member.Chat, change, settings.TimeMs, cancellationToken)
            ?? throw new ContentException($"The user {member.Line.User} has more pinned chats than may be.");
    }

    private static IEnumerable<MarkerRaise> ReadMarks((ChatId Chat, MemberLine Line) member) =>
        member.Line.Mark?.Read is { } read
            ? [new MarkerRaise(member.Chat, member.Line.User, 0, read.Seq, read.N, read.TimeMs)]
            : [];

    private static IEnumerable<MarkerRaise> DeliveredMarks((ChatId Chat, MemberLine Line) member) =>
        member.Line.Mark is { DeliveredSeq: > 0 } mark
            ? [new MarkerRaise(member.Chat, member.Line.User, mark.DeliveredSeq, 0, 0, mark.TimeMs)]
            : [];

    private (List<TakenChat> Chats, List<(ChatId Chat, MemberLine Line)> Members) Rows(
        IReadOnlyList<ContentLine> lines)
    {
        var (taken, members) = (new List<TakenChat>(), new List<(ChatId, MemberLine)>());
        foreach (var line in lines)
        {
            if (line is ChatLine begin)
            {
                (_head, var isWithin) = (begin.Head.ToState(), _head is not null);
                if (isWithin) throw new ContentException($"The chat {begin.Head.Chat} begins within another one.");
            }
            else if (line is ChatEndLine)
            {
                var head = Head();
                taken.Add(new TakenChat(head.Chat, [.. _rows], head));
                Reset();
            }
            else if (line is not (ClaimLine or ServerKeyLine or ErasureLine or UserLine or DeviceLine))
            {
                _rows.AddRange(RowsOf(Head(), line));
                if (line is MemberLine member) members.Add((Head().Chat, member));
            }
        }

        if (_head is not null && _rows.Count > 0) taken.Add(new TakenChat(_head.Chat, [.. _rows], Head: null));
        _rows.Clear();
        return (taken, members);
    }

    private ChatState Head() => _head ?? throw new ContentException("A line of a chat stands outside of one.");

    private static IEnumerable<HistoryRow> RowsOf(ChatState head, ContentLine line)
    {
        long StampOf(long seq) => head.Stamp - Math.Max(0, head.Seq - seq);

        return line switch
        {
            DeletionLine it => [new DeletionRow(head.Stamp, it.Deletion.DeletedMs)],
            EventLine it => it.DeletedSeq is { } deleted
                ?
                [
                    new EventRow(StampOf((long)it.Event.Seq), it.Event, it.Content),
                    new ErasureRow(StampOf(deleted), (long)it.Event.Seq, deleted),
                ]
                : [new EventRow(StampOf((long)it.Event.Seq), it.Event, it.Content)],
            EditLine it => [new EditRow(StampOf(it.EditSeq), it.Target, it.EditSeq, it.Content)],
            ReactionLine it =>
                [new ReactionRow(StampOf(it.EventSeq), it.Target, it.Emoji, it.User, it.On, it.EventSeq)],
            StayLine it => [new StayRow(StampOf(it.ToSeq ?? it.FromSeq), it.User, it.FromSeq, it.ToSeq)],
            ClientKeyLine it => [new KeyRow(StampOf(it.Use.Seq), it.Sender, it.ClientId, it.Use)],
            MemberLine it => RowsOf(head, it),
            _ => throw new ContentException($"A {line.GetType().Name} does not stand within a chat."),
        };
    }

    private static IEnumerable<HistoryRow> RowsOf(ChatState head, MemberLine line)
    {
        if (line.Membership is { } stay)
            yield return new UserChatRow(head.Stamp, line.User, stay.FromSeq, stay.ToSeq, stay.Pull);
        if (line.Head is { } seen)
            yield return new UserChatHeadRow(head.Stamp, line.User, seen.Seq, seen.N, seen.TimeMs);
        if (line.Read is { } read) yield return new UserChatReadRow(line.User, read.Seq, read.N, read.TimeMs);
    }
}
