using LiveChat.Core.Identities;
using LiveChat.Core.Ingest;
using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Nodes;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// Three nodes to which nothing happens, and three devices: the actor's own and another of the same user, and that of a
/// second user. The actor is here, the two others are there. Chats lie in all partitions.
/// </summary>
internal sealed class Stage : IDisposable
{
    private const int StepsMax = 1_500_000;
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly SeededScheduler _scheduler = new(1, StepsMax);
    private readonly SimulatedCluster _cluster;
    private readonly Random _random = new(1);

    /// <param name="roles">What each node does.</param>
    /// <param name="here">The actor's node.</param>
    /// <param name="there">The node of the two others.</param>
    /// <param name="trim">When the log is trimmed.</param>
    /// <param name="rates">How fast users may be.</param>
    public Stage(
        NodeRoles[] roles, int here, int there, LogTrimmerOptions? trim = null, RateOptions? rates = null)
    {
        World = new World(_scheduler) { Choose = () => _cluster!.Gateway() };
        Faults = Faults.None(_scheduler.Time);
        var options = new NodeOptions
        {
            Ingest = new IngestOptions { UnansweredMessagesMax = 0 },
            Rates = rates ?? new RateOptions(),
            Trim = trim ?? new LogTrimmerOptions(),
        };
        _cluster = new SimulatedCluster(
            _scheduler, World, Faults, _random, roles, options, framesMax: 4_096, ClusterPlant.None);
        (Here, There) = (here, there);
        Actor = NewDevice("u0", "here", here);
        Second = NewDevice("u0", "there", there);
        Other = NewDevice("u1", "other", there);
    }

    public World World { get; }

    public int Here { get; }

    public int There { get; }

    public SimulatedDevice Actor { get; }

    /// <summary>The actor's other device.</summary>
    public SimulatedDevice Second { get; }

    public SimulatedDevice Other { get; }

    /// <summary>A direct chat of both users in each partition, by its id.</summary>
    public List<string> Chats { get; } = [];

    /// <summary>The kinds of signals that went from node to node.</summary>
    public IReadOnlySet<Core.Links.Signal.KindOneofCase> Signals => _cluster.Links.Signals;

    private Faults Faults { get; }

    public void Dispose() => _cluster.Dispose();

    /// <summary>Plays it in every chat; what did not hold.</summary>
    public List<string> Play(Func<Stage, string, Task> act)
    {
        try
        {
            _scheduler.Run(async () =>
            {
                await BeginAsync();
                foreach (var chat in Chats) await act(this, chat);
                World.IsOver = true;
            });
        }
        catch (SimulationException broken)
        {
            return [.. World.Violations, broken.ToString(), .. World.LastLines];
        }

        return World.Violations.Count == 0 ? [] : [.. World.Violations, .. World.LastLines];
    }

    /// <summary>Who is who, as every node reads it.</summary>
    public IIdentityStore Users => new SimulatedIdentities(_cluster.Disk, Faults, Plant.None, World.Time);

    public Node NodeOf(int number) => _cluster[number]!.Node;

    /// <summary>Runs something in the process of a node.</summary>
    public Task<T> AtAsync<T>(int number, Func<Node, ValueTask<T>> call) =>
        _cluster[number]!.Process.CallAsync(() => call(NodeOf(number)));

    /// <summary>Nothing comes through from one node to another.</summary>
    public void Cut(int from, int to, TimeSpan time) =>
        _cluster.Links.Cut(_cluster.Addresses[from], _cluster.Addresses[to], time);

    /// <summary>The answer, which is the wanted one.</summary>
    public static async Task<TAnswer> AskAsync<TAnswer>(SimulatedDevice device, ClientFrame command)
        where TAnswer : ServerFrame
    {
        await device.ReadyAsync();
        var answer = await device.AskAsync(command);
        return answer as TAnswer
            ?? throw new SimulationException($"{device.Name} has {answer} as the answer to {command}.");
    }

    /// <summary>Waits until it is so; that it is not within the time is a violation.</summary>
    public async Task UntilAsync(Func<bool> isSo, string what, int seconds = 6)
    {
        var end = World.Time.GetUtcNow() + TimeSpan.FromSeconds(seconds);
        while (!isSo() && World.Time.GetUtcNow() < end) await Task.Delay(LookEvery, World.Time);
        World.Require(isSo(), $"Within {seconds} s it is not so that {what}, from {Here} to {There}.");
    }

    /// <summary>A user is about to mark a chat up to there.</summary>
    public void Tries(string user, string chat, long seq)
    {
        var known = World.Chats.Find(one => one.Id == chat)!;
        if (!known.Marks.TryGetValue(user, out var marks)) known.Marks.Add(user, marks = new UserMarks());
        marks.Tried.Add(seq);
    }

    public Task PassAsync(int seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), World.Time);

    public MessageSend Say(string chat) => new() { Chat = chat, ClientId = Key(), Body = new() { Text = "words" } };

    /// <summary>A client id of this moment.</summary>
    public string Key()
    {
        Span<byte> chance = stackalloc byte[16];
        _random.NextBytes(chance);
        return ClientId.FromTime(World.Time.GetUtcNow().ToUnixTimeMilliseconds(), chance).ToString();
    }

    private async Task BeginAsync()
    {
        _cluster.Start();
        var partitions = new HashSet<int>();
        foreach (var device in (SimulatedDevice[])[Actor, Second, Other])
        {
            var process = new SimulatedProcess(_scheduler, device.Name);
            process.Start(device.RunAsync);
            process.Start(device.Puller.RunAsync);
        }

        foreach (var device in (SimulatedDevice[])[Actor, Second, Other])
            await device.ReadyAsync().WaitAsync(StartMax, World.Time);
        await PassAsync(10); // The barriers behind the connects.
        while (partitions.Count < Simulation.Partitions)
        {
            var created = await AskAsync<Ack>(
                Actor, new ChatCreate { ClientId = Key(), Title = "Title", Members = ["u1"] });
            var chat = new ChatId(ulong.Parse(created.Chat, System.Globalization.CultureInfo.InvariantCulture));
            if (partitions.Add(Partitioner.PartitionOf(chat, Simulation.Partitions)))
                Chats.Add(created.Chat);
        }

        foreach (var chat in Chats) await AskAsync<Ack>(Actor, Say(chat));
        await PassAsync(3);
    }

    private SimulatedDevice NewDevice(string user, string name, int node) =>
        new(World, UserId.Parse(user), name, Faults, new Random(_random.Next())) { At = () => _cluster[node] };
}
