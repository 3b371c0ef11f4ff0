using Google.Protobuf;
using LiveChat.Core.Contents;
using LiveChat.Embedded.History;
using RocksDbSharp;

namespace LiveChat.Embedded.Contents;

/// <summary>Rows of a table in the order of their keys, a page at a time.</summary>
internal sealed class RowPages(HistoryDatabase database)
{
    private const int RowsPerPage = 1_000;

    /// <summary>Behind every key.</summary>
    public static readonly byte[] End = [.. Enumerable.Repeat(byte.MaxValue, 64)];

    /// <summary>The first key behind all that begin so.</summary>
    public static byte[] Behind(ReadOnlySpan<byte> prefix)
    {
        var length = prefix.Length;
        while (length > 0 && prefix[length - 1] == byte.MaxValue) length--;
        if (length == 0) return End;
        byte[] behind = [.. prefix[..length]];
        behind[^1]++;
        return behind;
    }

    /// <summary>The rows from one key up to, not including, another.</summary>
    public IEnumerable<(byte[] Key, byte[] Value)> Rows(ColumnFamilyHandle table, byte[] from, byte[] to)
    {
        while (true)
        {
            var page = database.Scan(table, from, to, RowsPerPage);
            foreach (var row in page) yield return row;
            if (page.Count < RowsPerPage) yield break;
            from = [.. page[^1].Key, 0];
        }
    }

    /// <summary>The keys from one on.</summary>
    public IEnumerable<byte[]> Keys(ColumnFamilyHandle table, byte[]? from = null) =>
        Rows(table, from ?? [], End).Select(static row => row.Key);

    /// <summary>What a row says.</summary>
    /// <param name="table">Its table.</param>
    /// <param name="key">Its key.</param>
    /// <param name="read">Takes it apart.</param>
    /// <exception cref="ContentException">It cannot be read.</exception>
    public static T Read<T>(string table, byte[] key, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception wrong) when (wrong is FormatException or ArgumentException or IndexOutOfRangeException
            or InvalidProtocolBufferException or OverflowException)
        {
            throw new ContentException(
                $"A row of {table} cannot be read ({Convert.ToHexStringLower(key)}): {wrong.Message} Restore the data "
                + "folder from a backup in which it can, as docs/ops/damage.md says.",
                wrong);
        }
    }
}
