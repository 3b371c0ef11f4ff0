using System.Globalization;
using LiveChat.Core.FanOut;
using LiveChat.Core.Log;
using LiveChat.Core.Sequencing;
using LiveChat.Protocol.Ids;
using LiveChat.Tests.Checking;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What outlives every crash: the users, what they know of their chats, what was observed, and the node's present
/// life.
/// </summary>
internal sealed class World(SeededScheduler scheduler, Random random)
{
    /// <summary>Whom the workers hand over to: one who may see every event.</summary>
    public const string Everybody = "everybody";

    private readonly List<string> _violations = [];
    private ulong _lastId;

    public TimeProvider Time => scheduler.Time;

    /// <summary>The order of things, finer than the time.</summary>
    public long Now => scheduler.Steps;

    public Run Observed { get; } = new();

    public IReadOnlyList<string> Violations => _violations;

    public List<UserId> Users { get; } = [.. Enumerable.Range(0, 5).Select(i => UserId.Parse($"u{i}"))];

    public List<WorldChat> Chats { get; } = [];

    /// <summary>The node that clients talk to; absent while it is down.</summary>
    public SimulatedNode? Node { get; set; }

    /// <summary>How many times a node was started.</summary>
    public int Life { get; set; }

    public void Violate(string sentence) => _violations.Add(sentence);

    /// <summary>
    /// A Snowflake id, seldom of a clock that is ahead; unique, which is what node-id leases are for elsewhere.
    /// </summary>
    public ulong NextId()
    {
        var aheadMs = random.Next(20) == 0 ? random.Next(90_000) : 0;
        var milliseconds = Time.GetUtcNow().ToUnixTimeMilliseconds() + aheadMs - Snowflake.EpochUnixMilliseconds;
        var sequence = ++_lastId & ((1UL << (Snowflake.SequenceBits + Snowflake.NodeBits)) - 1);
        return ((ulong)milliseconds << (Snowflake.SequenceBits + Snowflake.NodeBits)) | sequence;
    }

    /// <summary>
    /// Sends a record to the node that is there. While there is none, and when it dies before it answers, no answer
    /// ever comes.
    /// </summary>
    public Task<DeliveryAnswer> Submit(int session, Record record) =>
        Node is { } node ? node.Submit(session, record) : Task.FromException<DeliveryAnswer>(
            new LogUnavailableException("The node is down: the connection is refused."));

    /// <summary>What everybody may know of an event: what to act on next.</summary>
    public void Learn(SequencedEvent learned)
    {
        var chat = Chats.Find(chat => chat.Id == learned.After.Chat)
            ?? throw new SimulationException("An event of a chat that nobody created.");
        if (learned.After.Seq <= chat.LearnedSeq)
            return;
        chat.LearnedSeq = learned.After.Seq;
        chat.SettingsSeq = learned.After.SettingsSeq;
        chat.Messages.Add(new Target
        {
            Seq = (ulong)learned.After.Seq,
            Sender = learned.Sender.Value,
            IsMessage = learned.Record.BodyCase == Record.BodyOneofCase.Message,
        });
    }

    public void AddChat(ulong id, UserId creator, bool isDirect) =>
        Chats.Add(new WorldChat { Id = new ChatId(id), Creator = creator, IsDirect = isDirect });

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Observed.Invocations.Count} commands, {Life} lives, {Observed.Sightings.Count} sightings, {Now} steps");
}

/// <summary>A chat as its users know it.</summary>
internal sealed class WorldChat
{
    public required ChatId Id { get; init; }

    public required UserId Creator { get; init; }

    public required bool IsDirect { get; init; }

    public bool IsCreated { get; set; }

    public long LearnedSeq { get; set; }

    public long SettingsSeq { get; set; }

    /// <summary>Events to act on, most of them messages.</summary>
    public List<Target> Messages { get; } = [];
}
