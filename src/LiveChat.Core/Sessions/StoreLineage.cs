using LiveChat.Core.History;
using LiveChat.Core.Timing;
using LiveChat.Core.Workers;
using Microsoft.Extensions.Logging;

namespace LiveChat.Core.Sessions;

/// <summary>
/// Finds out that the store was put back from a copy. Each start of a node has a random id, and the store keeps up to
/// which log time the start told clients of. An authentic position that names a start which the store does not know, or
/// a time behind that start's end, was given out by a later state of this store: the store was put back, and what
/// clients have cached may never have happened. The epoch is renewed then, once for each such start, and every session
/// is told.
/// </summary>
/// <remarks>
/// The end of the present start is written ahead of the clock and durable before a position reaches it, so that a
/// crash makes no false proof. A proof counts only after the store was read again, since other nodes start and go on
/// too. At most <see cref="StartsMax"/> starts are kept; a position from before the oldest that is kept proves nothing.
/// <see cref="BeginAsync"/> comes first, one loop runs <see cref="RunAsync"/>, any thread calls
/// the rest; renewals run one at a time.
/// </remarks>
internal sealed partial class StoreLineage(
    ILineageStore store,
    StoreCalls calls,
    ulong id,
    TimeSpan keptFor,
    TimeProvider time,
    ILogger<StoreLineage> logger)
{
    public const int StartsMax = 4_096;

    /// <summary>How far ahead of the clock the end is written: what a copy of a running store may hide at most.
    /// </summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly ReadSlots _renewing = new(1);

    /// <summary>All but the present one; replaced as a whole.</summary>
    private Dictionary<ulong, StoreStart> _former = [];
    private long _oldestMs;
    private long _fromMs;
    private long _reachedMs;
    private long _renewals;

    private enum Verdict
    {
        Known,
        Useless,
        PutBack,
    }

    /// <summary>The id of the present start.</summary>
    public ulong Id => id;

    /// <summary>No client may be told of a later log time, Unix milliseconds.</summary>
    public long ReachedMs => Volatile.Read(ref _reachedMs);

    /// <summary>How often this process renewed the epoch.</summary>
    public long Renewals => Interlocked.Read(ref _renewals);

    /// <summary>Notes the present start, durably, and forgets the oldest ones.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        _fromMs = NowMs();
        var oldestMs = _fromMs - (long)keptFor.TotalMilliseconds;
        var found = await calls.ReadAsync(
            store, static (store, token) => store.ReadStartsAsync(token), cancellationToken);
        StoreStart[] newestFirst =
            [.. found.OrderByDescending(static start => start.ToMs).ThenBy(static start => start.Id)];

        // The newest stays however old it is: all that a copy from long ago does not know came later.
        var kept = newestFirst.Take(StartsMax).TakeWhile((start, i) => i == 0 || start.ToMs >= oldestMs).ToArray();
        ulong[] forgotten = [.. newestFirst.Skip(kept.Length).Select(static start => start.Id)];
        var toMs = _fromMs + (long)Ahead.TotalMilliseconds;
        await WriteAsync(new StoreStart(id, _fromMs, toMs), forgotten, cancellationToken);
        _former = kept.ToDictionary(static start => start.Id);
        _oldestMs = kept.Select(static start => start.FromMs).Append(_fromMs).Min();
        Volatile.Write(ref _reachedMs, toMs);
    }

    /// <summary>Keeps the end of the present start ahead of the clock until it is stopped.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Loops.EveryAsync(
        Interval, time, token => ReachAsync(NowMs() + (long)Ahead.TotalMilliseconds, token), cancellationToken);

    /// <summary>Makes it durable that clients may be told of log times up to this one.</summary>
    public async Task ReachAsync(long toMs, CancellationToken cancellationToken)
    {
        if (toMs <= ReachedMs) return;
        await WriteAsync(new StoreStart(id, _fromMs, toMs), [], cancellationToken);
        Volatile.Write(ref _reachedMs, toMs);
    }

    /// <summary>
    /// Whether a client may resume from an authentic position. If the position proves that the store was put back, the
    /// epoch is renewed, and <paramref name="renewed"/> called, before this returns.
    /// </summary>
    public async ValueTask<bool> MayResumeAsync(Since since, Action renewed, CancellationToken cancellationToken)
    {
        var verdict = Judge(since);
        if (verdict is not Verdict.PutBack) return verdict is Verdict.Known;
        await _renewing.EnterAsync(cancellationToken);
        try
        {
            if (Judge(since) is Verdict.PutBack) await ReadAgainAsync(cancellationToken);
            verdict = Judge(since);
            if (verdict is not Verdict.PutBack) return verdict is Verdict.Known; // Or another one proved it meanwhile.

            // The epoch first: if this ends half way, the same proof renews it once more.
            await store.RenewEpochAsync(cancellationToken);
            var former = Volatile.Read(ref _former);
            var start = former.GetValueOrDefault(since.Start, new StoreStart(since.Start, NowMs(), since.HandedMs));
            start = start with { IsDisowned = true };
            await store.WriteStartAsync(start, [], cancellationToken);
            Volatile.Write(ref _former, new Dictionary<ulong, StoreStart>(former) { [start.Id] = start });
            Interlocked.Increment(ref _renewals);
            LogRenewed(since.Start);
            renewed();
            return false;
        }
        finally
        {
            _renewing.Leave();
        }
    }

    /// <summary>Other nodes may have begun since, or told clients of later times.</summary>
    private async ValueTask ReadAgainAsync(CancellationToken cancellationToken)
    {
        var found = await calls.ReadAsync(
            store, static (store, token) => store.ReadStartsAsync(token), cancellationToken);
        Volatile.Write(ref _former, found.Where(start => start.Id != id).ToDictionary(static start => start.Id));
    }

    private Verdict Judge(Since since)
    {
        if (since.Start == id) return since.HandedMs <= ReachedMs ? Verdict.Known : Verdict.Useless;
        if (!Volatile.Read(ref _former).TryGetValue(since.Start, out var start))
            return since.HandedMs > _oldestMs ? Verdict.PutBack : Verdict.Useless;
        if (start.IsDisowned) return Verdict.Useless;
        return since.HandedMs <= start.ToMs ? Verdict.Known : Verdict.PutBack;
    }

    private ValueTask WriteAsync(
        StoreStart start, IReadOnlyList<ulong> forgotten, CancellationToken cancellationToken) =>
        calls.WriteAsync(token => store.WriteStartAsync(start, forgotten, token), cancellationToken);

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(1001, LogLevel.Warning,
        "A client resumes from start {Start}, of which this data folder does not know so much: the folder was put back "
        + "from a copy. Clients are told to forget what they have cached (docs/ops/damage.md).")]
    private partial void LogRenewed(ulong start);
}
