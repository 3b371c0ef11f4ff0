using LiveChat.Core.History;
using RocksDbSharp;

namespace LiveChat.Embedded.History;

/// <summary>
/// The lineage on RocksDB, in the database of history and so put back together with it.
/// <code>
/// default  's' start → from to disowned
/// </code>
/// Written in one synced batch, which runs on the pool. Any thread.
/// </summary>
internal sealed class RocksDbLineageStore(HistoryDatabase database) : ILineageStore
{
    private const byte Kind = (byte)'s';
    private const int KeyBytes = 9;

    public ValueTask<IReadOnlyList<StoreStart>> ReadStartsAsync(CancellationToken cancellationToken)
    {
        var rows = database.Scan(database.Default, [Kind], [Kind + 1]);
        return ValueTask.FromResult<IReadOnlyList<StoreStart>>([.. rows.Select(static row => new StoreStart(
            (ulong)RowCodec.Number(row.Key.AsSpan(1), 0),
            RowCodec.Number(row.Value, 0),
            RowCodec.Number(row.Value, 1),
            RowCodec.Number(row.Value, 2) != 0))]);
    }

    public async ValueTask WriteStartAsync(
        StoreStart start, IReadOnlyList<ulong> forgotten, CancellationToken cancellationToken) => await Task.Run(
        () =>
        {
            using var batch = new WriteBatch();
            var value = RowCodec.Numbers(start.FromMs, start.ToMs, start.IsDisowned ? 1 : 0);
            batch.Put(KeyOf(start.Id), value, database.Default);
            foreach (var id in forgotten) batch.Delete(KeyOf(id), database.Default);
            database.Write(batch, sync: true);
        },
        cancellationToken);

    public async ValueTask RenewEpochAsync(CancellationToken cancellationToken) =>
        await Task.Run(database.RenewEpoch, cancellationToken);

    private static byte[] KeyOf(ulong id) => new KeyWriter(new byte[KeyBytes]).Byte(Kind).Number(id).Key.ToArray();
}
