using System.Buffers;
using System.Buffers.Binary;
using System.Collections;
using LiveChat.Cql.Connections;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql;

/// <summary>
/// One page of rows (v5, section 4.2.5.2), or the empty answer to a write. The rows lie in one array of the shared
/// pool, which <see cref="Dispose"/> gives back; after that no row of this page can be read any more.
/// </summary>
public sealed class RowSet : IReadOnlyList<Row>, IDisposable
{
    internal static readonly RowSet Empty = new([]);

    private readonly Column[] _columns;

    /// <summary>The offset of each cell's length in the body, row by row.</summary>
    private int[]? _cells;
    private byte[]? _body;
    private Dictionary<string, int>? _ordinals;

    internal RowSet(string[] warnings)
    {
        Warnings = warnings;
        _columns = [];
    }

    private RowSet(byte[] body, int[] cells, int count, Column[] columns, RowsMetadata metadata, string[] warnings)
    {
        _body = body;
        _cells = cells;
        _columns = columns;
        Count = count;
        Warnings = warnings;
        PagingState = metadata.PagingState;
        NewMetadata = metadata.NewId is null ? null : metadata;
    }

    /// <summary>The columns of each row.</summary>
    public IReadOnlyList<Column> Columns => _columns;

    /// <summary>The number of rows on this page.</summary>
    public int Count { get; }

    /// <summary>What the server has to say, for instance about tombstones; never values.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Where the next page begins; empty on the last one (v5, section 7).</summary>
    public ReadOnlyMemory<byte> PagingState { get; }

    /// <summary>There is another page.</summary>
    public bool HasMorePages => !PagingState.IsEmpty;

    /// <summary>False only when a conditional statement found its condition not met.</summary>
    public bool WasApplied =>
        Count == 0 || _columns.Length == 0 || _columns[0].Name != "[applied]" || this[0].GetBoolean(0);

    internal string? Keyspace { get; init; }

    internal SchemaChange? SchemaChange { get; init; }

    /// <summary>Where a schema statement was executed: the node that knows first.</summary>
    internal CqlConnection? ChangedOn { get; private set; }

    internal RowsMetadata? NewMetadata { get; }

    /// <summary>
    /// One row. Throws <see cref="ArgumentOutOfRangeException"/> outside of 0 to <see cref="Count"/>.
    /// </summary>
    public Row this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            return new Row(this, index);
        }
    }

    /// <summary>The place of the column with that name; names are lower-case unless they were quoted.</summary>
    public int Ordinal(string name)
    {
        if (_ordinals is null)
        {
            var ordinals = new Dictionary<string, int>(_columns.Length, StringComparer.Ordinal);
            for (var index = 0; index < _columns.Length; index++) ordinals.TryAdd(_columns[index].Name, index);
            _ordinals = ordinals;
        }

        return _ordinals.TryGetValue(name, out var ordinal)
            ? ordinal
            : throw new ArgumentException($"The result has no column \"{name}\".", nameof(name));
    }

    /// <inheritdoc/>
    public IEnumerator<Row> GetEnumerator()
    {
        for (var index = 0; index < Count; index++) yield return new Row(this, index);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>
    /// Gives the page's memory back. Rows of it throw <see cref="ObjectDisposedException"/> from then on.
    /// </summary>
    public void Dispose()
    {
        var body = Interlocked.Exchange(ref _body, null);
        if (body is { Length: > 0 }) ArrayPool<byte>.Shared.Return(body);
        var cells = Interlocked.Exchange(ref _cells, null);
        if (cells is not null) ArrayPool<int>.Shared.Return(cells);
    }

    /// <summary>
    /// Walks over all cells once, so that every length is known to be good before a row is handed out.
    /// </summary>
    internal static RowSet Read(
        in Response response, ref BodyReader reader, RowsMetadata metadata, Column[] columns, string[] warnings)
    {
        var count = reader.ReadInt();
        if (count < 0 || (columns.Length == 0 && count > 0))
            throw new CqlProtocolException($"There cannot be {count} rows of {columns.Length} columns.");
        reader.CheckCount(count, columns.Length * 4);
        var cells = ArrayPool<int>.Shared.Rent(Math.Max(1, count * columns.Length));
        try
        {
            for (var index = 0; index < count * columns.Length; index++)
            {
                cells[index] = reader.Offset;
                reader.TryReadBytes(out _);
            }
        }
        catch
        {
            ArrayPool<int>.Shared.Return(cells);
            throw;
        }

        return new RowSet(response.Buffer, cells, count, columns, metadata, warnings);
    }

    /// <summary>Of a schema statement; never the shared empty answer, which other sessions have too.</summary>
    internal RowSet From(CqlConnection connection)
    {
        var rows = this == Empty ? new RowSet([]) : this;
        rows.ChangedOn = connection;
        return rows;
    }

    internal Column ColumnAt(int ordinal) => _columns[ordinal];

    /// <summary>The bytes of a cell; false means null.</summary>
    internal bool TryGetCell(int row, int ordinal, out ReadOnlySpan<byte> bytes)
    {
        var body = _body;
        var cells = _cells;
        ObjectDisposedException.ThrowIf(body is null || cells is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)ordinal, (uint)_columns.Length, nameof(ordinal));
        var offset = cells[(row * _columns.Length) + ordinal];
        var length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(offset));
        bytes = length < 0 ? [] : body.AsSpan(offset + 4, length);
        return length >= 0;
    }
}
