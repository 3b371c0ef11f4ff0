using System.Diagnostics.Metrics;
using LiveChat.Core.FanOut;
using LiveChat.Core.Sessions;

namespace LiveChat.Core.Nodes;

/// <summary>What is measured of a node besides its workers: what it holds at this moment. Read from any thread.
/// </summary>
internal static class NodeMetrics
{
    public static void Observe(
        Meter meter,
        SessionServices services,
        PendingCommands pending,
        HeadChecks heads,
        NodeParts parts,
        Func<bool> isDraining)
    {
        meter.CreateObservableGauge(
            "livechat.sessions",
            () => services.Directory.Count,
            "{session}",
            "Devices that are connected and signed in.");
        meter.CreateObservableGauge(
            "livechat.outboxes.size",
            () => services.OutboxBudget.Bytes,
            "By",
            "Bytes that wait in all outboxes.");
        meter.CreateObservableGauge(
            "livechat.commands.pending", () => pending.Count, "{command}", "Commands that have no answer yet.");
        meter.CreateObservableCounter(
            "livechat.frames.dropped",
            () => services.Dropped.Count,
            "{frame}",
            "Frames of clients that could not be read, broke a rule or were unknown, and had no number to answer.");
        meter.CreateObservableCounter(
            "livechat.commands.append_failures",
            () => pending.Failures,
            "{command}",
            "Appends that failed in a way that the log does not document. Must stay 0.");
        meter.CreateObservableCounter(
            "livechat.heads.checked",
            () => heads.Checked,
            "{session}",
            "Sessions of which the server has looked whether they were told what history has.");
        meter.CreateObservableCounter(
            "livechat.heads.repaired",
            () => heads.Repaired,
            "{head}",
            "Heads that a session was told by that look alone, since they were lost on their way. Must stay 0.");
        meter.CreateObservableCounter(
            "livechat.reads.charged",
            () => services.Rates.ReadRowsCharged,
            "{row}",
            "Rows that the reads of users were charged for; 256 bytes of content count as one.");
        meter.CreateObservableGauge(
            "livechat.presence.watched",
            () => services.Owner.Watches.Count,
            "{user}",
            "Users whose presence is watched, each once for every chat and session that watches.");
        meter.CreateObservableGauge(
            "livechat.presence.followed",
            () => parts.SharedPresence?.Followed ?? 0,
            "{user}",
            "Users of whom this node hears from the store of presence of all nodes: those whom its sessions watch, and "
            + "those who watch. 0 without such a store.");
        meter.CreateObservableCounter(
            "livechat.presence.failures",
            () => parts.PresenceCalls.Failures,
            "{call}",
            "Calls of presence that a store did not answer.");
        meter.CreateObservableCounter(
            "livechat.epoch.renewals",
            () => services.Lineage.Renewals,
            "{renewal}",
            "Times that a client proved that the data was put back from a copy.");
        meter.CreateObservableGauge(
            "livechat.node.draining", () => isDraining() ? 1 : 0, description: "1 while the node goes away.");
    }

    /// <summary>Of a node as one of several; one that is alone is never ahead.</summary>
    public static void ObserveClock(Meter meter, Func<TimeSpan?> ahead) => meter.CreateObservableGauge(
        "livechat.clock.ahead",
        () => ahead()?.TotalSeconds ?? 0,
        "s",
        "How far the clock of this node is ahead of Cassandra's, at its last sign as one of several; else 0.");
}
