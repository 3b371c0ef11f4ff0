using System.Net;
using LiveChat.Cql.Values.Codecs;

namespace LiveChat.Cql.Values;

/// <summary>All codecs: one for each scalar type, and those that are put together from others.</summary>
public static class CqlCodecs
{
    /// <summary>text, varchar and ascii.</summary>
    public static CqlCodec<string> Text { get; } = new TextCodec();

    /// <summary>bigint and counter.</summary>
    public static CqlCodec<long> BigInt { get; } = new BigIntCodec();

    /// <summary>int.</summary>
    public static CqlCodec<int> Int { get; } = new IntCodec();

    /// <summary>smallint.</summary>
    public static CqlCodec<short> SmallInt { get; } = new SmallIntCodec();

    /// <summary>tinyint.</summary>
    public static CqlCodec<sbyte> TinyInt { get; } = new TinyIntCodec();

    /// <summary>boolean.</summary>
    public static CqlCodec<bool> Boolean { get; } = new BooleanCodec();

    /// <summary>double.</summary>
    public static CqlCodec<double> Double { get; } = new DoubleCodec();

    /// <summary>float.</summary>
    public static CqlCodec<float> Float { get; } = new FloatCodec();

    /// <summary>blob, copied.</summary>
    public static CqlCodec<byte[]> Blob { get; } = new BlobCodec();

    /// <summary>uuid and timeuuid; a timeuuid must be of version 1.</summary>
    public static CqlCodec<Guid> Uuid { get; } = new UuidCodec();

    /// <summary>timestamp, cut to whole milliseconds.</summary>
    public static CqlCodec<DateTimeOffset> Timestamp { get; } = new TimestampCodec();

    /// <summary>timestamp as milliseconds since 1970.</summary>
    public static CqlCodec<long> TimestampMilliseconds { get; } = new TimestampMillisecondsCodec();

    /// <summary>date.</summary>
    public static CqlCodec<DateOnly> Date { get; } = new DateCodec();

    /// <summary>inet.</summary>
    public static CqlCodec<IPAddress> Inet { get; } = new InetCodec();

    /// <summary>list. A null list reads as an empty one, which Cassandra does not tell apart.</summary>
    public static CqlCodec<IReadOnlyCollection<T>> List<T>(CqlCodec<T> element) =>
        new SequenceCodec<T>(element, CqlTypeKind.List);

    /// <summary>set. A null set reads as an empty one, which Cassandra does not tell apart.</summary>
    public static CqlCodec<IReadOnlyCollection<T>> Set<T>(CqlCodec<T> element) =>
        new SequenceCodec<T>(element, CqlTypeKind.Set);

    /// <summary>map. A null map reads as an empty one, which Cassandra does not tell apart.</summary>
    public static CqlCodec<IReadOnlyDictionary<TKey, TValue>> Map<TKey, TValue>(
        CqlCodec<TKey> key, CqlCodec<TValue> value)
        where TKey : notnull => new MapCodec<TKey, TValue>(key, value);

    /// <summary>A tuple of two.</summary>
    public static CqlCodec<(T1, T2)> Tuple<T1, T2>(CqlCodec<T1> first, CqlCodec<T2> second) =>
        new TupleCodec<T1, T2>(first, second);

    /// <summary>A tuple of three.</summary>
    public static CqlCodec<(T1, T2, T3)> Tuple<T1, T2, T3>(
        CqlCodec<T1> first, CqlCodec<T2> second, CqlCodec<T3> third) =>
        new Tuple3Codec<T1, T2, T3>(first, second, third);

    /// <summary>The same values, or null.</summary>
    public static CqlCodec<T?> Nullable<T>(CqlCodec<T> codec)
        where T : struct => new NullableCodec<T>(codec);

    /// <summary>The same values, or null.</summary>
    public static CqlCodec<T?> Optional<T>(CqlCodec<T> codec)
        where T : class => new OptionalCodec<T>(codec);
}
