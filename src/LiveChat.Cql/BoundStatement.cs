using System.Buffers.Binary;
using System.Net;
using LiveChat.Cql.Cluster;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql;

/// <summary>
/// A prepared statement with its values, encoded as they are set. A value that does not fit its column throws
/// <see cref="CqlTypeException"/> at once. Every bind marker must be set: to a value, to null, which writes a
/// tombstone, or to unset, which leaves the column as it is (v4 and later, section 4.1.4). <see cref="Dispose"/> gives
/// the buffer back to the pool; leaving that out costs garbage, nothing else.
/// </summary>
public sealed class BoundStatement : Statement, IBoundValues, IDisposable
{
    private const int NotBound = -1;
    private const int NullLength = -1;
    private const int UnsetLength = -2;

    private readonly ByteWriter _values = new(256);

    /// <summary>What the values are encoded for; what the server takes can change, see <see cref="Checked"/>.</summary>
    private Column[] _parameters;

    /// <summary>Where each value begins, with its length in front.</summary>
    private readonly int[] _starts;

    /// <summary>
    /// The values lie in the buffer in the order of the markers: they can be sent in one copy.
    /// </summary>
    private bool _isInOrder = true;
    private int _boundCount;

    internal BoundStatement(PreparedStatement prepared)
    {
        Prepared = prepared;
        _parameters = prepared.Metadata.Parameters;
        _starts = _parameters.Length == 0 ? [] : new int[_parameters.Length];
        Array.Fill(_starts, NotBound);
    }

    /// <summary>The statement whose values these are.</summary>
    public PreparedStatement Prepared { get; }

    int IBoundValues.Count => _starts.Length;

    internal override StatementTraits Traits => Prepared.Traits;

    internal override string? Keyspace => Prepared.Keyspace;

    /// <summary>
    /// Sets a value by a codec of <see cref="CqlCodecs"/>; a null reference or empty nullable is null.
    /// </summary>
    public BoundStatement Set<T>(int ordinal, T value, CqlCodec<T> codec)
    {
        var column = ColumnAt(ordinal);
        if (!codec.Accepts(column.Type))
            throw new CqlTypeException(column, typeof(T), "the bind marker has another type.");
        var start = _values.Length;
        try
        {
            codec.WriteCell(_values, value, column.Type, column);
        }
        catch
        {
            _values.Truncate(start);
            throw;
        }

        return Bound(ordinal, start);
    }

    /// <summary>Sets a value by the marker's name and a codec of <see cref="CqlCodecs"/>.</summary>
    public BoundStatement Set<T>(string name, T value, CqlCodec<T> codec) => Set(Prepared.Ordinal(name), value, codec);

    /// <summary>Sets a text, varchar or ascii; null is null.</summary>
    public BoundStatement Set(int ordinal, string? value) =>
        value is null ? SetNull(ordinal) : Set(ordinal, value, CqlCodecs.Text);

    /// <summary>Sets a bigint or counter.</summary>
    public BoundStatement Set(int ordinal, long value) => Set(ordinal, value, CqlCodecs.BigInt);

    /// <summary>Sets an int.</summary>
    public BoundStatement Set(int ordinal, int value) => Set(ordinal, value, CqlCodecs.Int);

    /// <summary>Sets a smallint.</summary>
    public BoundStatement Set(int ordinal, short value) => Set(ordinal, value, CqlCodecs.SmallInt);

    /// <summary>Sets a tinyint.</summary>
    public BoundStatement Set(int ordinal, sbyte value) => Set(ordinal, value, CqlCodecs.TinyInt);

    /// <summary>Sets a boolean.</summary>
    public BoundStatement Set(int ordinal, bool value) => Set(ordinal, value, CqlCodecs.Boolean);

    /// <summary>Sets a double.</summary>
    public BoundStatement Set(int ordinal, double value) => Set(ordinal, value, CqlCodecs.Double);

    /// <summary>Sets a float.</summary>
    public BoundStatement Set(int ordinal, float value) => Set(ordinal, value, CqlCodecs.Float);

    /// <summary>Sets a uuid or timeuuid.</summary>
    public BoundStatement Set(int ordinal, Guid value) => Set(ordinal, value, CqlCodecs.Uuid);

    /// <summary>Sets a timestamp, cut to whole milliseconds.</summary>
    public BoundStatement Set(int ordinal, DateTimeOffset value) => Set(ordinal, value, CqlCodecs.Timestamp);

    /// <summary>Sets a date.</summary>
    public BoundStatement Set(int ordinal, DateOnly value) => Set(ordinal, value, CqlCodecs.Date);

    /// <summary>Sets an inet; null is null.</summary>
    public BoundStatement Set(int ordinal, IPAddress? value) =>
        value is null ? SetNull(ordinal) : Set(ordinal, value, CqlCodecs.Inet);

    /// <summary>Sets a blob; the bytes are copied.</summary>
    public BoundStatement SetBlob(int ordinal, ReadOnlySpan<byte> value)
    {
        var column = ColumnAt(ordinal);
        if (column.Type.Kind != CqlTypeKind.Blob)
            throw new CqlTypeException(column, typeof(byte[]), "the bind marker has another type.");
        var start = _values.Length;
        _values.WriteBytes(value);
        return Bound(ordinal, start);
    }

    /// <summary>Sets null, which writes a tombstone.</summary>
    public BoundStatement SetNull(int ordinal) => SetLength(ordinal, NullLength);

    /// <summary>Leaves the column as it is.</summary>
    public BoundStatement SetUnset(int ordinal) => SetLength(ordinal, UnsetLength);

    /// <summary>Forgets all values, so that the statement can be filled again.</summary>
    public void Clear()
    {
        _parameters = Prepared.Metadata.Parameters;
        _values.Clear();
        Array.Fill(_starts, NotBound);
        _isInOrder = true;
        _boundCount = 0;
    }

    /// <summary>Gives the buffer back to the pool. Only when no execution is under way.</summary>
    public void Dispose()
    {
        Clear();
        _values.Dispose();
    }

    void IBoundValues.WriteTo(ByteWriter writer)
    {
        writer.WriteShort(_starts.Length);
        if (_isInOrder)
        {
            writer.WriteRaw(_values.Written);
            return;
        }

        foreach (var start in _starts) writer.WriteRaw(CellAt(start));
    }

    /// <summary>
    /// What to send the values with. Throws when a table was made again with other types since they were encoded: bytes
    /// of one type must not become a value of another. Equal types keep their array, so this mostly compares two
    /// references.
    /// </summary>
    internal PreparedMetadata Checked()
    {
        var metadata = Prepared.Metadata;
        if (metadata.Parameters == _parameters) return metadata;
        for (var index = 0; index < _parameters.Length; index++)
        {
            if (!_parameters[index].IsOfTypeOf(metadata.Parameters[index]))
                throw new CqlTypeException(metadata.Parameters[index], _parameters[index].Type);
        }

        return metadata;
    }

    /// <summary>Throws unless every bind marker was set.</summary>
    internal void ThrowIfIncomplete()
    {
        if (_boundCount == _starts.Length) return;
        var column = ColumnAt(Array.IndexOf(_starts, NotBound));
        throw new InvalidOperationException(
            $"{column.Path} was not set; set it to null or to unset if that is what is meant.");
    }

    /// <summary>
    /// The partition key as the server hashes it: one value as it is, several each with two bytes of length in front
    /// and a zero behind.
    /// </summary>
    internal override bool TryGetToken(out long token)
    {
        token = 0;
        var key = Prepared.Metadata.PartitionKey;
        if (key.Length == 0) return false;
        foreach (var ordinal in key)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(CellAt(_starts[ordinal]));
            if (length is < 0 or > ushort.MaxValue) return false; // no key, which the server says best
        }

        if (key.Length == 1)
        {
            token = Murmur3.Token(CellAt(_starts[key[0]])[4..]);
            return true;
        }

        using var composite = new ByteWriter(128);
        foreach (var ordinal in key)
        {
            composite.WriteShortBytes(CellAt(_starts[ordinal])[4..]);
            composite.WriteByte(0);
        }

        token = Murmur3.Token(composite.Written);
        return true;
    }

    private Column ColumnAt(int ordinal)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)ordinal, (uint)_parameters.Length, nameof(ordinal));
        return _parameters[ordinal];
    }

    private BoundStatement SetLength(int ordinal, int length)
    {
        ColumnAt(ordinal);
        var start = _values.Length;
        _values.WriteInt(length);
        return Bound(ordinal, start);
    }

    private BoundStatement Bound(int ordinal, int start)
    {
        if (_starts[ordinal] == NotBound)
        {
            _isInOrder &= ordinal == _boundCount;
            _boundCount++;
            _starts[ordinal] = start;
        }
        else
        {
            Replace(_starts[ordinal], start);
        }

        return this;
    }

    /// <summary>Puts the value at the end in the place of the one before it, so that nothing piles up.</summary>
    private void Replace(int old, int start)
    {
        var oldLength = CellAt(old).Length;
        var growth = _values.Length - start - oldLength;
        _values.MoveBack(start, old, oldLength);
        foreach (ref var other in _starts.AsSpan())
        {
            if (other > old) other += growth;
        }
    }

    private ReadOnlySpan<byte> CellAt(int start)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(_values.At(start, 4));
        return _values.At(start, 4 + Math.Max(0, length));
    }
}
