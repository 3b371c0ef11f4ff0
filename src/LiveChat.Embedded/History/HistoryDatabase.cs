using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using LiveChat.Core.Log;
using LiveChat.Embedded.Disk;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Logging;
using RocksDbSharp;

namespace LiveChat.Embedded.History;

/// <summary>
/// The RocksDB under the ports of history and of identities: one column family a table, one write-ahead log for all
/// of them, so that a batch over several tables is atomic and batches come back in their order. The family
/// <c>default</c> says what the store is:
/// <code>
/// "epoch"        → the epoch
/// "folder"       → the id of the data folder that it belongs to
/// 'p' partition  → the position of the log up to which everything is written
/// 's' start      → a start of a node on it: see <see cref="RocksDbLineageStore"/>
/// "first_events" → some chats have lost their first events by their age: see <see cref="ChatRetention"/>
/// </code>
/// Any thread; the lock keeps the positions that were noted.
/// </summary>
internal sealed class HistoryDatabase : IDisposable
{
    private const ulong MemtableBytes = 16 << 20;
    private const ulong MemtablesBytesMax = 256 << 20;
    private const ulong WalBytesMax = 256 << 20;
    private const ulong BlockCacheBytes = 64 << 20;

    /// <summary>Each compaction writes the level below anew: half as many of them cost half of the processor time, and
    /// a read looks into four more files, whose indexes are in memory.</summary>
    private const int FilesBeforeCompaction = 8;
    private static readonly byte[] EpochKey = Encoding.ASCII.GetBytes("epoch");
    private static readonly byte[] FolderKey = Encoding.ASCII.GetBytes("folder");
    private static readonly byte[] HasChatsByTimeKey = Encoding.ASCII.GetBytes("chats_by_time");
    private static readonly byte[] HasFirstEventsKey = Encoding.ASCII.GetBytes("first_events");

    private readonly Lock _passedLock = new();
    private readonly Dictionary<int, Position> _passed = [];
    private readonly HandleGate _gate;
    private readonly ReadOptions _scans = new();
    private readonly CheckedDatabase _database;
    private readonly RocksDb _db;
    private volatile bool _hasFirstEvents;
    private long _rowsRead;
    private long _bytesRead;
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private HistoryDatabase(CheckedDatabase database, ILogger<HistoryDatabase> logger)
    {
        Unreadable = new UnreadableRows(logger);
        _gate = new HandleGate(this);
        (_database, _db) = (database, database.Rows);
        Default = _db.GetDefaultColumnFamily();
        ChatHead = _db.GetColumnFamily("chat_head");
        Events = _db.GetColumnFamily("events");
        Edits = _db.GetColumnFamily("edits");
        Reactions = _db.GetColumnFamily("reactions");
        ReactionChanges = _db.GetColumnFamily("reaction_changes");
        ChatMembers = _db.GetColumnFamily("chat_members");
        UserChats = _db.GetColumnFamily("user_chats");
        ClientKeys = _db.GetColumnFamily("client_keys");
        Markers = _db.GetColumnFamily("markers");
        ChatIds = _db.GetColumnFamily("chat_ids");
        Users = _db.GetColumnFamily("users");
        Devices = _db.GetColumnFamily("devices");
        UserSettings = _db.GetColumnFamily("user_settings");
        ChatsByTime = _db.GetColumnFamily("chats_by_time");
        ApiKeys = _db.GetColumnFamily("api_keys");
        if (_db.Get(EpochKey) is not { } epoch)
        {
            epoch = NewId();
            database.PutSynced(EpochKey, epoch);
        }

        Epoch = Encoding.ASCII.GetString(epoch);
        _hasFirstEvents = _db.Get(HasFirstEventsKey) is not null;
        FolderId = _db.Get(FolderKey) is { } folder ? Encoding.ASCII.GetString(folder) : null;
        if (_db.Get(HasChatsByTimeKey) is not null) return;
        ChatsByTimeBuild.Run(this);
        database.PutSynced(HasChatsByTimeKey, [1]);
    }

    public string Epoch { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>The data folder that the store belongs to; null in one of a former version, and in a new one.</summary>
    public string? FolderId { get; private set; }

    public ColumnFamilyHandle Default { get; }

    /// <summary>Ends with the reason when a write or a sync failed: what the store holds is not known then, and the
    /// host must stop. Never ends otherwise.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Rows that were looked at since it was opened: each that was asked for, there or not, and each step of a
    /// walk.</summary>
    public long RowsRead => Interlocked.Read(ref _rowsRead);

    /// <summary>Bytes of the rows that were found.</summary>
    public long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>Reads rows of which one may be unreadable.</summary>
    public UnreadableRows Unreadable { get; }

    public ColumnFamilyHandle ChatHead { get; }

    public ColumnFamilyHandle Events { get; }

    public ColumnFamilyHandle Edits { get; }

    public ColumnFamilyHandle Reactions { get; }

    public ColumnFamilyHandle ReactionChanges { get; }

    public ColumnFamilyHandle ChatMembers { get; }

    public ColumnFamilyHandle UserChats { get; }

    public ColumnFamilyHandle ClientKeys { get; }

    public ColumnFamilyHandle Markers { get; }

    public ColumnFamilyHandle ChatIds { get; }

    public ColumnFamilyHandle Users { get; }

    public ColumnFamilyHandle Devices { get; }

    public ColumnFamilyHandle UserSettings { get; }

    public ColumnFamilyHandle ChatsByTime { get; }

    public ColumnFamilyHandle ApiKeys { get; }

    /// <exception cref="DataDamagedException">The store is damaged or cannot be opened.</exception>
    public static HistoryDatabase Open(string folder, ILogger<HistoryDatabase> logger)
    {
        // Batches are written unsynced, so a power cut may leave anything behind what was synced last: the check cuts
        // the write-ahead log there, and the message log repeats what is missing. A table is never ahead of the
        // write-ahead log, because RocksDB syncs the closed files before it installs one.
        var database = CheckedDatabase.Open(folder, isEachBatchSynced: false, Tune, Families, logger);
        try
        {
            return new HistoryDatabase(database, logger);
        }
        catch (RocksDbException e)
        {
            database.Dispose();
            throw DataDamagedException.NotOpened(folder, e);
        }
    }

    /// <summary>Makes another epoch, durably.</summary>
    public void RenewEpoch()
    {
        var epoch = NewId();
        Put(EpochKey, epoch, Default, sync: true);
        Epoch = Encoding.ASCII.GetString(epoch);
    }

    /// <summary>Notes durably to which data folder the store belongs, and what it has of the log.</summary>
    public void Stamp(string folderId, IReadOnlyDictionary<int, Position> passed)
    {
        NotePassed(passed);
        Put(FolderKey, Encoding.ASCII.GetBytes(folderId), Default, sync: true);
        FolderId = folderId;
    }

    /// <summary>The first event of the chat that is left; 1 where none was removed by its age. Costs no read where
    /// that never happened to any chat.</summary>
    public long FirstEventOf(ChatId chat) =>
        _hasFirstEvents && Get(FirstEventKey(chat), ChatHead) is { } first ? RowCodec.Number(first, 0) : 1;

    /// <summary>Notes that the events below this one are removed.</summary>
    public void PutFirstEvent(WriteBatch batch, ChatId chat, long seq)
    {
        batch.Put(HasFirstEventsKey, (byte[])[], Default);
        batch.Put(FirstEventKey(chat), RowCodec.Numbers(seq), ChatHead);
        _hasFirstEvents = true;
    }

    /// <summary>What the store has of a partition of the log for certain.</summary>
    public Position Passed(int partition)
    {
        lock (_passedLock)
        {
            return _passed.TryGetValue(partition, out var noted) ? noted
                : Get(PassedKey(partition), Default) is { } stored ? new Position(RowCodec.Number(stored, 0))
                : Position.None;
        }
    }

    /// <summary>Notes, by partition, up to where everything is written; durable with the next sync. It never falls.
    /// </summary>
    public void NotePassed(IReadOnlyDictionary<int, Position> passed)
    {
        using var batch = new WriteBatch();
        var risen = passed.Where(one => one.Value > Passed(one.Key)).ToList();
        if (risen.Count == 0) return;
        foreach (var (partition, position) in risen)
            batch.Put(PassedKey(partition), RowCodec.Numbers(position.Value), Default);
        Write(batch, sync: false);
        lock (_passedLock)
            foreach (var (partition, position) in risen) _passed[partition] = position;
    }

    public byte[]? Get(ReadOnlySpan<byte> key, ColumnFamilyHandle family)
    {
        using var entry = _gate.Enter();
        try
        {
            var value = _db.Get(key, family);
            Count(rows: 1, value?.Length ?? 0);
            return value;
        }
        catch (RocksDbException e)
        {
            throw DataDamagedException.Found(e.Message);
        }
    }

    /// <summary>The rows from one key up to, not including, another; copies, in the order of the walk.</summary>
    public List<(byte[] Key, byte[] Value)> Scan(
        ColumnFamilyHandle family,
        ReadOnlySpan<byte> from,
        ReadOnlySpan<byte> to,
        int limit = int.MaxValue,
        bool isDownward = false)
    {
        var rows = new List<(byte[], byte[])>();
        if (limit <= 0) return rows;
        using var walk = Walk(family, from.ToArray(), to.ToArray());
        for (var isRow = walk.Begin(isDownward); isRow; isRow = rows.Count < limit && walk.Next(isDownward))
            rows.Add(walk.Row);
        return rows;
    }

    /// <summary>Goes over the rows from one key up to, not including, another.</summary>
    public RowWalk Walk(ColumnFamilyHandle family, byte[] from, byte[] to) =>
        new(this, _gate.Enter(), _db.NewIterator(family, _scans), from, to);

    /// <summary>Counts what a read took.</summary>
    public void Count(int rows, long bytes)
    {
        Interlocked.Add(ref _rowsRead, rows);
        Interlocked.Add(ref _bytesRead, bytes);
    }

    /// <summary>Adds the counters of what was read.</summary>
    public void Observe(Meter meter)
    {
        Unreadable.Observe(meter);
        meter.CreateObservableCounter(
            "livechat.history.rows_read", () => RowsRead, "{row}", "Rows that were looked at, by whomever.");
        meter.CreateObservableCounter(
            "livechat.history.bytes_read", () => BytesRead, "By", "Bytes of those rows.");
    }

    /// <summary>Writes one cell.</summary>
    public void Put(byte[] key, byte[] value, ColumnFamilyHandle family, bool sync)
    {
        using var batch = new WriteBatch();
        batch.Put(key, value, family);
        Write(batch, sync);
    }

    public void Write(WriteBatch batch, bool sync)
    {
        using var entry = _gate.Enter();
        Guard(() => _database.Write(batch, sync));
    }

    /// <summary>Syncs the write-ahead log: everything that was written before is durable.</summary>
    public void Sync()
    {
        using var entry = _gate.Enter();
        Guard(_database.Sync);
    }

    /// <summary>Puts the store, as it is at one moment, into a folder that is not there yet. Immutable files are
    /// linked, where the file system can; writes go on.</summary>
    /// <exception cref="RocksDbException">It could not; the store is as before.</exception>
    public void TakeCheckpoint(string path)
    {
        using var entry = _gate.Enter();
        using var checkpoint = _db.Checkpoint();

        // The write-ahead log comes along: nothing is flushed for it, and writers do not wait for a flush.
        checkpoint.Save(path, ulong.MaxValue);
    }

    private static byte[] NewId() =>
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));

    private static byte[] FirstEventKey(ChatId chat) =>
        new KeyWriter(stackalloc byte[9]).Number(chat.Value).Byte((byte)'f').Key.ToArray();

    private static byte[] PassedKey(int partition) =>
        new KeyWriter(new byte[9]).Byte((byte)'p').Number((long)partition).Key.ToArray();

    private void Guard(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is RocksDbException or IOException)
        {
            _failed.TrySetException(new IOException($"The history's store failed: {e.Message}", e));
            throw;
        }
    }

    public void Dispose() => _gate.Close(_database.Dispose);

    /// <exception cref="DataDamagedException">The walk ended because the rows cannot be read.</exception>
    public static void ThrowIfFailed(Iterator iterator)
    {
        Native.Instance.rocksdb_iter_get_error(iterator.Handle, out var error);
        if (error != IntPtr.Zero) throw DataDamagedException.Found(new RocksDbException(error).Message);
    }

    private static void Tune(DbOptions options) => options
        .SetMaxTotalWalSize(WalBytesMax)
        .SetDbWriteBufferSize(MemtablesBytesMax);

    /// <summary>The families of the tables, as they are tuned.</summary>
    public static ColumnFamilies Families()
    {
        var cache = Cache.CreateLru(BlockCacheBytes);
        var families = new ColumnFamilies(new ColumnFamilyOptions().SetWriteBufferSize(1 << 20));
        foreach (var (name, prefix) in new (string, string?)[]
        {
            // By chat; by user and chat; by user, as far as most ids differ.
            ("events", "fixed:8"), ("user_chats", "capped:40"), ("chats_by_time", "capped:12"),
            ("edits", null), ("reactions", null), ("reaction_changes", null), ("chat_members", null),
            ("user_settings", null),
        })
            families.Add(name, Family(cache, bloom: false, prefix));
        foreach (var name in (string[])["chat_head", "client_keys", "markers", "chat_ids", "users", "devices",
            "api_keys"])
            families.Add(name, Family(cache, bloom: true));
        return families;
    }

    private static ColumnFamilyOptions Family(Cache cache, bool bloom, string? hintPrefix = null)
    {
        var table = new BlockBasedTableOptions().SetBlockCache(cache).SetBlockSize(16 << 10);
        if (bloom) table.SetFilterPolicy(BloomFilterPolicy.Create(10, false));
        return (hintPrefix is null ? new ColumnFamilyOptions() : Hinted(hintPrefix))
            .SetWriteBufferSize(MemtableBytes)
            .SetMaxWriteBufferNumber(4)
            .SetLevel0FileNumCompactionTrigger(FilesBeforeCompaction)
            .SetCompression(Compression.Lz4)
            .SetBlockBasedTableFactory(table);
    }

    /// <summary>
    /// A family whose memtable keeps, for each prefix, the place of the last row, near which the next one goes: the
    /// rows of a chat that is busy come one behind the other. Only the option's text can say it.
    /// </summary>
    private static ColumnFamilyOptions Hinted(string prefix)
    {
        var options = new ColumnFamilyOptions();
        var text = Marshal.StringToCoTaskMemUTF8($"memtable_insert_with_hint_prefix_extractor={prefix}");
        Native.Instance.rocksdb_get_options_from_string(
            new ColumnFamilyOptions().Handle, text, options.Handle, out var error);
        Marshal.FreeCoTaskMem(text);
        return error == IntPtr.Zero ? options : throw new RocksDbException(error);
    }
}
