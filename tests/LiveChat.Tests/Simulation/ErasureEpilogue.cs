using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Ids;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// At the end of a run a user is erased and chats are deleted, while the others go on with whatever they do, also in
/// these chats, and while nodes die at any step. Behind the end every node is asked to add the user again. What is left
/// in the stores is judged, what the devices were told, and whether the log, read again from the beginning, deletes the
/// same.
/// </summary>
/// <param name="world">The world.</param>
/// <param name="devices">All devices.</param>
/// <param name="disk">The stores.</param>
/// <param name="faults">What goes wrong, which had ended.</param>
/// <param name="harm">Does something to a node, which comes back, or to the links between nodes.</param>
/// <param name="catchUp">Waits until both groups have passed the end of the log.</param>
/// <param name="replay">Reads the log from the beginning.</param>
/// <param name="random">Chooses.</param>
internal sealed class ErasureEpilogue(
    World world,
    IReadOnlyList<SimulatedDevice> devices,
    SimulatedDisk<HistoryImage> disk,
    Faults faults,
    Func<Task> harm,
    Func<Task> catchUp,
    Func<Task<Replay>> replay,
    Random random)
{
    private const int HarmsMax = 4;
    private const int ChatsMax = 2;
    private const int AttemptsMax = 200;

    /// <summary>A second apart: a key may be 30 s too far ahead of the clock.</summary>
    private const int AddAttemptsMax = 60;
    private static readonly TimeSpan AskFor = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan EndWithin = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan QuietAfter = TimeSpan.FromSeconds(15);

    private readonly List<ChatId> _deleted = [];
    private UserId _erased;

    private InMemoryHistoryStore Store => disk.Image.Store;

    /// <param name="chats">The chats of the log.</param>
    public async Task TellAsync(IReadOnlyList<ChatState> chats)
    {
        if (chats.Count == 0) return;
        var seen = world.Observed.Sightings.Count;
        _erased = world.Users[random.Next(world.Users.Count)];
        var some = chats.Select(static chat => chat.Chat).ToArray();
        random.Shuffle(some);
        _deleted.AddRange(some.Take(random.Next(1, ChatsMax + 1)));
        world.Trace($"{_erased} is erased, {string.Join(' ', _deleted)} are deleted");
        foreach (var device in DevicesOf(isErased: true))
            (device.MayBeDismissed, device.IsGone) = (true, true);

        if (random.Next(3) > 0) faults.Hurt();
        var talking = DevicesOf(isErased: false).Select(TalkAsync).ToArray();
        var asking = _deleted.Select(DeleteAsync).Append(EraseAsync()).ToArray();
        for (var harms = random.Next(HarmsMax + 1); harms > 0; harms--)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 15_000)), world.Time);
            await harm();
        }

        await Task.WhenAll(talking);
        await Task.WhenAll(asking);
        faults.Heal();
        await UntilFinishedAsync();

        // What was removed is not there again.
        if (random.Next(2) == 0) await harm();
        var (gone, others) = (DevicesOf(isErased: true), DevicesOf(isErased: false));
        foreach (var device in gone)
        {
            world.Require(!device.IsReady, $"{device.Name} is still connected, and {_erased} is erased.");
            device.IsGone = false; // It tries to come back, on any node.
        }

        await Task.WhenAll(others.Select(AddErasedAsync));
        foreach (var node in world.Nodes().Where(static node => node.Node.Eraser is not null))
            await AddErasedAtAsync(node, others[random.Next(others.Length)]);
        await catchUp();
        foreach (var device in others) await device.ReadyAsync();
        await Task.Delay(QuietAfter, world.Time);
        foreach (var device in gone)
            world.Require(!device.IsReady, $"{device.Name} came back, and {_erased} is erased.");
        await JudgeAsync();

        // The checker has judged what came before; this was judged here.
        world.Observed.Sightings.RemoveRange(seen, world.Observed.Sightings.Count - seen);
    }

    private SimulatedDevice[] DevicesOf(bool isErased) =>
        [.. devices.Where(device => device.User == _erased == isErased)];

    /// <summary>What everybody does, here without a look at the answers.</summary>
    private async Task TalkAsync(SimulatedDevice device)
    {
        var chooser = new CommandChooser(world, device, new Random(random.Next()));
        for (var i = random.Next(4, 12); i > 0; i--)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 4_000)), world.Time);
            await device.AskAsync(random.Next(3) == 0
                ? chooser.Say($"{_deleted[random.Next(_deleted.Count)]}")
                : chooser.Choose());
        }
    }

    /// <summary>Behind the end the others ask once more for who is gone, each on the node of its device.</summary>
    private async Task AddErasedAsync(SimulatedDevice device)
    {
        var chooser = new CommandChooser(world, device, new Random(random.Next()));
        foreach (var command in chooser.Add(_erased.Value))
            await AddErasedAsync(device.Name, command, async () =>
            {
                await device.ReadyAsync();
                return await device.AskAsync(command);
            });
    }

    /// <summary>So no node is left out, wherever the devices are: a user asks it without a connection.</summary>
    private async Task AddErasedAtAsync(SimulatedNode node, SimulatedDevice device)
    {
        var chooser = new CommandChooser(world, device, new Random(random.Next()));
        foreach (var command in chooser.Add(_erased.Value))
            await AddErasedAsync(node.Process.Name, command, async () => await node.Process.CallAsync(
                async () => await node.Node.AskAsync(device.User, command, isByServerKey: false, default))
                .WaitAsync(AskFor, world.Time));
    }

    /// <summary>A new group is refused for who is erased. Only a direct chat that was there is answered as before, and
    /// who may not add is told that.</summary>
    private async Task AddErasedAsync(string where, ChangeCommand command, Func<Task<ServerFrame?>> ask)
    {
        ServerFrame? answer = null;
        for (var attempt = 1; attempt <= AddAttemptsMax; attempt++)
        {
            answer = await ask();
            if (answer is not (null or ErrorFrame { Problem.Retryable: true })) break;
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
        }

        var isRight = answer switch
        {
            Ack { Duplicate: var isRepeated } => command is ChatCreate { Direct: not null } && isRepeated,
            ErrorFrame { Problem: { Retryable: false, Code: var code } } =>
                command is not ChatCreate { Direct: null } || code == ErrorCode.UserErased,
            _ => false,
        };
        world.Require(isRight, $"{where} answered {command} with {answer}, and {_erased} is erased.");
    }

    private Task DeleteAsync(ChatId chat) => UntilDoneAsync(
        async node => (await node.Node.ChatDeleter!.DeleteAsync(chat, CancellationToken.None)).Deletion is not null);

    private Task EraseAsync() => UntilDoneAsync(
        async node => await node.Node.Eraser!.BeginAsync(_erased, CancellationToken.None) is not null);

    /// <summary>Asks again as a backend does that has no answer.</summary>
    private async Task UntilDoneAsync(Func<SimulatedNode, ValueTask<bool>> ask)
    {
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1, 1_500)), world.Time);
            if (world.Node is not { } node) continue;
            try
            {
                if (await node.Process.CallAsync(() => ask(node)).WaitAsync(AskFor, world.Time)) return;
            }
            catch (Exception away) when (away is TimeoutException
                or HistoryUnavailableException or IdUnavailableException)
            {
                world.Trace($"an erasure or a deletion had no answer: {away.Message}");
            }
        }

        world.Violate("An erasure or a deletion was never answered.");
    }

    private async Task UntilFinishedAsync()
    {
        var deadline = world.Time.GetUtcNow() + EndWithin;
        while (world.Time.GetUtcNow() < deadline)
        {
            var erasures = await disk.Image.Erasures.ReadAsync([_erased], default);
            var open = await disk.Image.Deletions.ReadOpenAsync(10, default);
            if (erasures is [{ FinishedMs: > 0 }] && open.Count == 0) return;
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
        }

        world.Violate("An erasure or a deletion does not end.");
    }

    private async Task JudgeAsync()
    {
        var again = await replay();
        foreach (var difference in disk.Image.Cells.Differences(again.Cells).Take(3))
            world.Violate("Behind erasures history is not what the log says. " + difference);
        foreach (var state in again.Chats)
            if (_deleted.Contains(state.Chat)) await JudgeDeletedAsync(state);
            else await JudgeErasedAsync(state);
        foreach (var state in again.Chats) await JudgeSettingsAsync(state.Chat);
        foreach (var chat in _deleted)
            world.Require(again.IsDeletionOpen(chat), $"The log read again does not delete {chat}.");
        world.Require(
            (await Store.ReadUserChatsAsync(_erased, default, 10, default)).Count == 0,
            $"The erased user {_erased} has a list of chats.");
        foreach (var device in DevicesOf(isErased: false)) await JudgeListsAsync(device);
    }

    /// <summary>The erased user has none, and nobody has a deleted chat pinned.</summary>
    private async Task JudgeSettingsAsync(ChatId chat)
    {
        foreach (var user in _deleted.Contains(chat) ? [.. world.Users] : (UserId[])[_erased])
        {
            var settings = await disk.Image.Identities.ReadSettingsAsync(user, chat, default);
            world.Require(settings is not { IsPinned: true }, $"{user} has pinned {chat}, which nobody takes back.");
        }
    }

    private async Task JudgeDeletedAsync(ChatState state)
    {
        var chat = state.Chat;
        var head = await Store.ReadHeadAsync(chat, default);
        world.Require(
            state.IsDeleted && head is { IsDeleted: true, Title: "", Custom: "" } && head.Seq == state.Seq,
            $"The deleted chat {chat} has the head {head}, and in the log {state}.");
        var range = new EventRange(1, Math.Min(state.Seq, 8_000)) { ReactionsTo = IHistoryStore.ReactionsNow };
        var entries = (await Store.ReadEventsAsync(chat, range, default)).Entries;
        world.Require(
            entries is [{ Event.Record: { ChatDeleted: not null } }],
            $"Of the deleted chat {chat} there are {string.Join(' ', entries.Select(static one => one.Event.Seq))}.");
        world.Require(
            (await Store.ReadMarkersAsync(chat, world.Users, default)).Count == 0,
            $"Marks of the deleted chat {chat} are left.");
        if (entries is not [{ Event.Record.ChatDeleted.Members: var members }]) return;
        foreach (var device in DevicesOf(isErased: false))
        {
            var stays = await Store.ReadStaysAsync(chat, device.User, default);
            var wasLast = members.Contains(device.User.Value);
            world.Require(
                wasLast ? stays is [{ ToSeq: var to }] && to == state.Seq : stays.Count == 0,
                $"{device.User} has the stays {string.Join(' ', stays)} in the deleted chat {chat}.");

            // The whole list passes a deleted chat over: who reads it holds the chat no more.
            world.Require(
                !wasLast || device.CameFresh || HasSeen(device, state),
                $"{device.Name} was not told that {chat} is deleted at {state.Seq}: "
                + $"it was shown {device.View.Shown($"{chat}")}.");
        }
    }

    private async Task JudgeErasedAsync(ChatState state)
    {
        var chat = state.Chat;
        world.Require(!state.Roster.Contains(_erased), $"The erased user {_erased} is a member of {chat}.");
        world.Require(
            (await Store.ReadStaysAsync(chat, _erased, default)).Count == 0,
            $"The erased user {_erased} has a stay in {chat}.");
        var range = new EventRange(1, Math.Min(state.Seq, 8_000))
        {
            EditsTo = state.Seq, ReactionsTo = IHistoryStore.ReactionsNow,
        };

        // A reaction on a message that is deleted is shown to nobody.
        foreach (var entry in (await Store.ReadEventsAsync(chat, range, default)).Entries)
            world.Require(
                (entry.Event.Record.Sender != _erased.Value || (entry.Content is null && entry.Edit is null))
                && (entry.Content is null || entry.Reactions.All(reaction => reaction.User != _erased)),
                $"Of the erased user {_erased} is left in {chat}: {entry.Event}.");
        foreach (var device in devices.Where(device => state.Roster.Contains(device.User)))
            world.Require(
                HasSeen(device, state),
                $"{device.Name} was shown {chat} up to {device.View.Shown($"{chat}")}, and its head is {state.Seq}.");
    }

    /// <summary>Whether the application has come to the head; before its first list nothing has to be shown.</summary>
    private static bool HasSeen(SimulatedDevice device, ChatState state) =>
        device.View.Shown($"{state.Chat}") == state.Seq
        || device.View.From.GetValueOrDefault($"{state.Chat}", 1) > state.Seq;

    private async Task JudgeListsAsync(SimulatedDevice device)
    {
        var items = new List<ChatSummary>();
        for (string? cursor = null; ;)
        {
            var page = await AskAsync<ChatList>(device, new ChatsGet { Cursor = cursor, Limit = 5 });
            items.AddRange(page.Items);
            if ((cursor = page.Next) is null) break;
        }

        items.AddRange((await AskAsync<Sync>(device, new SyncGet())).Items);
        foreach (var chat in _deleted)
        {
            world.Require(
                !items.Exists(item => item.Chat == $"{chat}"), $"A list of {device.Name} has the deleted chat {chat}.");
            var late = await AskAsync<ErrorFrame>(device, new ChatGet { Chat = $"{chat}" });
            world.Require(
                late.Problem.Code == ErrorCode.NotFound, $"The deleted chat {chat} is answered {late.Problem.Code}.");
        }
    }

    private async Task<TAnswer> AskAsync<TAnswer>(SimulatedDevice device, ClientFrame command)
        where TAnswer : ServerFrame
    {
        for (var i = 0; i < 10; i++)
        {
            await device.ReadyAsync();
            if (await device.AskAsync(command) is TAnswer answer) return answer;
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
        }

        throw new SimulationException($"{device.Name} has no answer to {command} although nothing goes wrong.");
    }
}
