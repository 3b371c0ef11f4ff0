namespace LiveChat.Cql.Values;

/// <summary>
/// A column of a result, or a bind marker of a prepared statement: where it belongs and what it holds.
/// </summary>
/// <param name="Keyspace">The keyspace.</param>
/// <param name="Table">The table.</param>
/// <param name="Name">The column's or the marker's name.</param>
/// <param name="Type">What the server stores.</param>
public sealed record Column(string Keyspace, string Table, string Name, CqlType Type)
{
    /// <summary><c>keyspace.table.column</c>, as errors name it.</summary>
    public string Path => $"{Keyspace}.{Table}.{Name}";

    internal bool IsOfTypeOf(Column other) => Type == other.Type || Type.ToString() == other.Type.ToString();
}
