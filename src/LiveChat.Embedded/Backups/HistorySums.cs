using System.Buffers.Binary;
using System.IO.Hashing;
using LiveChat.Embedded.Disk;
using LiveChat.Embedded.History;
using RocksDbSharp;

namespace LiveChat.Embedded.Backups;

/// <summary>
/// The counts and checksums of a history that no process writes to: one for each chat, over the rows of all tables that
/// a chat has, and one for each table of users. Two histories with the same sums have the same rows. Reads every row
/// once, in the order of the keys, and keeps none; changes nothing in the folder. One thread.
/// </summary>
internal sealed class HistorySums : IDisposable
{
    /// <summary>Their keys begin with the chat.</summary>
    private static readonly string[] ChatTables =
        ["chat_head", "events", "edits", "reactions", "reaction_changes", "chat_members", "client_keys", "markers"];

    private static readonly string[] UserTables =
        ["users", "devices", "user_settings", "user_chats", "chats_by_time", "chat_ids", "api_keys"];

    private readonly RocksDb _rows;

    // Every row is read once: the cache would keep what nobody reads again.
    private readonly ReadOptions _scan = new ReadOptions().SetFillCache(false).SetReadaheadSize(2 << 20);

    private HistorySums(RocksDb rows)
    {
        _rows = rows;
    }

    /// <exception cref="DataDamagedException">The folder has no history that can be read.</exception>
    public static HistorySums Open(string folder)
    {
        try
        {
            var options = new DbOptions().SetParanoidChecks().SetMaxOpenFiles(512);
            return new HistorySums(RocksDb.OpenReadOnly(options, folder, HistoryDatabase.Families(), false));
        }
        catch (RocksDbException cause)
        {
            throw DataDamagedException.NotOpened(folder, cause);
        }
    }

    /// <summary>The sums of the chats, by rising chat id.</summary>
    /// <exception cref="DataDamagedException">A row cannot be read.</exception>
    public IEnumerable<ChatSum> Chats()
    {
        var tables = ChatTables.Select(Begin).ToList();
        try
        {
            while (LowestChat(tables) is { } chat) yield return SumOf(tables, chat);
        }
        finally
        {
            foreach (var table in tables) table.Dispose();
        }
    }

    /// <summary>The sums of the tables of users.</summary>
    /// <exception cref="DataDamagedException">A row cannot be read.</exception>
    public IEnumerable<TableSum> Tables()
    {
        foreach (var name in UserTables)
        {
            var hash = new RowHash();
            using var table = Begin(name);
            for (; IsAtRow(table); table.Next()) hash.Add(table.GetKeySpan(), table.GetValueSpan());
            yield return new TableSum(name, hash.Rows, hash.Sum);
        }
    }

    public void Dispose() => _rows.Dispose();

    private Iterator Begin(string table) => _rows.NewIterator(_rows.GetColumnFamily(table), _scan).SeekToFirst();

    private static bool IsAtRow(Iterator table)
    {
        if (table.Valid()) return true;
        HistoryDatabase.ThrowIfFailed(table);
        return false;
    }

    private static ulong ChatOf(Iterator table) => BinaryPrimitives.ReadUInt64BigEndian(table.GetKeySpan());

    private static ulong? LowestChat(List<Iterator> tables)
    {
        ulong? lowest = null;
        foreach (var table in tables)
            if (IsAtRow(table) && (lowest is null || ChatOf(table) < lowest)) lowest = ChatOf(table);
        return lowest;
    }

    private static ChatSum SumOf(List<Iterator> tables, ulong chat)
    {
        var hash = new RowHash();
        var (seq, messages) = (0L, 0L);
        for (var i = 0; i < tables.Count; i++)
        {
            for (var table = tables[i]; IsAtRow(table) && ChatOf(table) == chat; table.Next())
            {
                hash.Add(table.GetKeySpan(), table.GetValueSpan());

                // The row of the head has the chat alone for its key.
                if (i == 0 && table.GetKeySpan().Length == sizeof(ulong))
                    (seq, messages) = RowCodec.CountsOf(table.GetValueSpan());
            }
        }

        return new ChatSum(chat, seq, messages, hash.Rows, hash.Sum);
    }

    /// <summary>A checksum over rows, with their bounds.</summary>
    private sealed class RowHash
    {
        private readonly XxHash128 _hash = new();

        public long Rows { get; private set; }

        public UInt128 Sum => _hash.GetCurrentHashAsUInt128();

        public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            Span<byte> lengths = stackalloc byte[8];
            BinaryPrimitives.WriteInt32BigEndian(lengths, key.Length);
            BinaryPrimitives.WriteInt32BigEndian(lengths[4..], value.Length);
            _hash.Append(lengths);
            _hash.Append(key);
            _hash.Append(value);
            Rows++;
        }
    }
}

/// <summary>What a chat has.</summary>
/// <param name="Chat">Its id.</param>
/// <param name="Seq">The number of its last event.</param>
/// <param name="Messages">How many messages it had.</param>
/// <param name="Rows">How many rows it has.</param>
/// <param name="Sum">Their checksum.</param>
internal readonly record struct ChatSum(ulong Chat, long Seq, long Messages, long Rows, UInt128 Sum);

/// <summary>What a table has.</summary>
/// <param name="Table">Its name.</param>
/// <param name="Rows">How many rows it has.</param>
/// <param name="Sum">Their checksum.</param>
internal readonly record struct TableSum(string Table, long Rows, UInt128 Sum);
