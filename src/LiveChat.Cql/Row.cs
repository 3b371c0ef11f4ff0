using System.Net;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Values;

namespace LiveChat.Cql;

/// <summary>
/// One row of a page. Reading a column as a type that it does not have, or a null as a type that has none, throws
/// <see cref="CqlTypeException"/>; reading behind the page's end of life <see cref="ObjectDisposedException"/>.
/// </summary>
public readonly struct Row : IEquatable<Row>
{
    private readonly RowSet _page;
    private readonly int _index;

    internal Row(RowSet page, int index)
    {
        _page = page;
        _index = index;
    }

    /// <summary>The columns, as <see cref="RowSet.Columns"/>.</summary>
    public IReadOnlyList<Column> Columns => _page.Columns;

    /// <summary>The place of the column with that name.</summary>
    public int Ordinal(string name) => _page.Ordinal(name);

    /// <summary>Whether the value is null. An empty list, set or map is null too.</summary>
    public bool IsNull(int ordinal) => !_page.TryGetCell(_index, ordinal, out _);

    /// <summary>The value as the server sent it, without a copy; empty for null. Valid as long as the page.</summary>
    public ReadOnlySpan<byte> GetBytes(int ordinal)
    {
        _page.TryGetCell(_index, ordinal, out var bytes);
        return bytes;
    }

    /// <summary>The value of a column by a codec of <see cref="CqlCodecs"/>.</summary>
    public T Get<T>(int ordinal, CqlCodec<T> codec)
    {
        var isThere = _page.TryGetCell(_index, ordinal, out var bytes);
        var column = _page.ColumnAt(ordinal);
        if (!codec.Accepts(column.Type))
            throw new CqlTypeException(column, typeof(T), "the column has another type.");
        return isThere ? codec.Read(bytes, column.Type, column) : codec.ReadNull(column);
    }

    /// <summary>The value of a column by its name and a codec of <see cref="CqlCodecs"/>.</summary>
    public T Get<T>(string name, CqlCodec<T> codec) => Get(_page.Ordinal(name), codec);

    /// <summary>text, varchar or ascii.</summary>
    public string GetString(int ordinal) => Get(ordinal, CqlCodecs.Text);

    /// <summary>bigint or counter.</summary>
    public long GetInt64(int ordinal) => Get(ordinal, CqlCodecs.BigInt);

    /// <summary>int.</summary>
    public int GetInt32(int ordinal) => Get(ordinal, CqlCodecs.Int);

    /// <summary>smallint.</summary>
    public short GetInt16(int ordinal) => Get(ordinal, CqlCodecs.SmallInt);

    /// <summary>tinyint.</summary>
    public sbyte GetSByte(int ordinal) => Get(ordinal, CqlCodecs.TinyInt);

    /// <summary>boolean.</summary>
    public bool GetBoolean(int ordinal) => Get(ordinal, CqlCodecs.Boolean);

    /// <summary>double.</summary>
    public double GetDouble(int ordinal) => Get(ordinal, CqlCodecs.Double);

    /// <summary>float.</summary>
    public float GetSingle(int ordinal) => Get(ordinal, CqlCodecs.Float);

    /// <summary>uuid or timeuuid.</summary>
    public Guid GetGuid(int ordinal) => Get(ordinal, CqlCodecs.Uuid);

    /// <summary>timestamp, in whole milliseconds.</summary>
    public DateTimeOffset GetDateTimeOffset(int ordinal) => Get(ordinal, CqlCodecs.Timestamp);

    /// <summary>date.</summary>
    public DateOnly GetDateOnly(int ordinal) => Get(ordinal, CqlCodecs.Date);

    /// <summary>inet.</summary>
    public IPAddress GetIPAddress(int ordinal) => Get(ordinal, CqlCodecs.Inet);

    /// <summary>blob, copied. <see cref="GetBytes"/> does not copy.</summary>
    public byte[] GetBlob(int ordinal) => Get(ordinal, CqlCodecs.Blob);

    /// <inheritdoc/>
    public bool Equals(Row other) => ReferenceEquals(_page, other._page) && _index == other._index;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Row other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_page, _index);

    /// <summary>Whether both are the same row of the same page.</summary>
    public static bool operator ==(Row left, Row right) => left.Equals(right);

    /// <summary>Whether they are not the same row of the same page.</summary>
    public static bool operator !=(Row left, Row right) => !left.Equals(right);
}
