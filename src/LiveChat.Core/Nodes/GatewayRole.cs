using LiveChat.Core.History.Reading;
using LiveChat.Core.Ingest;
using LiveChat.Core.Log;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Presence;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Nodes;

/// <summary>The role <c>gateway</c>: sessions, what they command, and what they read.</summary>
internal sealed class GatewayRole
{
    /// <param name="parts">What the roles share.</param>
    /// <param name="tables">What owners hand over.</param>
    /// <param name="owner">The owner of the chats.</param>
    /// <param name="hasHistoryStopped">Whether history goes no further in a partition.</param>
    /// <param name="random">Names the start, and spreads clients.</param>
    public GatewayRole(
        NodeParts parts, GatewayTables tables, OwnerRole owner, Func<int, bool> hasHistoryStopped, Random random)
    {
        var (ports, options, time, users) = (parts.Ports, parts.Options, parts.Time, parts.Ports.Identities.Users);
        var history = new HistoryReader(
            ports.History,
            ports.Users,
            ports.Identities.Settings,
            tables.Tails,
            owner.Services.Chats.IsKnownMember,
            chat => parts.Progress.Hurry(Partitioner.PartitionOf(chat, ports.Log.Partitions)),
            time,
            parts.Rates.ChargeRead);
        var beats = new PresenceBeats(
            parts.Directory, parts.PresenceStore, ports.Identities.LastSeen, parts.PresenceCalls, time);
        var shown = new Shown(parts.Directory, owner.Services.Typing, beats, owner.Services.Watches);
        Revocations = new Revocations(users, parts.Directory, shown, time);
        Services = new SessionServices
        {
            Time = time,
            Seal = new SinceSeal(ports.SinceKey),
            Lineage = NewLineage(parts, (ulong)random.NextInt64(1, long.MaxValue)),
            Options = options.Sessions,
            OutboxOptions = options.Outbox,
            OutboxBudget = new OutboxBudget(options.Outbox.NodeBytesMax),
            Limits = LimitsOf(options),
            Wheel = parts.Wheel,
            SignIn = new SignIn(ports.Tokens, users, time, parts.Loggers.CreateLogger<SignIn>()),
            Drain = new Drain(options.DrainWindow, new Random(random.Next())),
            Ids = ports.Ids,
            Directory = parts.Directory,
            Owner = owner.Services,
            Partitions = ports.Log.Partitions,
            HandedTimeOf = owner.Delivery.HandedTimeOf,
            HasHistoryStopped = hasHistoryStopped,
            Ingest = new CommandIngest(
                options.Ingest,
                parts.Rates,
                ports.Log,
                ports.Users,
                history,
                owner.Services.Chats,
                partition => hasHistoryStopped(partition) || owner.HasStopped(partition),
                tables.Pending,
                ports.Ids,
                time),
            Rates = parts.Rates,
            Presence = parts.Presence,
            Beats = beats,
            Shown = shown,
            Users = ports.Users,
            Identities = ports.Identities,
            History = history,
            Answered = tables.Answered,
            Barrier = new History.Barrier(ports.Log, parts.Progress, hasHistoryStopped, time),
        };
    }

    /// <summary>What sessions work with.</summary>
    public SessionServices Services { get; }

    public Revocations Revocations { get; }

    private static StoreLineage NewLineage(NodeParts parts, ulong startId) => new(
        parts.Ports.Lineage,
        parts.Calls,
        startId,
        TimeSpan.FromDays(parts.Options.Sessions.ResumeDays),
        parts.Time,
        parts.Loggers.CreateLogger<StoreLineage>());

    private static ReadyLimits LimitsOf(NodeOptions options) => new()
    {
        FrameBytes = Limits.FrameBytesMax,
        Inflight = options.Ingest.InflightMax,
        SendPerSecond = options.Rates.UserPerSecond,
        BodyBytes = Limits.BodyBytesMax,
        Members = options.Ingest.MembersMax,
    };
}
