using LiveChat.Client;
using LiveChat.Core.Sessions;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// A device of a user: connects by a socket or by requests, comes back, answers pings, now and then does not read for a
/// while or goes without a word. What it is told goes through the client's own <see cref="EventStream"/>; what is
/// missing is fetched by a <see cref="DevicePuller"/>. A process of its own, which no crash of a node touches.
/// </summary>
internal sealed class SimulatedDevice
{
    /// <summary>Every command ends within half a minute; the rest is for a device that did not read.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    private readonly World _world;
    private readonly Faults _faults;
    private readonly Random _random;
    private readonly DeviceView _view;
    private readonly Dictionary<uint, Question> _asked = [];
    private readonly Signal _changed = new();
    private ISimulatedTransport? _transport;
    private uint _lastNumber = DevicePresence.AgainId;

    public SimulatedDevice(World world, UserId user, string name, Faults faults, Random random)
    {
        (_world, User, Name, _faults, _random) = (world, user, name, faults, random);
        _view = new DeviceView(world, this);
        Puller = new DevicePuller(world, this, _view, random);
        Presence = new DevicePresence(world, this);
    }

    public UserId User { get; }

    public string Name { get; }

    public DevicePuller Puller { get; }

    public DeviceView View => _view;

    public DevicePresence Presence { get; }

    /// <summary>The node that it connects to; null for any.</summary>
    public Func<SimulatedNode?>? At { get; init; }

    /// <summary>Whether it may be told not to come back.</summary>
    public bool MayBeDismissed { get; set; }

    /// <summary>Does not come back for the time being.</summary>
    public bool IsGone { get; set; }

    /// <summary>The number of the present connection.</summary>
    public int Session { get; private set; }

    /// <summary>Whether commands can be given.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Connects, and connects again, until the world is over.</summary>
    public async Task RunAsync()
    {
        while (!_world.IsOver)
        {
            var socket = !IsGone && (At is null ? _world.Node : At()) is { } node ? await TryConnectAsync(node) : null;
            if (socket is not null)
                await LiveAsync(socket);
            await PauseAsync(_faults.Strike(oneIn: 20) ? 90_000 : 1_000);
        }
    }

    /// <summary>Ends when something has changed: connected, lost, or told.</summary>
    public Task ChangeAsync() => _changed.NextAsync();

    public async Task ReadyAsync()
    {
        while (!IsReady)
            await ChangeAsync();
    }

    /// <summary>Gives a command; null when there is no answer and will be none.</summary>
    /// <param name="command">The command.</param>
    /// <param name="heard">Called with the answer, before anything that comes behind it is heard.</param>
    public async Task<ServerFrame?> AskAsync(ClientFrame command, Action<ServerFrame>? heard = null)
    {
        if (!IsReady || _transport is not { } socket)
            return null;
        var number = ++_lastNumber;
        var answer = new TaskCompletionSource<ServerFrame?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _asked.Add(number, new Question(answer, heard));
        socket.Send(command with { Id = number });
        try
        {
            return await answer.Task.InContextAsync().WaitAsync(AnswerTimeout, _world.Time);
        }
        catch (TimeoutException)
        {
            _world.Violate($"{Name} had no answer to {command} in {AnswerTimeout} over a live connection.");
            _asked.Remove(number);
            return null;
        }
    }

    /// <summary>Says something that has no answer.</summary>
    public void Say(ClientFrame frame) => _transport?.Send(frame);

    /// <summary>Goes; the loop connects again.</summary>
    public void Leave(bool silently) => _transport?.Leave(silently);

    private async Task<ISimulatedTransport?> TryConnectAsync(SimulatedNode node)
    {
        if (_random.Next(3) == 0)
            return node.Request();
        try
        {
            return await node.ConnectAsync().WaitAsync(TimeSpan.FromSeconds(5), _world.Time);
        }
        catch (TimeoutException)
        {
            return null; // The node died meanwhile.
        }
    }

    private async Task LiveAsync(ISimulatedTransport socket)
    {
        var expiresAt = _world.Time.GetUtcNow() + TimeSpan.FromSeconds(_random.Next(20, 300));
        socket.ExpiresAt = expiresAt;
        (_transport, Session) = (socket, _world.NextSession());
        _world.Trace($"{Name} connects as session {Session} since {_view.Stream.Since}");
        socket.Send(new Connect
        {
            Id = 1,
            Token = SimulatedNode.TokenOf(User, expiresAt),
            Device = Name,
            Since = _view.Stream.Since,
        });
        while (await socket.ReceiveAsync() is { } frame)
        {
            Hear(frame);
            _changed.Set();
            if (_faults.Strike(oneIn: 150))
                await PauseAsync(15_000); // A slow reader: its outbox fills.
            if (_faults.Strike(oneIn: 150))
                socket.Leave(silently: _random.Next(2) == 0);
        }

        _world.Trace($"{Name} lost session {Session}");
        (_transport, IsReady) = (null, false);
        foreach (var question in _asked.Values)
            question.Answer.TrySetResult(null);
        _asked.Clear();
        _changed.Set();
    }

    /// <summary>Whether its last connection began with the whole list of its chats.</summary>
    public bool CameFresh { get; private set; }

    private void Hear(ServerFrame frame)
    {
        switch (frame)
        {
            case Ready ready:
                _world.Trace($"{Name} is ready, {ready.Resume} {string.Join(' ', ready.Behind ?? [])}");
                _view.Begin(ready);
                CameFresh = ready.Resume == Resumption.Fresh;
                if (Presence.Begin() is { } watching)
                {
                    _asked.Add(DevicePresence.AgainId, new Question(new(), Presence.TakeAgain));
                    _transport?.Send(watching);
                }

                IsReady = true;
                break;
            case Accepted:
                break;
            case { Re: { } number }:
                if (_asked.Remove(number, out var question))
                {
                    question.Heard?.Invoke(frame);
                    question.Answer.TrySetResult(frame);
                }

                break;
            case Goodbye goodbye:
                _world.Trace($"{Name} is told {goodbye.Code} {goodbye.Reason}");
                _world.Require(goodbye.Reconnect || MayBeDismissed, $"{Name} was told not to come back: {goodbye}.");
                if (goodbye.Reason == "state_invalidated")
                    _view.Stream.DropSince();
                break;
            case PresenceChanged changed:
                Presence.Take(changed);
                break;
            case Ping:
                _view.Take(frame, Session);
                _transport?.Send(new Pong());
                break;
            default:
                if (frame is ChatEvent happened)
                    Presence.TakeEvent(happened);
                _view.Take(frame, Session);
                break;
        }
    }

    private Task PauseAsync(int millisecondsMax) =>
        Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, millisecondsMax)), _world.Time);

    /// <summary>What was asked and is not answered yet.</summary>
    private sealed record Question(TaskCompletionSource<ServerFrame?> Answer, Action<ServerFrame>? Heard);
}
