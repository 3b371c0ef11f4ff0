using LiveChat.Client;
using LiveChat.Protocol.Frames;

namespace LiveChat.Tests.Client;

/// <summary>
/// A server of one chat that does on demand what a real one does seldom: loses answers and pushes, cuts connections,
/// restores another store. What it stores it keeps exactly once per key, as the real one does.
/// </summary>
internal sealed class FakePeer : IAsyncDisposable
{
    public const string Chat = "7301";

    private readonly Lock _lock = new();
    private readonly List<ClientFrame> _received = [];
    private readonly List<ChatEvent> _events = [];
    private readonly Dictionary<string, Ack> _keys = [];
    private readonly List<Task> _sessions = [];
    private readonly List<MemoryTransport> _connections = [];

    /// <summary>Sees every frame first; true when it has dealt with it.</summary>
    public Func<MemoryTransport, ClientFrame, bool>? Intercept { get; set; }

    /// <summary>Whether a push reaches the client.</summary>
    public Func<ChatEvent, bool> Pushes { get; set; } = _ => true;

    /// <summary>Answers <c>connect</c>; given the frame and how many there were before.</summary>
    public Func<Connect, int, ServerFrame> Ready { get; set; }

    public FakePeer() => Ready = (connect, _) => MakeReady(connect.Since is null ? "fresh" : "recovered", Epoch);

    public IReadOnlyList<ClientFrame> Received
    {
        get
        {
            lock (_lock) return [.. _received];
        }
    }

    public string Epoch { get; set; } = "e1";

    public IReadOnlyList<Stay> Stays { get; set; } = [new Stay(1)];

    public IReadOnlyList<ChatEvent> Events
    {
        get
        {
            lock (_lock) return [.. _events];
        }
    }

    public MemoryTransport Last
    {
        get
        {
            lock (_lock) return _connections[^1];
        }
    }

    public int Connections
    {
        get
        {
            lock (_lock) return _connections.Count;
        }
    }

    /// <summary>The chat in a list.</summary>
    public ChatSummary Summary
    {
        get
        {
            lock (_lock)
            {
                return new ChatSummary
                {
                    Chat = Chat,
                    Kind = "direct",
                    With = "bob",
                    Members = 2,
                    HeadSeq = _events.Count,
                    HeadN = _events.Count,
                    HeadTime = DateTimeOffset.UnixEpoch,
                    ReadSeq = 0,
                    Unread = _events.Count,
                    Stay = Stays[^1],
                };
            }
        }
    }

    private ChatDetails Details => new()
    {
        Chat = Chat,
        Kind = "direct",
        SettingsSeq = 1,
        HeadSeq = _events.Count,
        HeadN = _events.Count,
        HeadTime = DateTimeOffset.UnixEpoch,
        Pull = false,
        Members = [new ChatMember("alice", "member", 1), new ChatMember("bob", "member", 1)],
    };

    public static Ready MakeReady(string resume, string epoch = "e1", params BehindChat[] behind) => new()
    {
        Session = "s",
        User = "alice",
        Resume = resume,
        Behind = behind.Length > 0 ? behind : null,
        PingMs = 30_000,
        Limits = new ReadyLimits
        {
            FrameBytes = 65_536,
            Inflight = 8,
            SendPerSecond = 20,
            BodyBytes = 16_384,
            Members = 256,
        },
        ServerTime = new DateTimeOffset(2026, 11, 24, 3, 0, 0, TimeSpan.Zero),
        Since = "ready",
        Epoch = epoch,
    };

    public ValueTask<ITransport> ConnectAsync(Uri address, CancellationToken cancellationToken)
    {
        var connection = new MemoryTransport();
        lock (_lock)
        {
            _connections.Add(connection);
            _sessions.Add(Task.Run(() => ServeAsync(connection), CancellationToken.None));
        }

        return ValueTask.FromResult<ITransport>(connection);
    }

    /// <summary>Adds a message to the chat and pushes it.</summary>
    public MessageCreated Say(string text, string key = "", string sender = "bob")
    {
        lock (_lock)
        {
            var said = new MessageCreated
            {
                Chat = Chat,
                Seq = _events.Count + 1,
                N = _events.Count + 1,
                Id = (1000 + _events.Count).ToString(System.Globalization.CultureInfo.InvariantCulture),
                ClientId = key,
                Sender = sender,
                SentAt = DateTimeOffset.UnixEpoch,
                Body = new MessageBody { Text = text },
            };
            _events.Add(said);
            if (_connections.Count > 0 && Pushes(said)) _connections[^1].ToClient(said);
            return said;
        }
    }

    /// <summary>Puts a copy of the store back, which holds the first events alone. All connections are lost.</summary>
    public void PutBack(string epoch, int kept)
    {
        lock (_lock)
        {
            foreach (var connection in _connections) connection.CloseWith(1006);
            Epoch = epoch;
            _events.RemoveRange(kept, _events.Count - kept);
            _keys.Clear();
        }
    }

    /// <summary>Does what a message asks for, once for each key.</summary>
    public Ack Keep(MessageSend send)
    {
        lock (_lock)
        {
            if (_keys.TryGetValue(send.ClientId, out var former)) return former with { Duplicate = true };
            var said = Say(send.Body.Text, send.ClientId, "alice");
            return _keys[send.ClientId] = new Ack { Chat = Chat, Id = said.Id, Seq = said.Seq };
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] sessions;
        lock (_lock)
        {
            foreach (var connection in _connections) connection.CloseWith(1006);
            sessions = [.. _sessions];
        }

        await Task.WhenAll(sessions);
    }

    /// <summary>What the peer answers by itself.</summary>
    public void Answer(MemoryTransport connection, ClientFrame frame)
    {
        switch (frame)
        {
            case Connect connect:
                int before;
                lock (_lock) before = _received.OfType<Connect>().Count() - 1;
                connection.ToClient(Ready(connect, before) with { Re = frame.Id });
                break;
            case SyncGet:
                lock (_lock) connection.ToClient(MakeSync() with { Re = frame.Id });
                break;
            case HistoryGet history:
                lock (_lock) connection.ToClient(MakePage(history) with { Re = frame.Id });
                break;
            case ChatGet get:
                lock (_lock) connection.ToClient(Details with { Re = frame.Id, Chat = get.Chat });
                break;
            case PresenceWatching watching:
                connection.ToClient(new PresenceList
                {
                    Re = frame.Id,
                    Chat = watching.Chat,
                    Items = [.. watching.Users.Select(user => new PresenceItem(user, Online: true))],
                });
                break;
            case MessageSend send:
                connection.ToClient(Keep(send) with { Re = frame.Id });
                break;
        }
    }

    private async Task ServeAsync(MemoryTransport connection)
    {
        await foreach (var frame in connection.FromClient.ReadAllAsync())
        {
            lock (_lock) _received.Add(frame);
            if (Intercept?.Invoke(connection, frame) != true) Answer(connection, frame);
        }
    }

    private Sync MakeSync() => new() { Items = [Summary], Since = "sync", Epoch = Epoch };

    private Page MakePage(HistoryGet history)
    {
        var items = _events.Where(item => item.Seq > (history.AfterSeq ?? 0) && Stays.Any(
            stay => stay.From <= item.Seq && item.Seq <= (stay.To ?? long.MaxValue))).ToList();
        var page = items.Take(Math.Min(history.Limit ?? 50, 7)).ToList();
        return new Page
        {
            Chat = history.Chat,
            Items = page,
            HeadSeq = _events.Count,
            HeadN = _events.Count,
            Stays = Stays,
            Next = page.Count < items.Count ? page[^1].Seq : null,
            Epoch = Epoch,
        };
    }
}
