using System.Security.Cryptography;
using LiveChat.Cluster.Store;
using LiveChat.Core.History;

namespace LiveChat.Cluster.History;

/// <summary>
/// The lineage on Cassandra, in the keyspace of history and so put back together with it.
/// <code>
/// installation ((name))              value                        name = 'epoch'; by conditions only
/// starts       ((scope), start_id)   from_ms, to_ms               stamp = to_ms in microseconds
///                                    is_disowned                  stamp = 1: it is only ever set
/// </code>
/// A start is written by its own node, and disowned by any. Its end only rises, so a write that comes late changes
/// nothing. A start that is forgotten is deleted at the present time, and is not written again: its node has ended. The
/// epoch is one for all nodes; a node that writes its start looks whether another one renewed it. Any thread.
/// </summary>
internal sealed class CassandraLineageStore : ILineageStore
{
    private const string EpochName = "epoch";
    private const string Scope = "all";
    private const int EpochBytes = 8;
    private const long MicrosecondsPerMs = 1_000;

    private readonly CassandraSession _session;
    private readonly Decisions _decisions;
    private readonly TimeProvider _time;
    private string _epoch;

    private CassandraLineageStore(CassandraSession session, Decisions decisions, TimeProvider time, string epoch) =>
        (_session, _decisions, _time, _epoch) = (session, decisions, time, epoch);

    /// <summary>What <see cref="IHistoryStore.Epoch"/> of this keyspace is.</summary>
    public string Epoch => Volatile.Read(ref _epoch);

    /// <summary>Reads the epoch, and makes it in a keyspace that is new.</summary>
    /// <exception cref="HistoryUnavailableException">Repeat it.</exception>
    public static async Task<CassandraLineageStore> OpenAsync(
        CassandraSession session, Decisions decisions, TimeProvider time, CancellationToken cancellationToken)
    {
        var store = new CassandraLineageStore(session, decisions, time, "");
        Volatile.Write(ref store._epoch, await store.ChangeEpochAsync(former: null, cancellationToken));
        return store;
    }

    public async ValueTask<IReadOnlyList<StoreStart>> ReadStartsAsync(CancellationToken cancellationToken)
    {
        var starts = new List<StoreStart>();
        using var read = await _session.BindAsync(
            "SELECT start_id, from_ms, to_ms, is_disowned FROM starts WHERE scope = ?", cancellationToken);
        await foreach (var row in _session.ReadAllAsync(read.Set(0, Scope), cancellationToken))
            if (!row.IsNull(2))
                starts.Add(new StoreStart(
                    unchecked((ulong)row.GetInt64(0)),
                    row.GetInt64(1),
                    row.GetInt64(2),
                    !row.IsNull(3) && row.GetBoolean(3)));
        return starts;
    }

    public async ValueTask WriteStartAsync(
        StoreStart start, IReadOnlyList<ulong> forgotten, CancellationToken cancellationToken)
    {
        using var write = await _session.BindAsync(
            "UPDATE starts USING TIMESTAMP ? SET from_ms = ?, to_ms = ? WHERE scope = ? AND start_id = ?",
            cancellationToken);
        write.Set(0, start.ToMs * MicrosecondsPerMs).Set(1, start.FromMs).Set(2, start.ToMs).Set(3, Scope)
            .Set(4, unchecked((long)start.Id));
        await _session.WriteAsync(write, cancellationToken);
        if (start.IsDisowned) await DisownAsync(start.Id, cancellationToken);
        foreach (var id in forgotten) await ForgetAsync(id, cancellationToken);
        if (await ReadEpochAsync(isDecided: false, cancellationToken) is { } epoch)
            Volatile.Write(ref _epoch, epoch);
    }

    public async ValueTask RenewEpochAsync(CancellationToken cancellationToken) =>
        Volatile.Write(ref _epoch, await ChangeEpochAsync(Epoch, cancellationToken));

    private async ValueTask DisownAsync(ulong id, CancellationToken cancellationToken)
    {
        using var write = await _session.BindAsync(
            "UPDATE starts USING TIMESTAMP 1 SET is_disowned = true WHERE scope = ? AND start_id = ?",
            cancellationToken);
        await _session.WriteAsync(write.Set(0, Scope).Set(1, unchecked((long)id)), cancellationToken);
    }

    private async ValueTask ForgetAsync(ulong id, CancellationToken cancellationToken)
    {
        using var delete = await _session.BindAsync(
            "DELETE FROM starts USING TIMESTAMP ? WHERE scope = ? AND start_id = ?", cancellationToken);
        delete.Set(0, _time.GetUtcNow().ToUnixTimeMilliseconds() * MicrosecondsPerMs).Set(1, Scope)
            .Set(2, unchecked((long)id));
        await _session.WriteAsync(delete, cancellationToken);
    }

    /// <summary>Puts another epoch in the place of the former one; null makes the first. Returns the epoch that is
    /// there then, also when another node was faster.</summary>
    private async Task<string> ChangeEpochAsync(string? former, CancellationToken cancellationToken) =>
        await _decisions.DecideAsync(
            EpochName,
            async (number, token) =>
            {
                if (await ReadEpochAsync(isDecided: number > 0 || former is not null, token) is { } found
                    && found != former)
                    return Decided<string>.As(found);
                var epoch = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(EpochBytes));
                using var write = await _session.BindAsync(
                    "UPDATE installation SET value = ? WHERE name = ? IF value = ?", token);
                write.Set(0, epoch).Set(1, EpochName);
                _ = former is null ? write.SetNull(2) : write.Set(2, former);
                using var decided = await _session.DecideAsync(write, token);
                return decided.WasApplied ? Decided<string>.As(epoch) : Decided<string>.Again;
            },
            cancellationToken);

    private async ValueTask<string?> ReadEpochAsync(bool isDecided, CancellationToken cancellationToken)
    {
        using var read = await _session.BindAsync(
            "SELECT value FROM installation WHERE name = ?", cancellationToken);
        read.Set(0, EpochName);
        using var rows = isDecided
            ? await _session.ReadDecidedAsync(read, cancellationToken)
            : await _session.ReadAsync(read, cancellationToken);
        return rows.Count == 0 ? null : rows[0].GetString(0);
    }
}
