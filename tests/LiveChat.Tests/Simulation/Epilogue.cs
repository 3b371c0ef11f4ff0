using LiveChat.Core.History;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// When everything is quiet: each device asks for what it may see, on every path, and is compared with the plain
/// chats; then somebody types, is seen to, and no longer is, goes, and comes back.
/// </summary>
/// <param name="world">The world.</param>
/// <param name="devices">All devices.</param>
/// <param name="crash">Ends the node with the power and starts it again.</param>
/// <param name="random">Chooses what is asked for.</param>
internal sealed class Epilogue(
    World world, IReadOnlyList<SimulatedDevice> devices, Func<Task> crash, Random random)
{
    private readonly Dictionary<string, PlainChat> _chats = [];

    /// <summary>Breaks all links between nodes, of which there are none with one.</summary>
    public Action BreakLinks { get; init; } = static () => { };

    /// <summary>Takes away what a shared table of presence has; null where there is none.</summary>
    public Action? LosePresence { get; init; }

    /// <summary>Ends the node that owns a chat with the power, and starts it again.</summary>
    public Func<string, Task> EndOwnerAsync { get; init; } = static _ => Task.CompletedTask;

    /// <param name="chats">The chats as history has them.</param>
    public async Task TellAsync(IEnumerable<PlainChat> chats)
    {
        foreach (var chat in chats)
            _chats.Add(chat.Chat, chat);
        foreach (var chat in chats)
            CheckUnanswered(chat);
        await AllAreBackAsync();
        foreach (var device in devices)
        {
            NoteWhatIsDue(device);
            CheckReceipts(device);
            await CheckListsAsync(device);
            foreach (var chat in _chats.Values)
                await CheckPagesAsync(device, chat);
        }

        if (world.IsCluster) await new LinkEpilogue(world, devices, BreakLinks, EndOwnerAsync).TellAsync(_chats.Values);
        await CheckOwnMarksAsync();
        await CheckTypingAsync();
        await new PresenceEpilogue(world, devices, crash, random) { Lose = LosePresence }.TellAsync(_chats.Values);
        world.Presence.CheckChats(_chats);
    }

    /// <summary>Content and events of a chat reach those only who were in it, what happened to older messages not
    /// those who came later, and what is said behind a deletion nobody.</summary>
    public void CheckVisibility()
    {
        var users = devices.ToDictionary(device => device.Name, device => device.User.Value);
        foreach (var sighting in world.Observed.Sightings)
        {
            var device = sighting.Device.Replace(DeviceView.Reading, "", StringComparison.Ordinal);
            if (!users.TryGetValue(device, out var user))
                continue;
            var seen = sighting.Event;
            var stay = _chats.GetValueOrDefault(seen.Chat)?.StayAt(user, seen.Seq);
            world.Require(stay is not null, $"{sighting.Device} saw {seen} outside of the stays of {user}.");
            world.Require(
                stay is null || seen.Content is null || TargetOf(seen.Content) is not { } target || target >= stay.From,
                $"{sighting.Device} saw {seen} on a message from before {user} came.");
            world.Require(
                seen.Content?.Split(' ') is not ["edit", var edited, ..] || stay is null
                    || !_chats[seen.Chat].WasDeleted(NumberOf(edited), seen.Seq),
                $"{sighting.Device} saw {seen} on a message that had been deleted.");
        }
    }

    /// <summary>The message on which an edit or a reaction acts whose content is shown.</summary>
    private static long? TargetOf(string content) =>
        content.Split(' ') is ["edit" or "react", var target, ..] ? NumberOf(target) : null;

    private static long NumberOf(string seq) => long.Parse(seq, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Whoever was away comes back, and reads its list and what it lacks.</summary>
    private async Task AllAreBackAsync()
    {
        if (devices.All(static device => device.IsReady)) return;
        foreach (var device in devices) await device.ReadyAsync();
        await Task.Delay(TimeSpan.FromSeconds(15), world.Time);
    }

    private void NoteWhatIsDue(SimulatedDevice device)
    {
        foreach (var chat in _chats.Values)
            foreach (var stay in chat.StaysOf(device.User.Value))
            {
                var from = Math.Max(stay.From, device.View.From.GetValueOrDefault(chat.Chat, 1));
                world.Observed.MustHaveSeen.Add((device.Name, chat.Chat, from, stay.To ?? chat.Head));
            }
    }

    /// <summary>A marker lies in a stay of its user and of whoever is told; the number with it is not below.</summary>
    private void CheckReceipts(SimulatedDevice device)
    {
        foreach (var (id, item) in device.View.Receipts)
            if (_chats.GetValueOrDefault(id) is { } chat && (item.Read ?? item.Delivered) is { } seq)
                world.Require(
                    chat.StayAt(item.User, seq) is not null
                    && chat.StayAt(device.User.Value, seq) is not null
                    && (item.ReadN is not { } n || (n >= chat.Messages(0, seq) && n <= chat.Messages(0, chat.Head))),
                    $"{device.Name}: {item} in {chat.Chat} is outside of the stays, or its number is wrong.");
    }

    /// <summary>
    /// Before the first answer there are as many messages as may be, and the starter is told nothing of the other; a
    /// command is refused for the want of an answer only while there is none.
    /// </summary>
    private void CheckUnanswered(PlainChat chat)
    {
        if (chat.Starter is not { } starter)
            return;
        world.Require(
            chat.Unanswered <= Simulation.UnansweredMax,
            $"{starter} wrote {chat.Unanswered} messages in {chat.Chat} before the answer at {chat.AnswerSeq}.");
        world.Require(
            chat.ChangesOfStarter <= Simulation.UnansweredMax,
            $"{starter} made {chat.ChangesOfStarter} changes in {chat.Chat} before the answer at {chat.AnswerSeq}.");
        if (chat.AnswerSeq is null)
            foreach (var device in devices.Where(device => device.User.Value == starter))
                world.Require(
                    !device.View.Typists.Any(told => told.Chat == chat.Chat && told.User != starter)
                    && !device.View.Receipts.Exists(told => told.Chat == chat.Chat && told.Item.User != starter),
                    $"{device.Name} was told of the other one in {chat.Chat}, which was never answered.");

        var answeredAt = world.Observed.Sightings
            .Where(seen => seen.Device == World.Everybody && seen.Event.Chat == chat.Chat
                && seen.Event.Seq == chat.AnswerSeq)
            .Select(seen => seen.At).DefaultIfEmpty(long.MaxValue).Min();
        foreach (var refused in world.Observed.Invocations.Where(invocation => invocation.Chat == chat.Chat))
            foreach (var attempt in refused.Attempts.Where(attempt => attempt.Reason == ErrorCode.NotAnswered))
                world.Require(
                    refused.Sender == starter && attempt.InvokedAt < answeredAt
                    && (TargetOf(refused.Content) is null
                        ? refused.Content.StartsWith("say ", StringComparison.Ordinal)
                            && chat.Unanswered == Simulation.UnansweredMax
                        : chat.ChangesUnanswered >= Simulation.UnansweredMax),
                    $"{refused.ClientId} of {refused.Sender} in {chat.Chat} was refused for the want of an answer.");
    }

    private async Task<TAnswer> AskAsync<TAnswer>(SimulatedDevice device, ClientFrame command)
        where TAnswer : ServerFrame
    {
        for (var i = 0; i < 10; i++)
        {
            await device.ReadyAsync();
            if (await device.AskAsync(command) is TAnswer answer)
                return answer;
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
        }

        throw new SimulationException($"{device.Name} has no answer to {command} although nothing goes wrong.");
    }

    private async Task CheckListsAsync(SimulatedDevice device)
    {
        var listed = new List<ChatSummary>();
        for (string? cursor = null; ;)
        {
            var page = await AskAsync<ChatList>(device, new ChatsGet { Cursor = cursor, Limit = random.Next(1, 8) });
            listed.AddRange(page.Items);
            if ((cursor = page.Next) is null)
                break;
        }

        for (var i = 1; i < listed.Count; i++)
            world.Require(
                listed[i - 1].HeadTime > listed[i].HeadTime.AddMilliseconds(-ChatPlace.PullStepMs),
                $"{device.Name}: a list out of order.");
        var synced = (await AskAsync<Sync>(device, new SyncGet())).Items;
        var user = device.User.Value;
        foreach (var items in (IReadOnlyList<ChatSummary>[])[listed, synced])
        {
            var theirs = _chats.Values.Where(chat => chat.StaysOf(user).Count > 0).Select(chat => chat.Chat);
            world.Require(
                theirs.Order(StringComparer.Ordinal).SequenceEqual(
                    items.Select(item => item.Chat).Order(StringComparer.Ordinal)),
                $"{device.Name} has {items.Count} chats in its list: {string.Join(' ', items.Select(i => i.Chat))}.");
            foreach (var item in items)
                if (_chats.TryGetValue(item.Chat, out var chat))
                    Check(device, chat, item);
        }
    }

    private void Check(SimulatedDevice device, PlainChat chat, ChatSummary item)
    {
        var user = device.User.Value;
        var head = chat.HeadOf(user);
        var marks = world.Chats.Find(known => known.Id == item.Chat)?.Marks.GetValueOrDefault(user);
        var atLeast = Math.Max(chat.ReadAtLeast(user), marks?.Acknowledged ?? 0);
        world.Require(
            item.HeadSeq == head && item.HeadN == chat.Messages(0, head) && item.Stay == chat.StaysOf(user)[^1],
            $"{device.Name}: {item} of a chat whose head is {head}, {chat.StaysOf(user)[^1]}.");
        world.Require(
            item.ReadSeq >= atLeast && (item.ReadSeq == chat.ReadAtLeast(user)
                || marks?.Tried.Contains(item.ReadSeq) == true),
            $"{device.Name} has read {item.Chat} up to {item.ReadSeq}; it is {atLeast} or another mark.");
        world.Require(
            item.Unread == (item.Stay.To is null ? chat.Messages(item.ReadSeq, head) : 0),
            $"{device.Name}: {item.Unread} unread in {item.Chat} above {item.ReadSeq}, of {head}: "
            + $"there are {chat.Messages(item.ReadSeq, head)} in the stay {item.Stay}.");
    }

    /// <summary>All pages, upwards as events and downwards as messages.</summary>
    private async Task CheckPagesAsync(SimulatedDevice device, PlainChat chat)
    {
        var user = device.User.Value;
        if (chat.StaysOf(user).Count == 0)
        {
            var refused = await AskAsync<ErrorFrame>(device, new HistoryGet { Chat = chat.Chat });
            world.Require(
                refused.Problem.Code == ErrorCode.NotFound,
                $"{device.Name} was not told that there is no {chat.Chat}, but {refused.Problem.Code}.");
            return;
        }

        var events = new List<ChatEvent>();
        for (long? after = 0; after is not null;)
        {
            var page = await AskAsync<Page>(device, new HistoryGet
            {
                Chat = chat.Chat, AfterSeq = after, Limit = random.Next(1, 30), View = "events",
            });
            events.AddRange(page.Items);
            after = page.Next;
        }

        foreach (var seen in events)
            device.View.NoteRead(seen);
        var visible = Enumerable.Range(1, (int)chat.Head).Select(seq => (long)seq)
            .Where(seq => chat.StayAt(user, seq) is not null);
        world.Require(
            events.Select(seen => seen.Seq).SequenceEqual(visible),
            $"{device.Name}: the pages of {chat.Chat} have {string.Join(' ', events.Select(seen => seen.Seq))}.");

        var messages = new List<MessageCreated>();
        for (long? before = (1L << 53) - 1; before is not null;)
        {
            var page = await AskAsync<Page>(device, new HistoryGet
            {
                Chat = chat.Chat, BeforeSeq = before, Limit = random.Next(1, 30),
            });
            messages.InsertRange(0, page.Items.OfType<MessageCreated>());
            before = page.Next;
        }

        var expected = events.OfType<MessageCreated>().Select(message => chat.MessageFor(user, message)).ToArray();
        var lines = messages.Select(PlainChat.LineOf).ToArray();
        for (var i = 0; i < Math.Max(expected.Length, lines.Length); i++)
            world.Require(
                expected.ElementAtOrDefault(i) == lines.ElementAtOrDefault(i),
                $"{device.Name} reads in {chat.Chat}: {lines.ElementAtOrDefault(i)}; "
                + $"it is {expected.ElementAtOrDefault(i)}.");
    }

    /// <summary>What a user marks on one device, every other device of the user is told, in large chats too.</summary>
    private async Task CheckOwnMarksAsync()
    {
        foreach (var chat in _chats.Values)
            foreach (var ofUser in MembersOf(chat).GroupBy(device => device.User).Where(ofUser => ofUser.Count() > 1))
            {
                var (marking, told) = (ofUser.First(), ofUser.Skip(1).ToArray());
                foreach (var device in ofUser)
                    await device.ReadyAsync();
                var sessions = told.Select(device => device.Session).ToArray();
                var before = (await AskAsync<Sync>(marking, new SyncGet())).Items.First(item => item.Chat == chat.Chat);
                if (before.ReadSeq == chat.Head)
                    continue;
                NoteMark(ofUser.Key.Value, chat);
                await AskAsync<Ack>(marking, new Mark { Chat = chat.Chat, Read = chat.Head });
                await Task.Delay(TimeSpan.FromSeconds(3), world.Time);

                // Whoever connects again meanwhile reads it with the list.
                if (sessions.SequenceEqual(told.Select(device => device.Session)))
                    foreach (var device in told)
                        world.Require(
                            device.View.Receipts.Exists(receipt => receipt.Chat == chat.Chat
                                && receipt.Item.User == ofUser.Key.Value && receipt.Item.Read == chat.Head),
                            $"{device.Name} was not told that {marking.Name} has read {chat.Chat} up to {chat.Head}.");
            }
    }

    private void NoteMark(string user, PlainChat chat)
    {
        var known = world.Chats.Find(known => known.Id == chat.Chat);
        if (known?.Marks.TryGetValue(user, out var marks) is false)
            known.Marks.Add(user, marks = new UserMarks());
        known?.Marks[user].Tried.Add(chat.Head);
    }

    private async Task CheckTypingAsync()
    {
        // Whoever typed before does no longer, and nothing is on a slow way any more that would hold it back.
        await Task.Delay(TimeSpan.FromSeconds(30), world.Time);
        foreach (var device in devices)
            foreach (var (chat, typists) in device.View.Typing.Where(static entry => entry.Value.Count > 0))
                world.Require(
                    _chats.GetValueOrDefault(chat)?.StaysOf(device.User.Value) is not [.., { To: null }],
                    $"{device.Name} sees {string.Join(' ', typists)} type in {chat} long after.");
        if (_chats.Values.FirstOrDefault(chat => MembersOf(chat).Count() > 1) is not { } lively)
            return;
        var typist = MembersOf(lively).First();
        foreach (var device in devices)
            await device.ReadyAsync();

        // Owners elsewhere hear of who came.
        if (world.IsCluster) await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
        var sessions = devices.Select(device => device.Session).ToArray();
        world.Typing.Types(typist, lively.Chat);
        typist.Say(new Typing { Chat = lively.Chat, On = true });
        await Task.Delay(TimeSpan.FromSeconds(3), world.Time);
        var seen = devices.Where(device => device.View.Typing.GetValueOrDefault(lively.Chat, [])
            .Contains(typist.User.Value)).ToHashSet();

        // Whoever connects again meanwhile is not told, and who types no longer does when the session ends. A session
        // that the node has just ended is over before the device hears of it.
        await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
        if (devices.All(device => device.IsReady) && sessions.SequenceEqual(devices.Select(device => device.Session)))
            foreach (var other in MembersOf(lively).Where(other => other.User != typist.User))
                world.Require(
                    seen.Contains(other) == lively.ShowsSignsTo(other.User.Value),
                    $"{other.Name} does not see {typist.User} type in {lively.Chat}, or should not.");
        await Task.Delay(TimeSpan.FromSeconds(7), world.Time);
        foreach (var other in MembersOf(lively))
            world.Require(
                !other.View.Typing.GetValueOrDefault(lively.Chat, []).Contains(typist.User.Value),
                $"{other.Name} sees {typist.User} type in {lively.Chat} for more than six seconds.");
    }

    private IEnumerable<SimulatedDevice> MembersOf(PlainChat chat) =>
        devices.Where(device => chat.StaysOf(device.User.Value) is [.., { To: null }]);
}
