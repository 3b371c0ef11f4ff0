using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using Google.Protobuf;
using Microsoft.Extensions.Logging;

namespace LiveChat.Embedded.History;

/// <summary>
/// Reads rows of which one may be unreadable without failing a read of many: such a row is counted at each read, and
/// named in the log once, of all at most <see cref="NamedMax"/>. Which rows may be passed over is the caller's matter:
/// what a sequencer decides from never is. Any thread.
/// </summary>
internal sealed partial class UnreadableRows
{
    /// <summary>Most rows that one run names in the log.</summary>
    public const int NamedMax = 1_000;

    private static readonly string[] Tables =
    [
        "events", "edits", "reactions", "reaction_changes", "user_chats", "markers", "devices", "user_settings",
        "api_keys",
    ];

    private readonly ILogger<HistoryDatabase> _logger;
    private readonly ConcurrentDictionary<string, bool> _named = new(StringComparer.Ordinal);
    private readonly FrozenDictionary<string, RowCount> _counts =
        Tables.ToFrozenDictionary(static table => table, static _ => new RowCount());

    public UnreadableRows(ILogger<HistoryDatabase> logger) => _logger = logger;

    /// <summary>How often an unreadable row was met since the start.</summary>
    public long Count => _counts.Values.Sum(static count => count.Value);

    /// <summary>Adds the counter, one number for each table, each there from the start.</summary>
    public void Observe(Meter meter) => meter.CreateObservableCounter(
        "livechat.rows.unreadable",
        () => _counts.Select(static count => new Measurement<long>(
            count.Value.Value, new KeyValuePair<string, object?>("table", count.Key))),
        "{row}",
        "Rows of the history that a read met and could not read. Must stay 0.");

    /// <summary>The row, or false when its bytes are not one.</summary>
    public bool TryRead<T>(
        string table, (byte[] Key, byte[] Value) row, Func<byte[], byte[], T> read, out T? found)
    {
        try
        {
            found = read(row.Key, row.Value);
            return true;
        }
        catch (Exception broken) when (broken is InvalidProtocolBufferException or FormatException
            or ArgumentException or IndexOutOfRangeException)
        {
            found = default;
            Note(table, row.Key, broken);
            return false;
        }
    }

    /// <summary>Those of the rows that can be read.</summary>
    public List<T> ReadAll<T>(
        string table, IReadOnlyList<(byte[] Key, byte[] Value)> rows, Func<byte[], byte[], T> read)
    {
        var found = new List<T>(rows.Count);
        foreach (var row in rows)
            if (TryRead(table, row, read, out var one))
                found.Add(one!);
        return found;
    }

    private void Note(string table, byte[] key, Exception broken)
    {
        _counts[table].Add();
        var name = $"{table} {Convert.ToHexStringLower(key)}";
        if (_named.Count < NamedMax && _named.TryAdd(name, true)) LogUnreadable(broken, name);
    }

    [LoggerMessage(5010, LogLevel.Error, "A row of the history cannot be read and is passed over: {Row}")]
    private partial void LogUnreadable(Exception broken, string row);

    private sealed class RowCount
    {
        private long _value;

        public long Value => Interlocked.Read(ref _value);

        public void Add() => Interlocked.Increment(ref _value);
    }
}
