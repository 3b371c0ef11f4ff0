using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values;

/// <summary>
/// A CQL type as the server describes it: its kind, its element types and, where it has one, its name.
/// </summary>
public sealed class CqlType
{
    /// <summary>Deeper than any schema; keeps a hostile description from exhausting the stack.</summary>
    private const int DepthMax = 16;

    private static readonly Dictionary<CqlTypeKind, CqlType> Scalars = Enum.GetValues<CqlTypeKind>()
        .Where(kind => kind is > CqlTypeKind.Custom and < CqlTypeKind.List)
        .ToDictionary(kind => kind, kind => new CqlType(kind, [], string.Empty));

    private CqlType(CqlTypeKind kind, CqlType[] elements, string name)
    {
        Kind = kind;
        Elements = elements;
        Name = name;
    }

    /// <summary>The kind of type.</summary>
    public CqlTypeKind Kind { get; }

    /// <summary>Element types: one for a list or set, two for a map, one for each field of a tuple.</summary>
    public IReadOnlyList<CqlType> Elements { get; }

    /// <summary>The class name of a custom type, <c>keyspace.name</c> of a user-defined one, otherwise empty.</summary>
    public string Name { get; }

    /// <summary>The type as CQL spells it.</summary>
    public override string ToString() => Kind switch
    {
        CqlTypeKind.Custom => $"'{Name}'",
        CqlTypeKind.UserDefined => Name,
        CqlTypeKind.List or CqlTypeKind.Map or CqlTypeKind.Set or CqlTypeKind.Tuple =>
            $"{NameOf(Kind)}<{string.Join(", ", Elements)}>",
        CqlTypeKind.Ascii or CqlTypeKind.BigInt or CqlTypeKind.Blob or CqlTypeKind.Boolean or CqlTypeKind.Counter
            or CqlTypeKind.Decimal or CqlTypeKind.Double or CqlTypeKind.Float or CqlTypeKind.Int
            or CqlTypeKind.Timestamp or CqlTypeKind.Uuid or CqlTypeKind.Text or CqlTypeKind.VarInt
            or CqlTypeKind.TimeUuid or CqlTypeKind.Inet or CqlTypeKind.Date or CqlTypeKind.Time
            or CqlTypeKind.SmallInt or CqlTypeKind.TinyInt or CqlTypeKind.Duration => NameOf(Kind),
        _ => $"type 0x{(ushort)Kind:X4}",
    };

    internal static CqlType Of(CqlTypeKind kind) => Scalars[kind];

    internal static CqlType Of(CqlTypeKind kind, params CqlType[] elements) => new(kind, elements, string.Empty);

    internal static CqlType Read(ref BodyReader reader) => Read(ref reader, 0);

    private static CqlType Read(ref BodyReader reader, int depth)
    {
        if (depth == DepthMax) throw new CqlProtocolException($"A type is nested deeper than {DepthMax}.");
        var kind = (CqlTypeKind)reader.ReadShort();
        switch (kind)
        {
            case CqlTypeKind.Custom:
                return new CqlType(kind, [], reader.ReadString());
            case CqlTypeKind.List or CqlTypeKind.Set:
                return new CqlType(kind, [Read(ref reader, depth + 1)], string.Empty);
            case CqlTypeKind.Map:
                return new CqlType(kind, [Read(ref reader, depth + 1), Read(ref reader, depth + 1)], string.Empty);
            case CqlTypeKind.Tuple:
                var elements = new CqlType[reader.CheckCount(reader.ReadShort(), 2)];
                for (var index = 0; index < elements.Length; index++) elements[index] = Read(ref reader, depth + 1);
                return new CqlType(kind, elements, string.Empty);
            case CqlTypeKind.UserDefined:
                return ReadUserDefined(ref reader, depth);
            default:
                return Scalars.TryGetValue(kind, out var scalar)
                    ? scalar
                    : throw new CqlProtocolException($"Type 0x{(ushort)kind:X4} does not exist.");
        }
    }

    private static CqlType ReadUserDefined(ref BodyReader reader, int depth)
    {
        var name = $"{reader.ReadString()}.{reader.ReadString()}";
        var fields = new CqlType[reader.CheckCount(reader.ReadShort(), 4)];
        for (var index = 0; index < fields.Length; index++)
        {
            reader.ReadString();
            fields[index] = Read(ref reader, depth + 1);
        }

        return new CqlType(CqlTypeKind.UserDefined, fields, name);
    }

    private static string NameOf(CqlTypeKind kind) => kind.ToString().ToLowerInvariant();
}
