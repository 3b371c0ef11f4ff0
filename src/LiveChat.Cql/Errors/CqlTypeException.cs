using LiveChat.Cql.Values;

namespace LiveChat.Cql.Errors;

/// <summary>A value and a column do not fit. Names the table, the column and both types; never the value.</summary>
public sealed class CqlTypeException : CqlException
{
    internal CqlTypeException(Column column, Type type, string reason)
        : base($"{column.Path} is {column.Type}, not {NameOf(type)}: {reason}")
    {
        Column = column;
        Type = type;
    }

    internal CqlTypeException(Column column, CqlType before)
        : base($"{column.Path} is {column.Type} now, not {before}: the values must be bound again.")
    {
        Column = column;
        Type = typeof(CqlType);
    }

    /// <summary>The column or bind marker.</summary>
    public Column Column { get; }

    /// <summary>The .NET type that was asked for or given; <see cref="CqlType"/> when the column has changed.</summary>
    public Type Type { get; }

    private static string NameOf(Type type) => type.IsGenericType
        ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name;
}
