using LiveChat.Cql.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql;

/// <summary>
/// A CQL text that is not prepared (QUERY, v5, section 4.1.4): schema statements, and whatever is run once. Nobody has
/// told the client the types of its values, so it goes to any node, and a value of another type than its column is
/// found by the server, or not at all: what runs often is prepared.
/// </summary>
public sealed class SimpleStatement : Statement, IBoundValues
{
    private const int ValuesMax = ushort.MaxValue;

    private ByteWriter? _values;
    private int _count;

    /// <summary>Takes the text as it is.</summary>
    /// <param name="cql">The text, with a question mark for each value.</param>
    public SimpleStatement(string cql)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(cql);
        Cql = cql;
        Traits = StatementTraits.Parse(cql);
    }

    /// <summary>The text.</summary>
    public string Cql { get; }

    internal override StatementTraits Traits { get; }

    int IBoundValues.Count => _count;

    /// <summary>
    /// Adds the value of the next question mark by a codec of <see cref="CqlCodecs"/>, which must be that of the
    /// column; a null reference or empty nullable is null.
    /// </summary>
    public SimpleStatement Add<T>(T value, CqlCodec<T> codec)
    {
        if (_count == ValuesMax) throw new InvalidOperationException($"A statement has {ValuesMax} values at most.");
        _values ??= new ByteWriter();
        var start = _values.Length;
        try
        {
            codec.WriteCell(_values, value, codec.Type, new Column("query", "value", $"{_count + 1}", codec.Type));
        }
        catch
        {
            _values.Truncate(start);
            throw;
        }

        _count++;
        return this;
    }

    void IBoundValues.WriteTo(ByteWriter writer)
    {
        writer.WriteShort(_count);
        if (_values is not null) writer.WriteRaw(_values.Written);
    }
}
