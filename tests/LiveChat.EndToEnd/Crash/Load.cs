using System.Globalization;
using LiveChat.Client;
using LiveChat.Protocol.Frames;
using LiveChat.Server;
using LiveChat.Tests.Checking;
using LiveChat.Tests.Running;

namespace LiveChat.EndToEnd.Crash;

/// <summary>
/// Four users who send as fast as they are answered, over clients that reconnect and repeat by themselves, and the
/// list of what was acknowledged: it lives here, outside of everything that is crashed. A message is known by its
/// text, which is said once only. Any thread; the lock keeps the observed run.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private const int SendersPerUser = 3;
    private static readonly string[] Names = ["ann", "bob", "cem", "dia"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Lock _lock = new();
    private readonly List<Invocation> _invocations = [];
    private readonly Dictionary<string, LiveChatClient> _clients = [];
    private readonly Dictionary<string, string> _creators = [];
    private readonly Dictionary<string, long> _acknowledgedAt = [];
    private readonly List<Sighting> _sightings = [];
    private readonly CancellationTokenSource _ends = new();
    private readonly IReadOnlyList<Uri> _endpoints;
    private readonly Func<string, string> _mint;
    private readonly TimeSpan _pause;
    private readonly string[] _users;
    private List<string> _chats = [];
    private Task _listening = Task.CompletedTask;
    private int _said;

    private Load(IReadOnlyList<Uri> endpoints, string[] users, Func<string, string> mint, TimeSpan pause)
    {
        _endpoints = endpoints;
        _users = users;
        _mint = mint;
        _pause = pause;
    }

    /// <summary>The chats that it sends to.</summary>
    public IReadOnlyList<string> Chats => _chats;

    /// <summary>How many messages were acknowledged.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>The longest time in which no message of a user was acknowledged, since <see cref="BeginPauses"/>.
    /// </summary>
    public TimeSpan LongestPause { get; private set; }

    /// <param name="endpoint">The server.</param>
    /// <param name="data">The folder with its secret.</param>
    /// <param name="pause">How long a sender rests behind each answer; by default not at all.</param>
    public static Task<Load> StartAsync(Uri endpoint, string data, TimeSpan pause = default) =>
        SetUp.OrEndAsync(NewLoad([endpoint], data, pause), static load => load.BeginAsync(isHeard: false));

    /// <summary>A load whose users are at several servers, one after the other, and listen: the checks ask too that
    /// each was told of every event.</summary>
    /// <param name="endpoints">The servers.</param>
    /// <param name="data">The folder with their secret.</param>
    /// <param name="pause">How long a sender rests behind each answer.</param>
    /// <param name="prefix">What the names of the users begin with: two loads on the same servers have others.</param>
    public static Task<Load> ListenAsync(
        IReadOnlyList<Uri> endpoints, string data, TimeSpan pause, string prefix = "") =>
        SetUp.OrEndAsync(NewLoad(endpoints, data, pause, prefix), static load => load.BeginAsync(isHeard: true));

    /// <summary>What happens while the load sends; behind it everything that was acknowledged is there, in one order,
    /// each once.</summary>
    public async Task HoldsDuringAsync(string what, Func<Task> happens) =>
        Crashing.Holds(await DuringAsync(happens), $"after {what}");

    /// <summary>The same, and what does not hold.</summary>
    public async Task<IReadOnlyList<string>> DuringAsync(Func<Task> happens)
    {
        using var stop = new CancellationTokenSource();
        var sending = SendUntilAsync(stop.Token);
        await GoesOnAsync(100);
        BeginPauses();
        await happens();
        await GoesOnAsync(100);
        await stop.CancelAsync();
        await sending;
        return await CheckAsync();
    }

    /// <summary>Pauses count from now.</summary>
    private void BeginPauses()
    {
        lock (_lock)
        {
            LongestPause = TimeSpan.Zero;
            foreach (var user in _users) _acknowledgedAt[user] = Stopwatch();
        }
    }

    /// <summary>Waits for so many more acknowledged messages.</summary>
    public async Task GoesOnAsync(int messages)
    {
        var goal = Acknowledged + messages;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        while (Acknowledged < goal)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
    }

    /// <summary>The ids of the acknowledged messages, in the order of the sends.</summary>
    public IReadOnlyList<ulong> Ids()
    {
        lock (_lock)
            return [.. _invocations.SelectMany(static one => one.Attempts)
                .Where(static one => one is { Outcome: Outcome.Acknowledged, Id: not null, Duplicate: false })
                .Select(static one => ulong.Parse(one.Id!, CultureInfo.InvariantCulture))];
    }

    /// <summary>Sends until the token says stop, then waits for every answer; a command has one at last.</summary>
    public async Task SendUntilAsync(CancellationToken stop)
    {
        using var limit = new CancellationTokenSource();
        var sending = Task.WhenAll(
            from user in _users
            from sender in Enumerable.Range(0, SendersPerUser)
            select SendAsync(user, sender, stop, limit.Token));
        await Task.WhenAny(sending, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop));
        limit.CancelAfter(Patience);
        await sending;
    }

    /// <summary>Reads all of history over a new connection and says what is broken.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync() => RunChecker.Check(await ObserveAsync());

    public async Task<Run> ObserveAsync()
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        var run = new Run();
        lock (_lock)
            run.Invocations.AddRange(_invocations);
        await using var reader = await ConnectAsync(_users[0], limit.Token);
        foreach (var chat in _chats)
        {
            run.Invocations.Add(new Invocation
            {
                Chat = chat,
                Sender = _creators[chat],
                ClientId = chat,
                Content = "created",
                Attempts = { new Attempt(0, 0) },
            });
            run.History[chat] = await ReadAsync(reader, chat, limit.Token);
        }

        await HeardAsync(run);
        return run;
    }

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        await _listening;
        foreach (var client in _clients.Values)
            await client.DisposeAsync();
        _ends.Dispose();
    }

    private static Load NewLoad(
        IReadOnlyList<Uri> endpoints, string data, TimeSpan pause, string prefix = "")
    {
        // Minted once: the data folder changes under the load.
        string[] users = [.. Names.Select(name => prefix + name)];
        var tokens = users.ToDictionary(
            static user => user, user => LiveChatServer.MintToken(data, user, TimeSpan.FromHours(6)));
        return new Load(endpoints, users, user => tokens[user], pause);
    }

    private async Task BeginAsync(bool isHeard)
    {
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        foreach (var user in _users) _clients[user] = await ConnectAsync(user, limit.Token);
        if (isHeard) _listening = Task.WhenAll(_clients.Select(one => HearAsync(one.Key, one.Value)));
        foreach (var user in _users)
        {
            var created = await _clients[user].CreateGroupAsync(
                [.. _users.Where(other => other != user)], "Crash", cancellationToken: limit.Token);
            _chats.Add(created.Chat);
            _creators[created.Chat] = user;
        }
    }

    private async Task<LiveChatClient> ConnectAsync(string user, CancellationToken cancellationToken)
    {
        var client = new LiveChatClient(new LiveChatClientOptions
        {
            Endpoint = _endpoints[Array.IndexOf(_users, user) % _endpoints.Count],
            TokenProvider = _ => ValueTask.FromResult(_mint(user)),
            RequestTimeout = TimeSpan.FromSeconds(5),
        });
        return await SetUp.OrEndAsync(client, connecting => connecting.ConnectAsync(cancellationToken));
    }

    private async Task HearAsync(string user, LiveChatClient client)
    {
        try
        {
            await foreach (var happened in client.ReadEventsAsync(_ends.Token))
                lock (_lock) _sightings.Add(new Sighting(user, 0, Stopwatch(), IsPushed: true, See(happened)));
        }
        catch (OperationCanceledException) when (_ends.IsCancellationRequested)
        {
            // The test has heard enough.
        }
    }

    /// <summary>Waits until those who listen were told of all that history holds, by themselves.</summary>
    private async Task HeardAsync(Run run)
    {
        var hearers = _listening.IsCompleted ? [] : _users;
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        while (!limit.IsCancellationRequested && !HaveHeard())
            await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, limit.Token));
        lock (_lock) run.Sightings.AddRange(_sightings);
        foreach (var user in hearers)
            foreach (var (chat, events) in run.History) run.MustHaveSeen.Add((user, chat, 1, events.Count));

        bool HaveHeard()
        {
            lock (_lock)
            {
                var counts = _sightings.CountBy(static one => (one.Device, one.Event.Chat)).ToDictionary();
                return hearers.All(user => run.History.All(
                    chat => counts.GetValueOrDefault((user, chat.Key)) >= chat.Value.Count));
            }
        }
    }

    private async Task SendAsync(string user, int sender, CancellationToken stop, CancellationToken limit)
    {
        for (var i = sender; !stop.IsCancellationRequested; i++)
        {
            var chat = _chats[i % _chats.Count];
            var text = $"{user} says {Interlocked.Increment(ref _said)}";
            var attempt = new Attempt(Interlocked.Increment(ref _said), Stopwatch());
            var invocation = new Invocation
            {
                Chat = chat,
                Sender = user,
                ClientId = text,
                Content = text,
                Attempts = { attempt },
            };
            lock (_lock)
                _invocations.Add(invocation);
            var ack = await _clients[user].SendAsync(chat, text, cancellationToken: limit);
            lock (_lock)
            {
                attempt.Acknowledge(Stopwatch(), ack.Chat, ack.Id, ack.Seq, ack.Duplicate);
                Acknowledged++;
                NotePause(user);
            }

            if (_pause > TimeSpan.Zero) await Task.Delay(_pause, TimeProvider.System, limit);
        }
    }

    private void NotePause(string user)
    {
        if (_acknowledgedAt.TryGetValue(user, out var before))
        {
            var pause = TimeProvider.System.GetElapsedTime(before);
            if (pause > LongestPause) LongestPause = pause;
        }

        _acknowledgedAt[user] = Stopwatch();
    }

    private static async Task<IReadOnlyList<SeenEvent>> ReadAsync(
        LiveChatClient reader, string chat, CancellationToken cancellationToken)
    {
        var events = new List<SeenEvent>();
        for (long? next = 0; next is { } after;)
        {
            var page = await reader.HistoryAsync(
                new HistoryGet { Chat = chat, AfterSeq = after, View = "events", Limit = 100 }, cancellationToken);
            events.AddRange(page.Items.Select(See));
            next = page.Items.Count == 0 || page.Items[^1].Seq >= page.HeadSeq ? null : page.Items[^1].Seq;
        }

        return events;
    }

    private static SeenEvent See(ChatEvent happened)
    {
        var text = (happened as MessageCreated)?.Body?.Text;
        return new SeenEvent(
            happened.Chat,
            happened.Seq,
            happened.N,
            happened.Id,
            happened.Sender,
            text ?? happened.Chat,
            happened.SentAt.ToUnixTimeMilliseconds(),
            happened is MessageCreated,
            text ?? "created");
    }

    private static long Stopwatch() => TimeProvider.System.GetTimestamp();
}
