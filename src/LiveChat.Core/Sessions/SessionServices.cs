using LiveChat.Core.FanOut;
using LiveChat.Core.History;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Identities;
using LiveChat.Core.Ids;
using LiveChat.Core.Ingest;
using LiveChat.Core.Links;
using LiveChat.Core.Log;
using LiveChat.Core.Measuring;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Presence;
using LiveChat.Core.Timing;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;

namespace LiveChat.Core.Sessions;

/// <summary>What every session of a gateway works with.</summary>
internal sealed class SessionServices
{
    private const ulong RenewalSpreadMs = 5_000;

    public required TimeProvider Time { get; init; }

    public required SessionOptions Options { get; init; }

    public required OutboxOptions OutboxOptions { get; init; }

    public required OutboxBudget OutboxBudget { get; init; }

    public required ReadyLimits Limits { get; init; }

    public required TimingWheel Wheel { get; init; }

    public PingFrames Pings => field ??= new PingFrames(Seal);

    /// <summary>Writes and reads positions to resume from.</summary>
    public required SinceSeal Seal { get; init; }

    /// <summary>Knows whether the store was put back.</summary>
    public required StoreLineage Lineage { get; init; }

    /// <summary>Frames without a number that were dropped.</summary>
    public DroppedFrames Dropped { get; } = new();

    /// <summary>What is counted and timed of connections.</summary>
    public required GatewayMeasures Measures { get; init; }

    public required SignIn SignIn { get; init; }

    /// <summary>Whether the node goes away, and how.</summary>
    public required Drain Drain { get; init; }

    public required SnowflakeGenerator Ids { get; init; }

    public required SessionDirectory Directory { get; init; }

    /// <summary>The owner of the chats' partitions.</summary>
    public required OwnerServices Owner { get; init; }

    /// <summary>The ways to other nodes for what goes beside the log.</summary>
    public required ISignals Signals { get; init; }

    /// <summary>Tells owners who types.</summary>
    public required TypingDesk Typing { get; init; }

    /// <summary>Stores how far users have received and read.</summary>
    public required MarkerBoard Markers { get; init; }

    public required CommandIngest Ingest { get; init; }

    /// <summary>How fast a user may change what is the user's own.</summary>
    public required IngestRates Rates { get; init; }

    /// <summary>What may be said of who is online.</summary>
    public required PresenceStates Presence { get; init; }

    /// <summary>Keeps the users of the node's sessions online.</summary>
    public required PresenceBeats Beats { get; init; }

    /// <summary>Ends what is shown to others.</summary>
    public required Shown Shown { get; init; }

    public required IUserStore Users { get; init; }

    public required IdentityPorts Identities { get; init; }

    public required HistoryReader History { get; init; }

    public required AnsweredChanges Answered { get; init; }

    public required History.Barrier Barrier { get; init; }

    /// <summary>How many partitions the log has.</summary>
    public required int Partitions { get; init; }

    /// <summary>The log's time up to which a partition was handed to this node's sessions, Unix milliseconds; 0 for one
    /// that has not begun.</summary>
    public required Func<int, long> HandedTimeOf { get; init; }

    /// <summary>Whether history goes no further in a partition.</summary>
    public required Func<int, bool> HasHistoryStopped { get; init; }

    /// <summary>The position to resume from that covers only what was handed to this node's sessions.</summary>
    public Since HandedSince()
    {
        // Never above this node's clock either.
        var mostMs = Math.Min(Time.GetUtcNow().ToUnixTimeMilliseconds(), Lineage.ReachedMs);
        return HandedTimes.Of(Lineage.Id, Partitions, HandedTimeOf, mostMs);
    }

    /// <summary>The epoch was renewed: every session ends and comes back, spread over some seconds.</summary>
    public void EndAllForRenewal()
    {
        foreach (var session in Directory.All.OrderBy(static session => session.Id, StringComparer.Ordinal))
            EndForRenewal(session);
    }

    /// <summary>Sets a deadline: looks at it once, now, and from then on whenever its time has come.</summary>
    public void Watch<T>(T owner, Outbox outbox, Func<T, TimeSpan?> look)
        where T : class
    {
        var deadline = new Deadline<T>(owner, outbox, look);
        if (deadline.OnDue() is { } left) Wheel.Add(deadline, left);
    }

    /// <summary>From here on events reach the session; others of the user go when there are too many.</summary>
    public void Register(Session session)
    {
        Directory.Add(session);
        Beats.Came(session.User);
        SessionLimit.Enforce(Directory.Of(session.User), session, Options);

        // A renewal between its ready and this moment did not find it.
        if (session.Epoch != History.Epoch) EndForRenewal(session);
    }

    private static void EndForRenewal(ConnectedDevice session) => session.Outbox.Close(
        CloseCode.StateInvalidated, (int)(Partitioner.Mix(session.Number) % RenewalSpreadMs));
}
