using System.Runtime.CompilerServices;
using System.Text.Json;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.Extensions.Logging;

namespace LiveChat.Client;

/// <summary>
/// A connected device of a user: commands with answers, the events of all chats in order and without holes, and a
/// connection that is kept. Every member may be called from any thread. Commands are sent again under the same
/// key until the server gives a final answer, over as many connections as it takes: bound them by a token. Changes of
/// one chat take effect in the order of the calls, each after the answer to the one before. A command that is refused
/// throws <see cref="LiveChatRefusedException"/>.
/// </summary>
public sealed partial class LiveChatClient : IAsyncDisposable
{
    private readonly LiveChatClientOptions _options;
    private readonly ILogger _logger;
    private readonly EventStream _stream;
    private readonly ConnectionLoop _connections;
    private readonly Retries _retries;
    private readonly Commands _commands;
    private readonly CancellationTokenSource _life = new();
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Task? _tasks;
    private bool _isDisposed;
    private bool _isRead;

    /// <summary>Makes a client. It connects with <see cref="ConnectAsync"/>, or with the first call.</summary>
    /// <exception cref="ArgumentException">An option breaks its rule, such as an address that is relative.</exception>
    public LiveChatClient(LiveChatClientOptions options)
        : this(options, Transports.All(options?.Time ?? TimeProvider.System))
    {
    }

    /// <param name="options">The options.</param>
    /// <param name="transports">Open a transport, given the address of the realtime endpoint; the best first.</param>
    internal LiveChatClient(
        LiveChatClientOptions options,
        params IReadOnlyList<Func<Uri, CancellationToken, ValueTask<ITransport>>> transports)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(options.TokenProvider);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.EventCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.RequestTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.TokenTimeout, TimeSpan.Zero);
        Endpoint.Check(options.Endpoint);
        _options = options = options with { Random = new SharedRandom(options.Random) };
        _logger = options.Logger;
        _stream = new EventStream(options.EventCapacity);
        _connections = new ConnectionLoop(
            options, transports, _stream, Take, change => Tell(ConnectionChanged, change));
        _retries = new Retries(options, retry => Tell(Retrying, retry));
        _commands = new Commands(options, _connections, _retries, Start, _life.Token);
    }

    /// <summary>The state of the connection has changed. Called by the reading task: return soon.</summary>
    public event Action<ConnectionChange>? ConnectionChanged;

    /// <summary>
    /// The server cannot do something now, or did not answer: the client sends the command again after a pause. Raised
    /// once for each repetition, so that the application can say why it waits. Called by the task of the command, of
    /// several commands at once: return soon.
    /// </summary>
    public event Action<CommandRetry>? Retrying;

    /// <summary>Who types in a chat now. Called by the reading task: return soon.</summary>
    public event Action<TypingUpdate>? TypingChanged;

    /// <summary>Markers of other members rose. Called by the reading task: return soon.</summary>
    public event Action<Receipts>? ReceiptsChanged;

    /// <summary>The user muted, pinned or hid a chat, here or on another device. Called by the reading task: return
    /// soon.</summary>
    public event Action<Mine>? MineChanged;

    /// <summary>Somebody who is watched came or went. Called by the reading task: return soon.</summary>
    public event Action<PresenceChanged>? PresenceChanged;

    /// <summary>Where the client stands.</summary>
    public ClientState State => _connections.State;

    /// <summary>Whether a reader is in its loop.</summary>
    internal bool IsRead => Volatile.Read(ref _isRead);

    /// <summary>Who the user is, once connected.</summary>
    public string? User => _connections.User;

    /// <summary>
    /// Connects and stays connected. Returns when every chat of the user is known: what happens from then on comes
    /// as an event. Optional: the first call connects, too. While the server cannot be reached the client tries again;
    /// <see cref="ConnectionChanged"/> and the log say why, and so does the exception when the caller gives up.
    /// </summary>
    /// <exception cref="LiveChatStoppedException">The server does not take this client, is not at the address, or there
    /// is no token to be had.</exception>
    /// <exception cref="OperationCanceledException">The caller has given up; the message says why there is no
    /// connection, the inner exception is its cause.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed of.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        await _commands.WhileItLivesAsync(
            async either =>
            {
                var connection = await _connections.ConnectedAsync(either).ConfigureAwait(false);
                await _stream.Baseline.WaitAsync(either).ConfigureAwait(false);
                return connection;
            },
            () => _retries.ListReason,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The events of all chats, in order within each chat; connects, if that has not begun. One reader at a time, since
    /// each event is read once: the next one may begin when the former has left its loop.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another reader has not left its loop.</exception>
    /// <exception cref="LiveChatStoppedException">There will be no more.</exception>
    public async IAsyncEnumerable<ChatEvent> ReadEventsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Start();
        if (Interlocked.Exchange(ref _isRead, true))
        {
            throw new InvalidOperationException(
                "The events of this client are being read already. Each event is read once: one loop reads them and "
                + "hands them on, or each reader has a client of its own.");
        }

        try
        {
            await foreach (var happened in _stream.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return happened;
            }
        }
        finally
        {
            Volatile.Write(ref _isRead, false);
        }
    }

    /// <summary>Makes the direct chat with a user, or finds it; the answer names the chat.</summary>
    public Task<Ack> CreateDirectAsync(string user, CancellationToken cancellationToken = default) =>
        _commands.ChangeAsync(null, key => new ChatCreate { ClientId = key, Direct = user }, cancellationToken);

    /// <summary>Makes a group; the answer names the chat.</summary>
    /// <inheritdoc cref="SendAsync(string, MessageBody, string, CancellationToken)" path="/param[@name='clientId']"/>
    public Task<Ack> CreateGroupAsync(
        IReadOnlyList<string> members,
        string? title = null,
        string? clientId = null,
        CancellationToken cancellationToken = default) =>
        _commands.ChangeAsync(
            clientId,
            key => new ChatCreate { ClientId = key, Members = members, Title = title },
            cancellationToken);

    /// <summary>Replaces a group's custom data as a whole; an empty object removes them.</summary>
    /// <inheritdoc cref="SendAsync(string, MessageBody, string, CancellationToken)" path="/param[@name='clientId']"/>
    public Task<Ack> SetCustomAsync(
        string chat, JsonElement custom, string? clientId = null, CancellationToken cancellationToken = default) =>
        _commands.ChangeAsync(
            chat,
            clientId,
            key => new ChatUpdate { ClientId = key, Chat = chat, Custom = custom },
            cancellationToken);

    /// <summary>Changes a group's title; an empty one removes it.</summary>
    /// <inheritdoc cref="SendAsync(string, MessageBody, string, CancellationToken)" path="/param[@name='clientId']"/>
    public Task<Ack> SetTitleAsync(
        string chat, string title, string? clientId = null, CancellationToken cancellationToken = default) =>
        _commands.ChangeAsync(
            chat,
            clientId,
            key => new ChatUpdate { ClientId = key, Chat = chat, Title = title },
            cancellationToken);

    /// <summary>
    /// A key for a command that the application may have to repeat by itself: when the wait for the answer was
    /// cancelled, when the process ended, when a person says "send again". Ask for it at the first transmission, not
    /// when the message is written: it is made by the server's clock, so this waits for a connection. Store it with the
    /// message before the message is sent, and keep it for good. The event carries it
    /// (<see cref="ChatEvent.ClientId"/>), so that the application knows its own message also where the event comes
    /// before the answer.
    /// </summary>
    /// <exception cref="LiveChatStoppedException">There is no connection and there will be none.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed of.</exception>
    public Task<string> NewClientIdAsync(CancellationToken cancellationToken = default) =>
        _commands.NewClientIdAsync(cancellationToken);

    /// <summary>Sends a message; done when it has its place in the chat.</summary>
    /// <param name="chat">The chat's id.</param>
    /// <param name="body">What is said.</param>
    /// <param name="clientId">
    /// The key under which it has its effect once, from <see cref="NewClientIdAsync"/>. A call under the key of an
    /// earlier one is answered as the earlier one was, if that had its effect: <see cref="Ack.Duplicate"/>. Null makes
    /// a key for this call alone, which keeps it over as many connections as it takes.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. The message may be sent, or not, or later.</param>
    /// <exception cref="LiveChatRefusedException">The server does not take it.</exception>
    /// <exception cref="LiveChatStoppedException">There is no connection and there will be none.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed of.</exception>
    public Task<Ack> SendAsync(
        string chat, MessageBody body, string? clientId = null, CancellationToken cancellationToken = default) =>
        _commands.ChangeAsync(
            chat,
            clientId,
            key => new MessageSend { ClientId = key, Chat = chat, Body = body },
            cancellationToken);

    /// <summary>Sends a message of text alone.</summary>
    /// <inheritdoc cref="SendAsync(string, MessageBody, string, CancellationToken)"/>
    public Task<Ack> SendAsync(
        string chat, string text, string? clientId = null, CancellationToken cancellationToken = default) =>
        SendAsync(chat, new MessageBody { Text = text }, clientId, cancellationToken);

    /// <summary>Replaces the body of an own message.</summary>
    /// <inheritdoc cref="SendAsync(string, MessageBody, string, CancellationToken)" path="/param[@name='clientId']"/>
    public Task<Ack> EditAsync(
        string chat,
        long seq,
        MessageBody body,
        string? clientId = null,
        CancellationToken cancellationToken = default) =>
        _commands.ChangeAsync(
            chat,
            clientId,
            key => new MessageEdit { ClientId = key, Chat = chat, Target = seq, Body = body },
            cancellationToken);

    /// <summary>Removes the content of a message, for all and for good.</summary>
    /// <inheritdoc cref="SendAsync(string, MessageBody, string, CancellationToken)" path="/param[@name='clientId']"/>
    public Task<Ack> DeleteAsync(
        string chat, long seq, string? clientId = null, CancellationToken cancellationToken = default) =>
        _commands.ChangeAsync(
            chat,
            clientId,
            key => new MessageDelete { ClientId = key, Chat = chat, Target = seq },
            cancellationToken);

    /// <summary>Sets or clears a reaction to a message.</summary>
    /// <inheritdoc cref="SendAsync(string, MessageBody, string, CancellationToken)" path="/param[@name='clientId']"/>
    public Task<Ack> ReactAsync(
        string chat,
        long seq,
        string emoji,
        bool on,
        string? clientId = null,
        CancellationToken cancellationToken = default) =>
        _commands.ChangeAsync(
            chat,
            clientId,
            key => new ReactionSet { ClientId = key, Chat = chat, Target = seq, Emoji = emoji, On = on },
            cancellationToken);

    /// <summary>Makes users members of a group.</summary>
    /// <inheritdoc cref="SendAsync(string, MessageBody, string, CancellationToken)" path="/param[@name='clientId']"/>
    public Task<Ack> AddMembersAsync(
        string chat,
        IReadOnlyList<string> users,
        string? clientId = null,
        CancellationToken cancellationToken = default) =>
        _commands.ChangeAsync(
            chat,
            clientId,
            key => new MemberAdd { ClientId = key, Chat = chat, Users = users },
            cancellationToken);

    /// <summary>Removes a member from a group; the own name leaves it.</summary>
    /// <inheritdoc cref="SendAsync(string, MessageBody, string, CancellationToken)" path="/param[@name='clientId']"/>
    public Task<Ack> RemoveMemberAsync(
        string chat, string user, string? clientId = null, CancellationToken cancellationToken = default) =>
        _commands.ChangeAsync(
            chat,
            clientId,
            key => new MemberRemove { ClientId = key, Chat = chat, User = user },
            cancellationToken);

    /// <summary>Gives a member one of the <see cref="MemberRoles"/>.</summary>
    /// <inheritdoc cref="SendAsync(string, MessageBody, string, CancellationToken)" path="/param[@name='clientId']"/>
    public Task<Ack> SetRoleAsync(
        string chat,
        string user,
        string role,
        string? clientId = null,
        CancellationToken cancellationToken = default) =>
        _commands.ChangeAsync(
            chat,
            clientId,
            key => new MemberRole { ClientId = key, Chat = chat, User = user, Role = role },
            cancellationToken);

    /// <summary>Raises the user's markers: everything up to a seq reached a device, or was read.</summary>
    public Task<Ack> MarkAsync(
        string chat, long? delivered = null, long? read = null, CancellationToken cancellationToken = default) =>
        _commands.AskAsync<Ack>(() => new Mark { Chat = chat, Delivered = delivered, Read = read }, cancellationToken);

    /// <summary>Mutes a chat for the user until then, on all devices; null unmutes it.</summary>
    public Task<Mine> MuteAsync(string chat, DateTimeOffset? until, CancellationToken cancellationToken = default) =>
        _commands.AskAsync<Mine>(
            () => new MineSet { Chat = chat, MutedUntil = until ?? DateTimeOffset.UnixEpoch }, cancellationToken);

    /// <summary>Keeps a chat on top for the user, on all devices, or no longer.</summary>
    public Task<Mine> PinAsync(string chat, bool pinned, CancellationToken cancellationToken = default) =>
        _commands.AskAsync<Mine>(() => new MineSet { Chat = chat, Pinned = pinned }, cancellationToken);

    /// <summary>
    /// Keeps a chat off the user's list, on all devices, or shows it again. The next message brings the chat back;
    /// while the user's own first answer is awaited (<see cref="ChatSummary.Awaits"/>), only the user does.
    /// </summary>
    public Task<Mine> HideAsync(string chat, bool hidden, CancellationToken cancellationToken = default) =>
        _commands.AskAsync<Mine>(() => new MineSet { Chat = chat, Hidden = hidden }, cancellationToken);

    /// <summary>A page of a chat. It holds at least what this client has seen of the chat.</summary>
    public Task<Page> HistoryAsync(HistoryGet query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return _commands.AskAsync<Page>(
            () => query with { MinSeq = query.MinSeq ?? _stream.HighestSeen(query.Chat) }, cancellationToken);
    }

    /// <summary>A page of the user's chats, latest first.</summary>
    public Task<Chats> ChatsAsync(
        string? cursor = null, int? limit = null, CancellationToken cancellationToken = default) =>
        _commands.AskAsync<Chats>(() => new ChatsGet { Cursor = cursor, Limit = limit }, cancellationToken);

    /// <summary>A chat with its settings and members.</summary>
    public Task<ChatDetails> GetChatAsync(string chat, CancellationToken cancellationToken = default) =>
        _commands.AskAsync<ChatDetails>(() => new ChatGet { Chat = chat }, cancellationToken);

    /// <summary>Who of a chat's members is online.</summary>
    public Task<PresenceList> GetPresenceAsync(
        string chat, IReadOnlyList<string> users, CancellationToken cancellationToken = default) =>
        _commands.AskAsync<PresenceList>(() => new PresenceGet { Chat = chat, Users = users }, cancellationToken);

    /// <summary>
    /// The same, and <see cref="PresenceChanged"/> from then on, in place of the former watch of the chat. It ends with
    /// the connection: watch again once <see cref="ConnectionChanged"/> says that there is a new one.
    /// </summary>
    public Task<PresenceList> WatchPresenceAsync(
        string chat, IReadOnlyList<string> users, CancellationToken cancellationToken = default) =>
        _commands.AskAsync<PresenceList>(() => new PresenceWatching { Chat = chat, Users = users }, cancellationToken);

    /// <summary>Shows or hides the user's presence, or asks (null) whether it is shown.</summary>
    public Task<PresenceSetting> SetPresenceAsync(bool? visible, CancellationToken cancellationToken = default) =>
        _commands.AskAsync<PresenceSetting>(() => new PresenceSet { Visible = visible }, cancellationToken);

    /// <summary>Tells the others that the user types, or stopped. Without a connection nothing is said.</summary>
    public async Task SetTypingAsync(string chat, bool on, CancellationToken cancellationToken = default)
    {
        _commands.ThrowIfClosed();
        if (_connections.Current is not { } connection) return;
        try
        {
            await connection.SendAsync(new Typing { Chat = chat, On = on }, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is TransportException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>
    /// Says goodbye and stops; the server frees the session at once. Commands without an answer end with
    /// <see cref="ObjectDisposedException"/>, and so does whatever is called later; the events end. Throws nothing.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        bool isFirst;
        lock (_lock)
        {
            isFirst = !_isDisposed;
            _isDisposed = true;
        }

        if (!isFirst)
        {
            await _disposed.Task.ConfigureAwait(false);
            return;
        }

        _commands.Close();
        await EndAsync(_connections.LeaveAsync).ConfigureAwait(false);
        await EndAsync(_life.CancelAsync).ConfigureAwait(false);
        await EndAsync(() => _tasks ?? Task.CompletedTask).ConfigureAwait(false);
        _stream.Complete(null);
        _life.Dispose();
        _disposed.SetResult();
    }

    /// <summary>One step of the end. It is taken whatever became of the former one.</summary>
    private async Task EndAsync(Func<Task> step)
    {
        try
        {
            await step().ConfigureAwait(false);
        }
        catch (Exception failed)
        {
            LogDisposal(failed);
        }
    }

    /// <summary>Begins to connect, once. Nothing after the client is disposed of.</summary>
    private void Start()
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            var life = _life.Token;
            _tasks ??= Task.WhenAll(
                Task.Run(() => _connections.RunAsync(life), CancellationToken.None),
                Task.Run(
                    () => new Puller(_stream, _connections, _retries, _options).RunAsync(life),
                    CancellationToken.None));
        }
    }

    private void Take(ServerFrame frame)
    {
        _stream.Take(frame);
        if (frame is TypingUpdate typing) Tell(TypingChanged, typing);
        if (frame is PresenceChanged presence) Tell(PresenceChanged, presence);
        if (frame is Mine mine) Tell(MineChanged, mine);
        if (frame is Receipts receipts) Tell(ReceiptsChanged, receipts);
    }

    /// <summary>A handler that throws must not end the connection.</summary>
    private void Tell<T>(Action<T>? handler, T value)
    {
        try
        {
            handler?.Invoke(value);
        }
        catch (Exception broken)
        {
            LogHandler(broken);
        }
    }

    [LoggerMessage(9007, LogLevel.Error, "A handler of the application has thrown")]
    private partial void LogHandler(Exception exception);

    [LoggerMessage(9022, LogLevel.Error, "The client did not end as it should")]
    private partial void LogDisposal(Exception exception);
}
