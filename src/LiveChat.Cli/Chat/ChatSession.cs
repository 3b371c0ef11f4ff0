using System.Threading.Channels;
using LiveChat.Cli.Text;
using LiveChat.Client;
using LiveChat.Protocol.Frames;

namespace LiveChat.Cli.Chat;

/// <summary>
/// Joins the client, the model and the view. One loop (<see cref="RunAsync"/>) owns the model; everything that
/// happens elsewhere is put into its queue. Messages go out one after the other, so that they keep their order.
/// </summary>
internal sealed class ChatSession(LiveChatClient client, ChatModel model, IChatView view, TimeProvider time)
{
    private const int PageSize = 100;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MarkPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TypingPause = TimeSpan.FromSeconds(3);

    // Full: the line is not taken, the user is told.
    private readonly Channel<OutgoingMessage> _outgoing = Channel.CreateBounded<OutgoingMessage>(
        new BoundedChannelOptions(1000)
        {
            FullMode = BoundedChannelFullMode.Wait,
            SingleReader = true,
            SingleWriter = true,
            AllowSynchronousContinuations = false,
        });

    private readonly ChatMarks _marks = new(client);
    private readonly ChatWork _work = new(model);
    private readonly TaskCompletionSource _listed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _typedAt;
    private bool _isTyping;
    private bool _isAskedToQuit;
    private Exception? _end;

    /// <summary>Done once the chats are listed and the first one is open, if one was to be opened.</summary>
    public Task Started => _started.Task;

    /// <summary>Runs until the user leaves, the input ends or the server does not want the client.</summary>
    public async Task RunAsync(string? with, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        client.ConnectionChanged += change => _work.PostSoon(() => OnConnection(change, ending.Token), ending.Token);
        client.Retrying += retry => _work.PostSoon(() => OnRetry(retry, ending.Token), ending.Token);
        client.MineChanged += mine => _work.PostSoon(() => model.Apply(mine), ending.Token);
        client.TypingChanged += typing => _work.PostSoon(() => model.Apply(typing), ending.Token);
        client.PresenceChanged += presence => _work.PostSoon(() => model.Apply(presence), ending.Token);
        client.ReceiptsChanged += receipts => _work.PostSoon(() => model.Apply(receipts), ending.Token);
        Task[] tasks =
        [
            StartAsync(with, ending.Token),
            ReadEventsAsync(ending.Token),
            SendAsync(ending.Token),
            MarkAsync(ending.Token),
            ReadInputAsync(ending.Token),
        ];

        // The client may be connected for long: what has happened before is looked up, not waited for.
        if (client.State == ClientState.Connected)
            OnConnection(new ConnectionChange(ClientState.Connected), ending.Token);
        try
        {
            view.Show(model);
            await foreach (var action in _work.Actions.ReadAllAsync(ending.Token))
            {
                Run(action);
                while (_work.Actions.TryRead(out var next)) Run(next);
                view.Show(model);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll([.. tasks, .. _work.Commands]).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        if (_end is not null) throw _end;
    }

    /// <summary>A line that the user finished. Gives the command that it began.</summary>
    public async Task<Task> SubmitAsync(string line, CancellationToken cancellationToken)
    {
        var begun = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _work.PostAsync(
            () =>
            {
                model.Say();
                begun.SetResult(Do(ChatInput.Parse(line), cancellationToken));
            },
            cancellationToken);
        return await begun.Task.WaitAsync(cancellationToken);
    }

    /// <summary>A key was pressed: the screen changes, and the others see that somebody types.</summary>
    public Task TypeAsync(bool isMessage, CancellationToken cancellationToken) => _work.PostAsync(
        () =>
        {
            if (model.Open is null) return;
            if (isMessage && (!_isTyping || time.GetElapsedTime(_typedAt) >= TypingPause))
            {
                TellTyping(model.Open.Chat, true, cancellationToken);
            }
            else if (!isMessage && _isTyping)
            {
                TellTyping(model.Open.Chat, false, cancellationToken);
            }
        },
        cancellationToken);

    /// <summary>The terminal is another one now.</summary>
    public void Redraw(CancellationToken cancellationToken) => _work.PostSoon(static () => { }, cancellationToken);

    private void TellTyping(string chat, bool on, CancellationToken cancellationToken)
    {
        _isTyping = on;
        _typedAt = time.GetTimestamp();
        _work.Start(() => client.SetTypingAsync(chat, on, cancellationToken));
    }

    /// <summary>What is said must be seen before something else is said.</summary>
    private void Run(Action action)
    {
        var said = model.Info;
        action();
        if (!ReferenceEquals(said, model.Info) && model.Info.Count > 0) view.Show(model);
    }

    private Task Do(ChatInput input, CancellationToken cancellationToken)
    {
        var isAskedToQuit = _isAskedToQuit;
        _isAskedToQuit = false;
        switch (input)
        {
            case SayInput say:
                return Say(say.Text, cancellationToken);
            case ChatsInput:
                model.Say(model.ChatLines());
                break;
            case OpenInput open when model.Find(open.Which) is { } chat:
                return _work.Start(() => OpenAsync(chat.Chat, cancellationToken));
            case OpenInput open:
                model.Say($"There is no chat “{open.Which}”; /chats lists yours.");
                break;
            case NewInput begin:
                return _work.Start(() => BeginAsync(begin.Users, cancellationToken));
            case EditInput edit when model.Target(edit.Seq, isOwn: true) is var (chat, seq):
                var body = new MessageBody { Text = edit.Text };
                return _work.Start(() => client.EditAsync(chat, seq, body, cancellationToken: cancellationToken));
            case DeleteInput delete when model.Target(delete.Seq, isOwn: true) is var (chat, seq):
                return _work.Start(() => client.DeleteAsync(chat, seq, cancellationToken: cancellationToken));
            case ReactInput react when model.Target(react.Seq, isOwn: false) is var (chat, seq):
                var own = new Reaction(react.Emoji, model.User);
                var isSet = model.Chat(chat).Messages.Any(item => item.Seq == seq && item.Reactions.Contains(own));
                return _work.Start(() => client.ReactAsync(
                    chat, seq, react.Emoji, !isSet, cancellationToken: cancellationToken));
            case EditInput or DeleteInput or ReactInput:
                model.Say("There is no such message here.");
                break;
            case MembersInput:
                model.Say(model.MemberLines());
                break;
            case HelpInput:
                model.Say(ChatInput.Help);
                break;
            case AddInput or TitleInput or LeaveInput when model.Open is { Chat: var group }:
                return _work.Start(() => ChangeGroupAsync(group, input, cancellationToken));
            case HideInput hide when model.Open is { Chat: var open }:
                return _work.Start(() => HideAsync(open, hide.IsHidden, cancellationToken));
            case AddInput or TitleInput or LeaveInput or HideInput:
                model.Say("No chat is open: /open N or /new NAME.");
                break;
            case QuitInput when model.Unsent > 0 && !isAskedToQuit:
                _isAskedToQuit = true;
                model.Say(
                    $"Not sent yet: {CountText.Of(model.Unsent, "message")}. /quit again leaves without sending.");
                break;
            case QuitInput:
                _work.End();
                break;
            case WrongInput wrong:
                model.Say($"{wrong.Command} is no command, or lacks something; /help lists all.");
                break;
        }

        return Task.CompletedTask;
    }

    private Task<Ack> ChangeGroupAsync(string chat, ChatInput change, CancellationToken cancellationToken) =>
        change switch
        {
            AddInput add => client.AddMembersAsync(chat, add.Users, cancellationToken: cancellationToken),
            TitleInput title => client.SetTitleAsync(chat, title.Title, cancellationToken: cancellationToken),
            _ => client.RemoveMemberAsync(chat, model.User, cancellationToken: cancellationToken),
        };

    private async Task HideAsync(string chat, bool isHidden, CancellationToken cancellationToken)
    {
        var mine = await client.HideAsync(chat, isHidden, cancellationToken);
        await _work.PostAsync(
            () =>
            {
                model.Apply(mine);
                model.Say(isHidden
                    ? "The chat is off your lists; /hide off shows it again."
                    : "The chat is on your lists again.");
            },
            cancellationToken);
    }

    private Task Say(string text, CancellationToken cancellationToken)
    {
        if (model.Open is null)
        {
            model.Say("No chat is open: /open N or /new NAME.");
            return Task.CompletedTask;
        }

        if (_isTyping) TellTyping(model.Open.Chat, false, cancellationToken);
        var message = model.Send(model.Open.Chat, text);
        if (!_outgoing.Writer.TryWrite(message)) model.Refused(message, "too many messages wait");
        return message.Settled;
    }

    private async Task StartAsync(string? with, CancellationToken cancellationToken)
    {
        try
        {
            await client.ConnectAsync(cancellationToken);
            if (with is not null) await BeginAsync([with], cancellationToken);
            await _listed.Task.WaitAsync(cancellationToken);
            _started.TrySetResult();
        }
        catch (LiveChatStoppedException stopped)
        {
            await _work.PostAsync(() => End(stopped), cancellationToken);
        }
        catch (LiveChatRefusedException refused)
        {
            await _work.PostAsync(() => End(refused), cancellationToken);
        }
    }

    private void OnConnection(ConnectionChange change, CancellationToken cancellationToken)
    {
        model.Apply(change);
        if (change.State == ClientState.Stopped) End(new LiveChatStoppedException(change.Code, change.Reason ?? ""));
        if (change.State == ClientState.Reconnecting)
            _work.Start(() => CountDownAsync(change.Delay, left => model.CountDown(change, left), cancellationToken));
        if (change.State != ClientState.Connected) return;
        if (change.IsNewStore) model.Clear();
        _work.Start(() => RefreshAsync(cancellationToken));
    }

    /// <summary>What happens beside the user's own doing is no reason to bother the user.</summary>
    private void OnRetry(CommandRetry retry, CancellationToken cancellationToken)
    {
        if (retry.Command is PresenceWatching or Mark) return;
        model.Apply(retry);
        _work.Start(async () =>
        {
            await CountDownAsync(retry.Delay, left => model.CountDown(retry, left), cancellationToken);

            // The answer to the next try is to come before the line goes.
            await Task.Delay(Tick, time, cancellationToken);
            await _work.PostAsync(() => model.CountDown(retry, null), cancellationToken);
        });
    }

    private async Task CountDownAsync(TimeSpan delay, Action<TimeSpan> show, CancellationToken cancellationToken)
    {
        for (var left = delay; left > TimeSpan.Zero; left -= Tick)
        {
            var now = left;
            await _work.PostAsync(() => show(now), cancellationToken);
            await Task.Delay(left < Tick ? left : Tick, time, cancellationToken);
        }
    }

    /// <summary>Lists, unread counts and markers may have moved while the client was away.</summary>
    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            await client.ConnectAsync(cancellationToken);
            var chats = await client.ChatsAsync(null, PageSize, cancellationToken);
            await _work.PostAsync(
                () =>
                {
                    model.User = client.User ?? model.User;
                    model.Load(chats.Items);
                    if (model.Open is { } open)
                        _work.Start(() => OpenAsync(open.Chat, cancellationToken, isAgain: true));
                },
                cancellationToken);
        }
        finally
        {
            // What is asked from here on stands behind the list in the queue.
            _listed.TrySetResult();
        }
    }

    private async Task BeginAsync(IReadOnlyList<string> users, CancellationToken cancellationToken)
    {
        var ack = users.Count == 1
            ? await client.CreateDirectAsync(users[0], cancellationToken)
            : await client.CreateGroupAsync(users, cancellationToken: cancellationToken);
        await OpenAsync(ack.Chat, cancellationToken);
    }

    /// <summary>Shows the latest page of the chat; again only if the user has not opened another one since.</summary>
    private async Task OpenAsync(string chat, CancellationToken cancellationToken, bool isAgain = false)
    {
        var page = await client.HistoryAsync(
            new HistoryGet { Chat = chat, Limit = PageSize }, cancellationToken);
        await _work.PostAsync(
            () =>
            {
                if (model.Open?.Chat != chat)
                {
                    if (isAgain) return;
                    if (model.Open is { } former) EndWatch(former, cancellationToken);
                    model.OpenChat(chat);
                }

                Watch(model.Chat(chat), cancellationToken);
                model.Load(page);
                model.Open?.MarkRead();
                _marks.Read(chat, page.HeadSeq);
            },
            cancellationToken);
    }

    /// <summary>Who is online is shown for the open chat. Once the members are known it may be another one: the watch
    /// would begin behind its end.</summary>
    private void Watch(ChatItem chat, CancellationToken cancellationToken)
    {
        chat.Presence.Clear();
        _work.StartQuietly(async () =>
        {
            var details = await client.GetChatAsync(chat.Chat, cancellationToken);
            await _work.PostAsync(
                () =>
                {
                    chat.Load(details, model.User);
                    if (chat == model.Open) WatchOthers(details, cancellationToken);
                },
                cancellationToken);
        });
    }

    private void WatchOthers(ChatDetails chat, CancellationToken cancellationToken)
    {
        var others = chat.Members.Select(member => member.User).Where(member => member != client.User).ToList();
        _work.StartQuietly(async () =>
        {
            var list = await client.WatchPresenceAsync(chat.Chat, others, cancellationToken);
            await _work.PostAsync(() => model.Apply(list), cancellationToken);
        });
    }

    private void EndWatch(ChatItem chat, CancellationToken cancellationToken)
    {
        chat.Presence.Clear();
        _work.StartQuietly(() => client.WatchPresenceAsync(chat.Chat, [], cancellationToken));
    }

    private async Task ReadEventsAsync(CancellationToken cancellationToken)
    {
        await foreach (var happened in client.ReadEventsAsync(cancellationToken))
        {
            await _work.PostAsync(
                () =>
                {
                    if (!model.Knows(happened.Chat)) Learn(happened.Chat, cancellationToken);
                    var chat = model.Chat(happened.Chat);
                    var awaited = chat.Awaits;
                    model.Apply(happened);
                    if (!chat.IsHidden || chat == model.Open) view.Happened(model, happened);

                    // With the first answer the server begins to say who is online.
                    if (chat == model.Open && (happened is MemberAdded or MemberRemoved || awaited != chat.Awaits))
                        Watch(chat, cancellationToken);
                    if (chat == model.Open) _marks.Read(happened.Chat, happened.Seq);
                    else if (chat.IsDirect) _marks.Delivered(happened.Chat, happened.Seq);
                },
                cancellationToken);
        }
    }

    /// <summary>An event says neither what its chat is called nor whether the user has hidden it.</summary>
    private void Learn(string chat, CancellationToken cancellationToken) => _work.StartQuietly(async () =>
    {
        var details = await client.GetChatAsync(chat, cancellationToken);
        await _work.PostAsync(() => model.Chat(chat).Load(details, model.User), cancellationToken);
    });

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        await foreach (var message in _outgoing.Reader.ReadAllAsync(cancellationToken))
        {
            try
            {
                var ack = await client.SendAsync(
                    message.Chat, message.Text, cancellationToken: cancellationToken);
                await _work.PostAsync(() => model.Placed(message, ack.Seq), cancellationToken);
            }
            catch (LiveChatRefusedException refused)
            {
                await _work.PostAsync(() => model.Refused(message, refused.Message), cancellationToken);
            }
        }
    }

    private async Task MarkAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(MarkPause, time, cancellationToken);
            await _marks.FlushAsync(cancellationToken);
        }
    }

    private async Task ReadInputAsync(CancellationToken cancellationToken)
    {
        try
        {
            await view.ReadAsync(this, cancellationToken);
            await _work.PostAsync(() => _work.End(), cancellationToken);
        }
        catch (TimeoutException)
        {
            await _work.PostAsync(
                () => End(new CliException(
                    ExitCode.NotReachable, "No answer within 60 s: the last line may or may not have been done.")),
                cancellationToken);
        }
    }

    private void End(Exception reason)
    {
        _end = reason;
        _work.End();
    }
}
