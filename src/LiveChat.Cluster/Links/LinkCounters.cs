using System.Diagnostics.Metrics;

namespace LiveChat.Cluster.Links;

/// <summary>What is measured of the calls of this node, in both directions. Any thread.</summary>
internal sealed class LinkCounters
{
    private long _calls;
    private long _read;
    private long _wrote;
    private long _refused;
    private long _refusedCalls;

    public void Opened() => Interlocked.Increment(ref _calls);

    public void Closed() => Interlocked.Decrement(ref _calls);

    public void Read() => Interlocked.Increment(ref _read);

    public void Wrote() => Interlocked.Increment(ref _wrote);

    public void Refused() => Interlocked.Increment(ref _refused);

    public void RefusedCall() => Interlocked.Increment(ref _refusedCalls);

    public void Observe(Meter meter)
    {
        meter.CreateObservableGauge(
            "livechat.links.calls",
            () => Volatile.Read(ref _calls),
            "{call}",
            "Calls between this node and others, in both directions: two for each pair of nodes.");
        meter.CreateObservableCounter(
            "livechat.links.frames",
            () => (Measurement<long>[])
            [
                new(Volatile.Read(ref _read), new KeyValuePair<string, object?>("direction", "read")),
                new(Volatile.Read(ref _wrote), new KeyValuePair<string, object?>("direction", "written")),
            ],
            "{frame}",
            "Frames between this node and others.");
        meter.CreateObservableCounter(
            "livechat.links.frames.refused",
            () => Volatile.Read(ref _refused),
            "{frame}",
            "Frames for which a call had no room, or that came after its end.");
        meter.CreateObservableCounter(
            "livechat.links.calls.refused",
            () => Volatile.Read(ref _refusedCalls),
            "{call}",
            "Calls that this node refused, or that were refused to it.");
    }
}
