using LiveChat.Embedded.Disk;
using RocksDbSharp;

namespace LiveChat.Embedded.History;

/// <summary>
/// Goes over the rows of a table between two keys, in either direction. While one is open its thread calls nothing
/// else of the database. One thread, one call; <see cref="HistoryDatabase"/> hears at the end what it took.
/// </summary>
internal ref struct RowWalk : IDisposable
{
    private readonly HistoryDatabase _database;
    private readonly HandleGate.Entry _entry;
    private readonly Iterator _rows;
    private readonly byte[] _from;
    private readonly byte[] _to;
    private int _steps;
    private long _bytes;

    /// <param name="database">The database.</param>
    /// <param name="entry">Keeps the database from being closed.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="from">The first key.</param>
    /// <param name="to">The first key behind the last one.</param>
    public RowWalk(HistoryDatabase database, HandleGate.Entry entry, Iterator rows, byte[] from, byte[] to)
    {
        _entry = entry;
        (_database, _rows, _from, _to) = (database, rows, from, to);
    }

    /// <summary>A copy of the row where the walk is.</summary>
    public readonly (byte[] Key, byte[] Value) Row =>
        (_rows.GetKeySpan().ToArray(), _rows.GetValueSpan().ToArray());

    /// <summary>Begins at the end from which it goes; false when there is no row.</summary>
    public bool Begin(bool isDownward)
    {
        if (!isDownward) return Up(_from);
        _rows.SeekForPrev(_to);
        if (_rows.Valid() && _rows.GetKeySpan().SequenceEqual(_to)) _rows.Prev();
        return IsInside();
    }

    /// <summary>The next row; false when there is none.</summary>
    public bool Next(bool isDownward)
    {
        if (isDownward) _rows.Prev();
        else _rows.Next();
        return IsInside();
    }

    /// <summary>Goes to the first row at the key or above.</summary>
    public bool Up(byte[] key)
    {
        _rows.Seek(key);
        return IsInside();
    }

    /// <summary>Goes to the last row at the key or below.</summary>
    public bool Down(byte[] key)
    {
        _rows.SeekForPrev(key);
        return IsInside();
    }

    public void Dispose()
    {
        _rows.Dispose();
        _database.Count(_steps, _bytes);
        _entry.Dispose();
    }

    private bool IsInside()
    {
        _steps++;
        if (!_rows.Valid())
        {
            HistoryDatabase.ThrowIfFailed(_rows);
            return false;
        }

        var key = _rows.GetKeySpan();
        if (key.SequenceCompareTo(_from) < 0 || key.SequenceCompareTo(_to) >= 0) return false;
        _bytes += key.Length + _rows.GetValueSpan().Length;
        return true;
    }
}
