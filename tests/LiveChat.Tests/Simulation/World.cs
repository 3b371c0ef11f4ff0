using System.Globalization;
using System.Runtime.CompilerServices;
using LiveChat.Core.Log;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Checking;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What outlives every crash: the users, what they know of their chats, what was observed, and the node's present
/// life.
/// </summary>
internal sealed class World(SeededScheduler scheduler)
{
    /// <summary>Whom the workers hand over to: one who may see every event.</summary>
    public const string Everybody = "everybody";

    private const int LinesKept = 400;
    private const int ViolationsMax = 20;

    private readonly Queue<string> _lines = new();
    private readonly List<string> _violations = [];
    private readonly int[] _repeats = new int[Simulation.Partitions];

    public TimeProvider Time => scheduler.Time;

    /// <summary>The order of things, finer than the time.</summary>
    public long Now => scheduler.Steps;

    public Run Observed { get; } = new();

    public IReadOnlyList<string> Violations => _violations;

    public List<UserId> Users { get; } = [.. Enumerable.Range(0, 5).Select(i => UserId.Parse($"u{i}"))];

    /// <summary>The chats that somebody has heard of, in the order of the hearing.</summary>
    public List<WorldChat> Chats { get; } = [];

    /// <summary>The node that devices talk to; absent while it is down.</summary>
    public SimulatedNode? Node
    {
        get => Choose is { } choose ? choose() : field;
        set;
    }

    /// <summary>Which of several nodes a device connects to; null with one node.</summary>
    public Func<SimulatedNode?>? Choose { get; set; }

    /// <summary>All nodes that run.</summary>
    public Func<IEnumerable<SimulatedNode>> Nodes
    {
        get => field ?? (() => Node is { } node ? [node] : []);
        set;
    }

    /// <summary>Whether there are several nodes.</summary>
    public bool IsCluster => Choose is not null;

    /// <summary>When one of several nodes ended last: others show its users for a while longer.</summary>
    public DateTimeOffset EndedAt { get; set; }

    /// <summary>How many times a node was started.</summary>
    public int Life { get; set; }

    /// <summary>No id at or above was ever issued: what the node's file keeps.</summary>
    public long IdsLimitMs { get; set; }

    /// <summary>How many commands ended without a known outcome.</summary>
    public int Timeouts { get; set; }

    /// <summary>Called once, when the next markers are stored and nobody was told of them.</summary>
    public Action? Marked { get; set; }

    public void NoteMarked()
    {
        if (Marked is not { } act) return;
        Marked = null;
        act();
    }

    /// <summary>Nobody comes back any more.</summary>
    public bool IsOver { get; set; }

    /// <summary>A hash of everything that was noted: two runs of a seed have the same.</summary>
    public ulong TraceHash { get; private set; } = 14_695_981_039_346_656_037;

    /// <summary>The last things that happened.</summary>
    public IEnumerable<string> LastLines => _lines;

    public PresenceTruth Presence => field ??= new PresenceTruth(this);

    public TypingTruth Typing => field ??= new TypingTruth(this);

    /// <summary>A partition left its delivery-worker without a commit of all that it had told: it is told again.
    /// </summary>
    public void Repeat(int partition) => _repeats[partition]++;

    /// <summary>How often that happened to the partition of a chat; once more each time that it is asked while two
    /// nodes hand it over.</summary>
    public int RepeatsOf(string chat)
    {
        var partition = PartitionOf(chat);
        return IsShared(partition) ? ++_repeats[partition] : _repeats[partition];
    }

    /// <summary>Whether two nodes hand over the chat: one of them has not heard that it lost it.</summary>
    public bool IsOfTwo(string chat) => IsShared(PartitionOf(chat));

    /// <summary>Whether a partition is handed over by two nodes.</summary>
    public Func<int, bool> IsShared { get; set; } = static _ => false;

    private int PartitionOf(string chat) =>
        Partitioner.PartitionOf(new ChatId(ulong.Parse(chat, CultureInfo.InvariantCulture)), _repeats.Length);

    public int NextSession() => ++_sessions;

    private int _sessions;

    public void Violate(string sentence)
    {
        if (_violations.Count < ViolationsMax)
            _violations.Add(sentence);
    }

    public void Require(
        bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] ref Sentence sentence)
    {
        if (!holds)
            Violate(sentence.ToString());
    }

    /// <summary>Notes what happened.</summary>
    public void Trace(FormattableString what)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"{Now,7} {Time.GetUtcNow():mm:ss.fff} {what.ToString(CultureInfo.InvariantCulture)}");
        foreach (var letter in line)
            TraceHash = unchecked((TraceHash ^ letter) * 1_099_511_628_211);
        _lines.Enqueue(line);
        if (_lines.Count > LinesKept)
            _lines.Dequeue();
    }

    /// <summary>What everybody may know of an event: what to act on next.</summary>
    public void Learn(ChatEvent learned)
    {
        var chat = Chats.Find(chat => chat.Id == learned.Chat);
        if (chat is null)
            Chats.Add(chat = new WorldChat { Id = learned.Chat });
        if (learned.Seq <= chat.LearnedSeq)
            return;
        chat.LearnedSeq = learned.Seq;
        if (learned is ChatCreated or ChatUpdated)
            chat.SettingsSeq = learned.Seq;
        chat.Events.Add((learned.Seq, learned.Sender, learned is MessageCreated));
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Observed.Invocations.Count} commands, {Life} lives, {_sessions} sessions, {Chats.Count} chats, "
        + $"{Observed.Sightings.Count} sightings, {Now} steps, trace {TraceHash:x16}");
}

/// <summary>A chat as its users know it.</summary>
internal sealed class WorldChat
{
    public required string Id { get; init; }

    public long LearnedSeq { get; set; }

    public long SettingsSeq { get; set; }

    /// <summary>Events to act on, most of them messages.</summary>
    public List<(long Seq, string Sender, bool IsMessage)> Events { get; } = [];

    /// <summary>The highest marks that were tried, and those that were acknowledged, by user.</summary>
    public Dictionary<string, UserMarks> Marks { get; } = [];
}

/// <summary>How far a user said to have read a chat.</summary>
internal sealed class UserMarks
{
    public HashSet<long> Tried { get; } = [];

    public long Acknowledged { get; set; }
}
