using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Checking;
using ChatList = LiveChat.Protocol.Frames.Chats;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What a user does on a device: gives commands, some of them without waiting for the former's answer, repeats each
/// under its client id until it has an answer that counts, and now and then one that was answered long ago. Between
/// them the user reads, marks, types, looks who is there, and hides.
/// </summary>
internal sealed class DeviceTalk(World world, SimulatedDevice device, int commands, Random random)
{
    private const int AttemptsMax = 60;

    private readonly List<(Invocation Invocation, ChangeCommand Command)> _sent = [];
    private readonly Dictionary<(int Session, string Chat), long> _answered = [];
    private readonly CommandChooser _chooser = new(world, device, random);

    public async Task RunAsync()
    {
        var pipelined = new List<Task>();
        for (var i = 0; i < commands; i++)
        {
            await PauseAsync();
            await device.ReadyAsync();
            if (_sent.Count > 0 && random.Next(12) == 0)
                await RepeatAsync();
            if (random.Next(3) == 0)
                await ActAsync();
            var sending = CommandAsync();
            if (random.Next(3) == 0)
                pipelined.Add(sending);
            else
                await sending;
        }

        await Task.WhenAll(pipelined);
    }

    /// <summary>Gives one command; ends with an answer that counts.</summary>
    public Task CommandAsync() => GiveAsync(_chooser.Choose());

    private Task SayAsync(string chat) => GiveAsync(_chooser.Say(chat));

    private void Type(string chat, bool on)
    {
        if (!device.IsReady) return;
        if (on) world.Typing.Types(device, chat);
        device.Say(new Typing { Chat = chat, On = on });
    }

    private Task GiveAsync(ChangeCommand command)
    {
        var invocation = new Invocation
        {
            Chat = command.Chat,
            Sender = device.User.Value,
            ClientId = command.ClientId,
            Content = Rendering.Content(device.User, command),
            IsShared = command is ChatCreate { Direct: not null },
        };
        world.Observed.Invocations.Add(invocation);
        _sent.Add((invocation, command));
        return SendAsync(invocation, command);
    }

    /// <summary>Reads, marks, types, or looks who is there.</summary>
    private async Task ActAsync()
    {
        if (world.Chats.Count == 0)
            return;
        var chat = world.Chats[random.Next(world.Chats.Count)];
        switch (random.Next(world.IsCluster ? 10 : 8))
        {
            case 0:
                Type(chat.Id, on: random.Next(3) > 0);
                break;
            case 1:
            case 2:
                await ReadAsync(chat.Id);
                break;
            case 3:
                await device.Presence.GetAsync(chat.Id, SomeUsers());
                break;
            case 4:
                await device.Presence.WatchAsync(chat.Id, SomeUsers());
                break;
            case 5 when random.Next(2) == 0:
                await device.Presence.ShowAsync(random.Next(3) > 0);
                break;
            case 6:
                await ListAsync();
                break;
            case 8:
                Type(chat.Id, on: true);
                await SayAsync(chat.Id); // At once: the two go different ways.
                break;
            case 9:
                await device.AskAsync(new MineSet { Chat = chat.Id, Pinned = random.Next(2) == 0 });
                break;
            default:
                await MarkAsync(chat);
                break;
        }
    }

    /// <summary>Strangers too, and some twice.</summary>
    private string[] SomeUsers() => random.GetItems([.. world.Users.Select(user => user.Value)], random.Next(1, 6));

    private async Task MarkAsync(WorldChat chat)
    {
        var seq = device.View.Shown(chat.Id) - random.Next(3);
        if (seq < 1)
            return;
        if (!chat.Marks.TryGetValue(device.User.Value, out var marks))
            chat.Marks.Add(device.User.Value, marks = new UserMarks());
        marks.Tried.Add(seq);
        var isRead = random.Next(4) > 0;
        var answer = await device.AskAsync(new Mark
        {
            Chat = chat.Id,
            Read = isRead ? seq : null,
            Delivered = isRead ? null : seq,
        });
        if (answer is not Ack ack)
            return;
        world.Require(ack.Seq >= seq, $"{device.Name} marked {chat.Id}/{seq} and was answered {ack.Seq}.");
        if (isRead)
            marks.Acknowledged = Math.Max(marks.Acknowledged, seq);
    }

    /// <summary>The list is not behind what this session was answered before it asked.</summary>
    private async Task ListAsync()
    {
        var (session, answered) = (device.Session, _answered.ToArray());
        if (await device.AskAsync(new ChatsGet { Limit = 100 }) is not ChatList list || device.Session != session)
            return;
        foreach (var ((told, chat), seq) in answered)
            world.Require(
                told != session || list.Items.Any(item => item.Chat == chat && item.HeadSeq >= seq),
                $"{device.Name} was answered {chat}/{seq}, which its list does not show.");
    }

    private async Task ReadAsync(string chat)
    {
        var from = random.Next(10);
        var answer = await device.AskAsync(new HistoryGet
        {
            Chat = chat,
            AfterSeq = random.Next(2) == 0 ? from : null,
            Limit = random.Next(1, 9),
            View = "events",
        });
        if (answer is not Page page)
            return;
        for (var i = 0; i < page.Items.Count; i++)
        {
            device.View.NoteRead(page.Items[i]);
            var seq = page.Items[i].Seq;
            world.Require(seq <= page.HeadSeq, $"A page of {chat} has {seq} above its head {page.HeadSeq}.");
            world.Require(
                i == 0 || seq == page.Items[i - 1].Seq + 1 || page.Stays.Any(stay => stay.From == seq),
                $"A page of {chat} goes from {page.Items[Math.Max(0, i - 1)].Seq} to {seq} within a stay.");
        }
    }

    /// <summary>Gives a command that was answered before once more, or another one under its key.</summary>
    private async Task RepeatAsync()
    {
        var (invocation, command) = _sent[random.Next(_sent.Count)];
        var acknowledged = invocation.Attempts.Any(attempt => attempt.Outcome == Outcome.Acknowledged);
        if (!acknowledged)
            return;
        if (AnotherUnderTheKeyOf(command) is not { } other || random.Next(2) == 0)
        {
            await SendAsync(invocation, command);
            return;
        }

        var attempt = await UntilAnsweredAsync(null, other);
        world.Require(
            attempt is { Reason: ErrorCode.DuplicateMismatch },
            $"Other words under the key of {invocation.ClientId}: {attempt?.Outcome} {attempt?.Reason}.");
    }

    /// <summary>Another command of the same kind that names the same key; null for the kinds that have none here.
    /// </summary>
    private ChangeCommand? AnotherUnderTheKeyOf(ChangeCommand command) => command switch
    {
        MessageSend message => message with { Body = new MessageBody { Text = message.Body.Text + " (another)" } },
        ChatCreate { Direct: { } former } create when random.Next(2) == 0 =>
            create with { Direct = world.Users.First(user => user != device.User && user.Value != former).Value },
        ChatCreate create => create with { Direct = null, Title = "Another", Members = [] },
        _ => null,
    };

    private async Task SendAsync(Invocation invocation, ChangeCommand command)
    {
        var attempt = await UntilAnsweredAsync(invocation, command);
        world.Require(
            attempt is not null,
            $"{invocation.ClientId} of {device.User} had no answer in {AttemptsMax} attempts.");
        world.Require(
            !invocation.IsShared || attempt is { Outcome: Outcome.Acknowledged },
            $"{device.User} could not open a direct chat: {attempt?.Reason}.");
    }

    /// <summary>The attempt that was answered for good; null when none was.</summary>
    private async Task<Attempt?> UntilAnsweredAsync(Invocation? invocation, ChangeCommand command)
    {
        for (var i = 0; i < AttemptsMax; i++)
        {
            await device.ReadyAsync();
            var attempt = new Attempt(device.Session, world.Now);
            invocation?.Attempts.Add(attempt);
            await AttemptAsync(attempt, command);
            if (attempt.Outcome is Outcome.Acknowledged or Outcome.Unneeded || attempt.IsFinal)
                return attempt;
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(50, 2_000)), world.Time);
        }

        return null;
    }

    private async Task AttemptAsync(Attempt attempt, ChangeCommand command)
    {
        var words = Rendering.Content(device.User, command);
        world.Trace($"{device.Name} says {command.ClientId} in {command.Chat}: {words}");
        var typed = world.Typing.Times(device, command.Chat);
        var answer = await device.AskAsync(command);
        switch (answer)
        {
            case Ack { Id: null } none:
                attempt.Dispense(world.Now, none.Chat, none.Seq);
                world.Trace($"{device.Name} needs no {command.ClientId} at {none.Chat}/{none.Seq}");
                break;
            case Ack ack:
                if (!ack.Duplicate && attempt.Session == device.Session)
                    _answered[(device.Session, ack.Chat)] =
                        Math.Max(ack.Seq, _answered.GetValueOrDefault((device.Session, ack.Chat)));
                if (!ack.Duplicate && command is MessageSend)
                    world.Typing.Spoke(device, attempt.Session, typed, ack.Chat, ack.Seq);
                attempt.Acknowledge(world.Now, ack.Chat, ack.Id, ack.Seq, ack.Duplicate);
                world.Trace($"{device.Name} has {command.ClientId} as {ack.Chat}/{ack.Seq} {ack.Duplicate}");
                break;
            case ErrorFrame { Problem: { Code: not ErrorCode.Timeout } problem }:
                attempt.Refuse(world.Now, problem.Code, isFinal: !problem.Retryable);
                world.Trace($"{device.Name} may not {command.ClientId}: {problem.Code} {problem.Detail}");
                break;
            default:
                if (answer is ErrorFrame) world.Timeouts++;
                world.Trace($"{device.Name} does not know of {command.ClientId}");
                break;
        }
    }

    private Task PauseAsync()
    {
        // Seldom so long that keys leave the workers' memory.
        var milliseconds = random.Next(30) == 0 ? random.Next(180_000) : random.Next(300);
        return Task.Delay(TimeSpan.FromMilliseconds(milliseconds + 1), world.Time);
    }
}
