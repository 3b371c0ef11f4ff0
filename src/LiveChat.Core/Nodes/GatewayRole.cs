using LiveChat.Core.Chats;
using LiveChat.Core.FanOut;
using LiveChat.Core.History.Reading;
using LiveChat.Core.Ingest;
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
    /// <param name="links">What stands between this gateway and the owners.</param>
    /// <param name="hasStopped">Whether no more answers come for the records of a partition.</param>
    /// <param name="random">Names the start, and spreads clients.</param>
    public GatewayRole(
        NodeParts parts,
        GatewayTables tables,
        OwnerRole owner,
        LinkRole links,
        Func<int, bool> hasStopped,
        Random random)
    {
        var hasHistoryStopped = links.Desk.HasHistoryStopped;
        var (ports, options, time, users) = (parts.Ports, parts.Options, parts.Time, parts.Ports.Identities.Users);
        var history = new HistoryReader(
            ports.History,
            ports.Users,
            ports.Identities.Settings,
            tables.Tails,
            owner.Services.Chats.IsKnownMember,
            parts.Looks,
            time,
            parts.Rates.ChargeRead);
        var beats = new PresenceBeats(
            parts.Directory, parts.PresenceStore, ports.Identities.LastSeen, parts.PresenceCalls, time);
        var typing = new TypingDesk(owner.Services.Typing, links.Signals, ports.Ids);
        var shown = new Shown(parts.Directory, typing, beats, owner.Services.Watches);
        var names = ports.Peers is null ? null : new Random(random.Next());
        Revocations = new Revocations(
            users, parts.Directory, shown, ports.Peers?.Revocations, names, links.AskSessionsAsync, time);
        if (ports.Peers?.Revocations is { } table)
            Rows = new RevocationRows(table, Revocations, time, parts.Loggers.CreateLogger<RevocationRows>());
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
            Measures = parts.Gateway,
            SignIn = new SignIn(ports.Tokens, users, parts.Gateway, time, parts.Loggers.CreateLogger<SignIn>()),
            Drain = new Drain(options.DrainWindow, new Random(random.Next())),
            Ids = ports.Ids,
            Directory = parts.Directory,
            Owner = owner.Services,
            Signals = links.Signals,
            Typing = typing,
            Markers = new MarkerBoard(
                ports.Users, parts.Calls, parts.Directory, owner.Services.Receipts, links.Signals, time),
            Partitions = ports.Log.Partitions,
            HandedTimeOf = links.Positions.TimeOf,
            HasHistoryStopped = hasHistoryStopped,
            Ingest = NewIngest(parts, tables, owner, links, history, hasStopped),
            Rates = parts.Rates,
            Presence = parts.Presence,
            Beats = beats,
            Shown = shown,
            Users = ports.Users,
            Identities = ports.Identities,
            History = history,
            Answered = tables.Answered,
            Barrier = new History.Barrier(links.Desk.ReadsAsync, parts.Progress, hasHistoryStopped, time),
        };
        Settings = new SettingsNews(Services, parts.Calls);
        Heads = NewHeadChecks(parts, links);
    }

    /// <summary>Looks whether sessions were told what history has.</summary>
    public HeadChecks Heads { get; }

    /// <summary>Tells devices here what users set on other nodes.</summary>
    public SettingsNews Settings { get; }

    /// <summary>What sessions work with.</summary>
    public SessionServices Services { get; }

    public Revocations Revocations { get; }

    /// <summary>What other nodes took back; null when there are none.</summary>
    public RevocationRows? Rows { get; }

    private static CommandIngest NewIngest(
        NodeParts parts,
        GatewayTables tables,
        OwnerRole owner,
        LinkRole links,
        HistoryReader history,
        Func<int, bool> hasStopped) => new(
        parts.Options.Ingest,
        parts.Rates,
        parts.Ports.Log,
        parts.Ports.Users,
        parts.Ports.Erasures,
        history,
        owner.Services.Chats,
        partition => links.Desk.HasHistoryStopped(partition) || hasStopped(partition),
        tables.Pending,
        parts.Ports.Ids,
        () => (ushort)(links.Membership?.Rules ?? RulesTable.Default.Numbers.Highest),
        parts.Ports.Traces,
        parts.Time);

    private static HeadChecks NewHeadChecks(NodeParts parts, LinkRole links) => new(
        parts.Directory,
        parts.Ports.Users,
        parts.Ports.History,
        parts.Calls,
        parts.Ports.Log.Partitions,
        links.Desk.ReadsAsync,
        links.Positions.PositionOf,
        parts.Time,
        parts.Loggers.CreateLogger<HeadChecks>());

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
