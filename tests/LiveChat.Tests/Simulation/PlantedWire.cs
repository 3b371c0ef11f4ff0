using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Simulation;

/// <summary>What a node would say that has the planted mistake; without one, what it says.</summary>
internal sealed class PlantedWire(Plant plant, Random random)
{
    private readonly HashSet<(string Chat, string User)> _listed = [];
    private string? _user;
    private readonly Dictionary<string, IReadOnlyList<string>> _typing = [];
    private ServerFrame? _late;

    /// <summary>Whether a device that does not read loses what comes.</summary>
    public bool DropsWhenFull => plant == Plant.SlowDeviceLosesEvents;

    /// <summary>Whether an answer that got lost is acknowledged all the same.</summary>
    public bool AcknowledgesLostAnswers => plant == Plant.LostAnswerAcknowledged;

    public IEnumerable<ServerFrame> Pass(ServerFrame frame, bool isFull)
    {
        if (frame is Ready ready) _user = ready.User;
        return Spoil(frame, isFull);
    }

    private ServerFrame[] Spoil(ServerFrame frame, bool isFull) => (plant, frame) switch
    {
        (Plant.SlowDeviceLosesEvents, ChatEvent or ChatHeadFrame) when isFull => [],
        (Plant.HeadsLost, ChatHeadFrame) when random.Next(3) == 0 => [],
        (Plant.CommandsWithoutAnEnd, ErrorFrame { Problem.Code: ErrorCode.Timeout }) => [],
        (Plant.StragglersForgotten, Ping { Since: { } since } ping) => [ping with { Since = OneTimeOf(since) }],
        (Plant.TypingForEver, TypingUpdate { Users.Count: 0 }) => [],
        (Plant.TypingEndsLate, TypingUpdate update) => Delay(update),
        (Plant.TypingEndsLate, _) when _late is { } late => [frame, late, .. Drop()],
        (Plant.ResumeSkipsAChat, Ready { Behind.Count: > 0 } ready) =>
            [ready with { Behind = [.. ready.Behind.Skip(1)] }],
        (Plant.PageLosesItsLast, Page { Items.Count: > 1, Next: not null } page) =>
            [page with { Items = [.. page.Items.SkipLast(1)] }],
        (Plant.OwnMarksLost, Receipts told)
            when told.Items.All(item => item.User == _user) && random.Next(3) == 0 => [],
        (Plant.UnreadOfFormerMembers, ChatList list) =>
            [list with { Items = [.. list.Items.Select(static item => item with
            {
                Unread = item.Stay.To is null ? item.Unread : item.HeadN,
            })] }],
        (Plant.SignsOfTheUnanswered, ChatCreated { Kind: "direct" } created) when created.Sender == _user =>
            [frame, new TypingUpdate { Chat = created.Chat, Users = [created.Members[1]] }],
        (Plant.PresenceChangeLost, PresenceChanged) when random.Next(3) == 0 => [],
        (Plant.PresenceOfFormerMembers, PresenceList list) => Note(list),
        (Plant.PresenceOfFormerMembers, MemberRemoved removed) when _listed.Contains((removed.Chat, removed.User)) =>
            [frame, new PresenceChanged { Chat = removed.Chat, User = removed.User, Online = true }],
        _ => [frame],
    };

    private static string OneTimeOf(string text) => SimulatedNode.Seal.TryRead(text, out var since)
        ? SimulatedNode.Seal.Write(new Since(since.Start, since.TimeMs))
        : text;

    private ServerFrame[] Delay(TypingUpdate update)
    {
        var former = _typing.GetValueOrDefault(update.Chat, []);
        _typing[update.Chat] = update.Users;
        if (!former.Except(update.Users).Any()) return [update];
        _late = update;
        return [];
    }

    private ServerFrame[] Drop()
    {
        _late = null;
        return [];
    }

    private ServerFrame[] Note(PresenceList list)
    {
        _listed.UnionWith(list.Items.Select(item => (list.Chat, item.User)));
        return [list];
    }
}
