using Google.Protobuf;
using LiveChat.Core.Links;
using LiveChat.Core.Timing;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// The network between nodes: calls whose frames are bytes, late, in order, and few at a time; calls that break at any
/// frame; ways that are cut in one direction, where nothing comes through until they are mended; nodes that do not
/// answer. Threading: the scheduler's one thread.
/// </summary>
internal sealed class SimulatedLinks(World world, Faults faults, int framesMax, ClusterPlant plant)
{
    private readonly Faults _faults = faults;
    private readonly int _framesMax = framesMax;
    private readonly ClusterPlant _plant = plant;
    private readonly Dictionary<string, Listener> _listeners = [];
    private readonly Dictionary<(string From, string To), DateTimeOffset> _cuts = [];
    private readonly List<Call> _calls = [];

    private TimeProvider Time => world.Time;

    /// <summary>The network as a node sees it.</summary>
    public ILinkNetwork At(string address, SimulatedProcess process) => new Network(this, address, process);

    /// <summary>Nothing comes through from one node to another for a while.</summary>
    public void Cut(string from, string to, TimeSpan time) => _cuts[(from, to)] = Time.GetUtcNow() + time;

    /// <summary>The kinds of signals that were on a way.</summary>
    public HashSet<Core.Links.Signal.KindOneofCase> Signals { get; } = [];

    /// <summary>Called when a node shows who types in a chat.</summary>
    public required Action<string, ChatId> Shown { get; init; }

    /// <summary>Everything comes through.</summary>
    public void Mend() => _cuts.Clear();

    /// <summary>The calls of a node break, as when its machine says that the process is gone.</summary>
    public void Break(string address)
    {
        foreach (var call in _calls.Where(call => call.Here == address || call.There == address)) call.Break();
        _calls.RemoveAll(static call => call.IsBroken);
    }

    private bool IsCut(string from, string to) =>
        _cuts.TryGetValue((from, to), out var until) && Time.GetUtcNow() < until;

    private sealed record Listener(
        SimulatedProcess Process, LinkHello Hello, Func<ILinkCall, CancellationToken, Task> Serve);

    private sealed class Network(SimulatedLinks links, string here, SimulatedProcess process) : ILinkNetwork
    {
        public async ValueTask<ILinkCall> CallAsync(
            NodeEntry node, LinkHello mine, CancellationToken cancellationToken)
        {
            await links._faults.PauseAsync(millisecondsMax: 20);
            if (!links._listeners.TryGetValue(node.Address, out var listener) || listener.Process.IsDead)
                throw new IOException("Nobody is there.");
            while (links.IsCut(here, node.Address) || links.IsCut(node.Address, here) || listener.Process.IsFrozen)
                await Task.Delay(TimeSpan.FromMilliseconds(500), links.Time, cancellationToken);
            var (there, back) = (new Way(links, here, node.Address), new Way(links, node.Address, here));
            var caller = new Call(listener.Hello, back, there, here, node.Address);
            var called = new Call(mine, there, back, node.Address, here);
            links._calls.RemoveAll(static call => call.IsBroken);
            links._calls.AddRange([caller, called]);
            listener.Process.Start(async () =>
            {
                await using (called) await listener.Serve(called, CancellationToken.None);
            });
            return caller;
        }

        public void Listen(LinkHello mine, Func<ILinkCall, CancellationToken, Task> serve) =>
            links._listeners[here] = new Listener(process, mine, serve);
    }

    /// <summary>One direction of a call.</summary>
    private sealed class Way(SimulatedLinks links, string from, string to)
    {
        private readonly Queue<(byte[] Bytes, DateTimeOffset Due)> _frames = [];
        private readonly Signal _changed = new();
        private readonly PlantedLink _planted = new(links._plant, links._faults);
        private DateTimeOffset _last;

        public bool IsBroken { get; private set; }

        public bool TryWrite(LinkFrame frame)
        {
            if (IsBroken) return false;
            if (_frames.Count >= links._framesMax) return links._plant == ClusterPlant.FullLinkLoses;
            if (frame.Shown is { Open: true } shown) links.Shown(from, new ChatId(shown.Chat));
            if (frame.Signal is { } signal) links.Signals.Add(signal.KindCase);
            var late = links._faults.IsHealed ? 1 : links._faults.Upto(links._faults.Strike(oneIn: 40) ? 400 : 8);
            var due = links.Time.GetUtcNow() + TimeSpan.FromMilliseconds(late);
            _last = due > _last ? due : _last;
            foreach (var passed in _planted.Pass(LinkFrame.Parser.ParseFrom(frame.ToByteArray())))
                _frames.Enqueue((passed.ToByteArray(), _last));
            _changed.Set();
            if (links._faults.Strike(oneIn: 1_500)) Break();
            return true;
        }

        /// <summary>Some first part of what is on the way still comes, and nothing behind it.</summary>
        public void Break()
        {
            if (IsBroken) return;
            IsBroken = true;
            var kept = _frames.Take(links._faults.Upto(_frames.Count)).ToArray();
            _frames.Clear();
            foreach (var frame in kept) _frames.Enqueue(frame);
            _changed.Set();
        }

        public async ValueTask<LinkFrame?> ReadAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_frames.TryPeek(out var first))
                {
                    var wait = first.Due - links.Time.GetUtcNow();
                    if (links.IsCut(from, to)) wait = TimeSpan.FromMilliseconds(300);
                    if (wait <= TimeSpan.Zero)
                        return LinkFrame.Parser.ParseFrom(_frames.Dequeue().Bytes);
                    await Task.Delay(wait, links.Time, cancellationToken);
                }
                else if (IsBroken)
                {
                    return null;
                }
                else
                {
                    await _changed.NextAsync().InContextAsync().WaitAsync(cancellationToken);
                }
            }
        }
    }

    private sealed class Call(LinkHello peer, Way from, Way to, string here, string there) : ILinkCall
    {
        public string Here => here;

        public string There => there;

        public bool IsBroken => from.IsBroken && to.IsBroken;

        public LinkHello Peer => peer;

        public bool TryWrite(LinkFrame frame)
        {
            if (!to.TryWrite(frame)) return false;
            if (to.IsBroken) from.Break();
            return true;
        }

        public ValueTask<LinkFrame?> ReadAsync(CancellationToken cancellationToken) =>
            from.ReadAsync(cancellationToken);

        public void Break()
        {
            to.Break();
            from.Break();
        }

        public ValueTask DisposeAsync()
        {
            Break();
            return ValueTask.CompletedTask;
        }
    }
}
