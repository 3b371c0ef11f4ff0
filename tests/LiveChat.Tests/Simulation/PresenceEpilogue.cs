using LiveChat.Protocol.Frames;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// Who is online, when everything is quiet: the members of a chat watch everybody through it, one of them may hide.
/// Then a user goes, with or without a word, the node may crash, the user comes back, and each watcher believes what is
/// true.
/// </summary>
/// <param name="world">The world.</param>
/// <param name="devices">All devices.</param>
/// <param name="crash">Ends the node with the power and starts it again.</param>
/// <param name="random">Chooses who.</param>
internal sealed class PresenceEpilogue(
    World world, IReadOnlyList<SimulatedDevice> devices, Func<Task> crash, Random random)
{
    private const int TriesMax = 20;

    /// <summary>The lifetime of a sign, the node's looks and turns, and a slow machine.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(60 + 20);
    private static readonly TimeSpan WordMax = TimeSpan.FromSeconds(15);

    /// <summary>A heartbeat, in which all that was lost is right again, and a slow machine.</summary>
    private static readonly TimeSpan LossMax = TimeSpan.FromSeconds(30 + 5);

    /// <summary>Takes away what a shared table of presence has; null where there is none.</summary>
    public Action? Lose { get; init; }

    public async Task TellAsync(IEnumerable<PlainChat> chats)
    {
        var lively = chats.Select(chat => (Chat: chat, Members: MembersOf(chat))).FirstOrDefault(chat =>
            chat.Members.Select(static device => device.User).Distinct().Count() > 1);
        if (lively.Members is not { } members)
            return;
        var users = members.Select(static device => device.User.Value).Distinct().ToArray();
        var gone = users[random.Next(users.Length)];
        var hidden = random.Next(2) == 0 ? users[random.Next(users.Length)] : null;
        foreach (var user in users)
            await UntilAsync(
                device => device.Presence.ShowAsync(user != hidden),
                devices.First(device => device.User.Value == user));
        var everybody = world.Users.Select(static user => user.Value).ToArray();
        foreach (var device in members)
            await UntilAsync(watcher => watcher.Presence.WatchAsync(lively.Chat.Chat, everybody), device);

        if (Lose is not null)
        {
            await Task.Delay(WordMax, world.Time);
            world.Trace($"the table of presence loses what it has");
            world.Presence.BeginSteady(devices);
            Lose();
            await Task.Delay(LossMax, world.Time);
            world.Presence.EndSteady();
            await CheckAsync(lively.Chat, members, users, hidden, gone: null);
        }

        // Another connection of the user may have been lost, or its node, which is silence too.
        var silently = random.Next(2) == 0;
        var isWord = !silently && world.Time.GetUtcNow() - world.EndedAt > SilenceMax
            && world.Nodes().ToArray() is [_, ..] nodes
            && nodes.All(node => !node.HasForsaken(gone));
        world.Trace($"{gone} goes, {(silently ? "silently" : "with a word")}; {hidden ?? "nobody"} hides");
        foreach (var device in devices.Where(device => device.User.Value == gone))
        {
            device.IsGone = true;
            device.Leave(silently);
        }

        await Task.Delay(isWord ? WordMax : SilenceMax, world.Time);
        await CheckAsync(lively.Chat, members.Where(device => !device.IsGone), users, hidden, gone);
        if (random.Next(2) == 0)
        {
            await crash();
            await Task.Delay(WordMax, world.Time);
            await CheckAsync(lively.Chat, members.Where(device => !device.IsGone), users, hidden, gone);
        }

        foreach (var device in devices)
            device.IsGone = false;
        await Task.Delay(WordMax, world.Time);
        await CheckAsync(lively.Chat, members, users, hidden, gone: null);
    }

    private async Task CheckAsync(
        PlainChat chat, IEnumerable<SimulatedDevice> watchers, string[] members, string? hidden, string? gone)
    {
        foreach (var device in watchers)
        {
            for (var i = 0; i < TriesMax && device.Presence.Believed.Count == 0; i++)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), world.Time); // It has just connected again.
                await device.Presence.AskAgainAsync();
            }

            foreach (var user in world.Users.Select(static user => user.Value))
            {
                var isShown = members.Contains(user) && user != hidden && device.User.Value != hidden
                    && (user == device.User.Value || chat.ShowsSignsTo(device.User.Value));
                var (isOnline, isSeen) = (isShown && user != gone, isShown && user == gone);

                // A token may just have run out: its user is offline until the device is back.
                for (var i = 0; i < TriesMax && isOnline && !IsOnline(device, user); i++)
                    await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
                var item = device.Presence.Believed.GetValueOrDefault(user);
                world.Require(
                    item is not null && IsTrue(item, isOnline, isSeen),
                    $"{device.Name} believes {item}; {members.Length} are members, {gone} is gone, {hidden} hides.");
            }
        }
    }

    private static bool IsOnline(SimulatedDevice device, string user) =>
        device.Presence.Believed.GetValueOrDefault(user)?.Online == true;

    private bool IsTrue(PresenceItem item, bool isOnline, bool isSeen)
    {
        if (!isSeen)
            return item.Online == isOnline && item.LastSeen is null;
        var off = item.LastSeen - world.Presence.LastSign(item.User);
        return !item.Online && off?.Duration() <= PresenceTruth.ClockSlack;
    }

    private async Task UntilAsync(Func<SimulatedDevice, Task<bool>> step, SimulatedDevice device)
    {
        for (var i = 0; i < TriesMax; i++)
        {
            await device.ReadyAsync();
            if (await step(device))
                return;
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
        }

        throw new SimulationException($"{device.Name} is not answered about presence although nothing goes wrong.");
    }

    private List<SimulatedDevice> MembersOf(PlainChat chat) =>
        [.. devices.Where(device => chat.StaysOf(device.User.Value) is [.., { To: null }])];
}
