using System.Diagnostics.Metrics;
using System.Globalization;
using LiveChat.Protocol;

namespace LiveChat.Core.Measuring;

/// <summary>
/// What a gateway counts and times of its connections and of what they ask: answers, deliveries, errors, closes. All
/// counters are there from the start, with 0; a histogram is there from the first time on. Any thread.
/// </summary>
internal sealed class GatewayMeasures
{
    /// <summary>The code of a close that was never said: the connection is gone.</summary>
    private const string Lost = "1006";

    private const string Via = "via";
    private const string Code = "code";

    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries =
            [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private readonly TimeProvider _time;
    private readonly Histogram<double> _acks;
    private readonly Histogram<double> _deliveries;
    private readonly Histogram<double> _connects;
    private readonly Histogram<double> _syncs;
    private readonly Tally _told = new(Code, Codes(), new KeyValuePair<string, object?>(Via, "session"));
    private readonly Tally _answered = new(Code, Codes(), new KeyValuePair<string, object?>(Via, "request"));
    private readonly Tally _closes = new(
        Code, Enum.GetValues<CloseCode>().Select(static code => NumberOf(code)).Append(Lost));
    private readonly Tally _signIns = new("reason", SignInReason.All);
    private long _opened;
    private long _ended;

    /// <param name="meter">The meter <c>LiveChat.Core</c>.</param>
    /// <param name="connectionsMax">How many connections it takes.</param>
    /// <param name="time">The clock.</param>
    public GatewayMeasures(Meter meter, int connectionsMax, TimeProvider time)
    {
        _time = time;
        _acks = NewHistogram(
            meter,
            "livechat.commands.ack_duration",
            "From the coming of a command to its ack: durable, and numbered in its chat. Refused ones are not in it.");
        _deliveries = NewHistogram(
            meter,
            "livechat.events.delivery_duration",
            "From the coming of a command to the writing of its event to a recipient; of the events that one write "
            + "takes, the first is measured. The clocks of two nodes may be in it.");
        _connects = NewHistogram(
            meter, "livechat.connect.duration", "From the first frame of a connection to the session.");
        _syncs = NewHistogram(
            meter, "livechat.sync.duration", "The time of one part of a full sync, with the wait for history.");
        meter.CreateObservableCounter(
            "livechat.errors",
            () => _told.Measure().Concat(_answered.Measure()),
            "{error}",
            "Problems that users and backends were told, by code.");
        meter.CreateObservableCounter(
            "livechat.sign_ins.refused", _signIns.Measure, "{attempt}", "Tokens and server keys that were refused.");
        meter.CreateObservableCounter(
            "livechat.connections.opened",
            () => Interlocked.Read(ref _opened),
            "{connection}",
            "Connections of devices, by every transport.");
        meter.CreateObservableCounter(
            "livechat.connections.closed",
            _closes.Measure,
            "{connection}",
            "Connections that ended, by the code of the close; 1006: without one.");
        meter.CreateObservableGauge(
            "livechat.connections",
            () => Interlocked.Read(ref _opened) - Interlocked.Read(ref _ended),
            "{connection}",
            "Connections of devices that are open.");
        meter.CreateObservableGauge(
            "livechat.connections.max",
            () => connectionsMax,
            "{connection}",
            "How many connections the server takes: LiveChat:Sessions:ConnectionsMax.");
    }

    /// <summary>A command was acknowledged that came at this time stamp.</summary>
    public void NoteAck(long cameAt) => _acks.Record(_time.GetElapsedTime(cameAt).TotalSeconds);

    /// <summary>An event is written to a device whose id was issued at this time, Unix milliseconds.</summary>
    public void NoteDelivery(long issuedAtMs) =>
        _deliveries.Record(Math.Max(0, _time.GetUtcNow().ToUnixTimeMilliseconds() - issuedAtMs) / 1000d);

    /// <summary>A device has a session whose first frame came at this time stamp.</summary>
    public void NoteConnect(long askedAt) => _connects.Record(_time.GetElapsedTime(askedAt).TotalSeconds);

    /// <summary>A part of a full sync is answered that was asked for at this time stamp.</summary>
    public void NoteSync(long askedAt) => _syncs.Record(_time.GetElapsedTime(askedAt).TotalSeconds);

    /// <summary>A session was told of a problem.</summary>
    public void NoteTold(string code) => _told.Add(code);

    /// <summary>A request was answered with a problem.</summary>
    public void NoteAnswered(string code) => _answered.Add(code);

    /// <summary>Somebody was refused; one of <see cref="SignInReason"/>.</summary>
    public void NoteSignInRefused(string reason) => _signIns.Add(reason);

    public void NoteOpened() => Interlocked.Increment(ref _opened);

    /// <summary>A connection has ended; without a code it was lost.</summary>
    public void NoteClosed(CloseCode? code)
    {
        Interlocked.Increment(ref _ended);
        _closes.Add(code is { } said ? NumberOf(said) : Lost);
    }

    private static Histogram<double> NewHistogram(Meter meter, string name, string description) =>
        meter.CreateHistogram(name, "s", description, tags: null, Buckets);

    private static IEnumerable<string> Codes() => ErrorRule.All.Select(static rule => rule.Code);

    private static string NumberOf(CloseCode code) => ((int)code).ToString(CultureInfo.InvariantCulture);
}
