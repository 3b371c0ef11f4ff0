using LiveChat.Protocol.Frames;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What goes between nodes beside the log, when everything is quiet: what a member marks the others are told, what a
/// user sets or marks the user's other devices are told, also when all links break in the middle of it; and nobody
/// types for ever whose chat's owner has died.
/// </summary>
internal sealed class LinkEpilogue(
    World world, IReadOnlyList<SimulatedDevice> devices, Action breakLinks, Func<string, Task> endOwnerAsync)
{
    private const int ChatsMax = 4;
    private const int BreaksMax = 4;
    private const int PushMax = 2;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan AfterBreak = TimeSpan.FromSeconds(15);

    private int _breaks;

    public async Task TellAsync(IEnumerable<PlainChat> chats)
    {
        var lively = chats.Where(chat => MembersOf(chat).Length > 1).Take(ChatsMax).ToArray();
        foreach (var chat in lively)
            foreach (var ofUser in MembersOf(chat).GroupBy(static device => device.User))
            {
                await MarkAsync(chat, [.. ofUser]);
                await SetAsync(chat, [.. ofUser], isBroken: false);
                await SetAsync(chat, [.. ofUser], isBroken: true);
            }

        foreach (var chat in lively.Take(1)) await TypeAsync(chat);
    }

    private async Task TypeAsync(PlainChat chat)
    {
        foreach (var device in devices) await device.ReadyAsync();
        var (typist, members) = (MembersOf(chat)[0], MembersOf(chat));
        world.Typing.Types(typist, chat.Chat);
        typist.Say(new Typing { Chat = chat.Chat, On = true });
        await Task.Delay(TimeSpan.FromSeconds(2), world.Time);
        await endOwnerAsync(chat.Chat);
        await Task.Delay(AfterBreak, world.Time);
        foreach (var device in members)
            world.Require(
                !device.View.Typing.GetValueOrDefault(chat.Chat, []).Contains(typist.User.Value),
                $"{device.Name} sees {typist.User} type in {chat.Chat}, whose owner has died.");
    }

    /// <summary>The user reads on the first device: a part of what is there while all links break, then the rest.
    /// </summary>
    private async Task MarkAsync(PlainChat chat, SimulatedDevice[] ofUser)
    {
        if (await AskAsync(ofUser[0], new SyncGet()) is not Sync list) return;
        if (list.Items.FirstOrDefault(item => item.Chat == chat.Chat) is not { } before) return;
        var first = Math.Max(before.ReadSeq + 1, before.Stay.From);
        if (ofUser.Length > 1 && first < chat.Head && _breaks < BreaksMax)
            await MarkAsync(chat, ofUser, first, isBroken: true);
        if (first <= chat.Head) await MarkAsync(chat, ofUser, chat.Head, isBroken: false);
    }

    private async Task MarkAsync(PlainChat chat, SimulatedDevice[] ofUser, long seq, bool isBroken)
    {
        var members = MembersOf(chat);
        var user = ofUser[0].User.Value;
        if (world.Chats.Find(known => known.Id == chat.Chat) is not { } known) return;
        if (!known.Marks.TryGetValue(user, out var marks)) known.Marks.Add(user, marks = new UserMarks());
        marks.Tried.Add(seq);
        var sessions = SessionsOf(members);
        if (isBroken) (_breaks, world.Marked) = (_breaks + 1, breakLinks);
        var answer = await AskAsync(ofUser[0], new Mark { Chat = chat.Chat, Read = seq });
        world.Marked = null;
        if (answer is not Ack) return;
        await Task.Delay(isBroken ? AfterBreak : Soon, world.Time);
        if (!sessions.SequenceEqual(SessionsOf(members))) return; // Whoever connects reads it.
        var isPush = world.Users.Count(one => chat.StaysOf(one.Value) is [.., { To: null }]) <= PushMax;
        foreach (var device in members.Where(device => device != ofUser[0]))
        {
            var isOwn = device.User.Value == user;
            var isShown = chat.ShowsSignsTo(device.User.Value) && chat.StayAt(device.User.Value, seq) is not null;
            world.Require(
                !(isOwn || (isPush && isShown && !isBroken)) || device.View.Receipts.Exists(told =>
                    told.Chat == chat.Chat && told.Item.User == user && told.Item.Read >= seq),
                $"{device.Name} was not told that {ofUser[0].Name} has read {chat.Chat}/{seq}; break: {isBroken}.");
        }
    }

    private async Task SetAsync(PlainChat chat, SimulatedDevice[] ofUser, bool isBroken)
    {
        if (ofUser.Length < 2 || (isBroken && _breaks >= BreaksMax)) return;
        var sessions = SessionsOf(ofUser);
        if (await AskAsync(ofUser[0], new MineSet { Chat = chat.Chat, Pinned = isBroken }) is not Mine) return;
        if (isBroken)
        {
            _breaks++;
            breakLinks();
        }

        await Task.Delay(isBroken ? AfterBreak : Soon, world.Time);
        if (!sessions.SequenceEqual(SessionsOf(ofUser))) return;
        foreach (var device in ofUser[1..])
            world.Require(
                device.View.Settings.GetValueOrDefault(chat.Chat)?.Pinned == isBroken,
                $"{device.Name} was not told that {ofUser[0].Name} set {chat.Chat} as pinned: {isBroken}.");
    }

    private async Task<ServerFrame?> AskAsync(SimulatedDevice device, ClientFrame command)
    {
        foreach (var other in devices) await other.ReadyAsync();
        return await device.AskAsync(command);
    }

    private static int[] SessionsOf(IEnumerable<SimulatedDevice> some) =>
        [.. some.Select(static device => device.IsReady ? device.Session : -1)];

    private SimulatedDevice[] MembersOf(PlainChat chat) =>
        [.. devices.Where(device => chat.StaysOf(device.User.Value) is [.., { To: null }])];
}
