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

    /// <summary>A tuple of one.</summary>
    public static CqlCodec<ValueTuple<T1>> Tuple<T1>(
        CqlCodec<T1> first) =>
        new TupleCodec<ValueTuple<T1>>(
            [TupleField.Of(first)],
            (ref w, in v) => w.Write(first, v.Item1),
            (ref r) => new ValueTuple<T1>(r.Read(first)));

    /// <summary>A tuple of two.</summary>
    public static CqlCodec<(T1, T2)> Tuple<T1, T2>(
        CqlCodec<T1> first, CqlCodec<T2> second) =>
        new TupleCodec<(T1, T2)>(
            [TupleField.Of(first), TupleField.Of(second)],
            (ref w, in v) =>
            {
                w.Write(first, v.Item1);
                w.Write(second, v.Item2);
            },
            (ref r) => (r.Read(first), r.Read(second)));

    /// <summary>A tuple of three.</summary>
    public static CqlCodec<(T1, T2, T3)> Tuple<T1, T2, T3>(
        CqlCodec<T1> first, CqlCodec<T2> second, CqlCodec<T3> third) =>
        new TupleCodec<(T1, T2, T3)>(
            [TupleField.Of(first), TupleField.Of(second), TupleField.Of(third)],
            (ref w, in v) =>
            {
                w.Write(first, v.Item1);
                w.Write(second, v.Item2);
                w.Write(third, v.Item3);
            },
            (ref r) => (r.Read(first), r.Read(second), r.Read(third)));

    /// <summary>A tuple of four.</summary>
    public static CqlCodec<(T1, T2, T3, T4)> Tuple<T1, T2, T3, T4>(
        CqlCodec<T1> first, CqlCodec<T2> second, CqlCodec<T3> third, CqlCodec<T4> fourth) =>
        new TupleCodec<(T1, T2, T3, T4)>(
            [TupleField.Of(first), TupleField.Of(second), TupleField.Of(third), TupleField.Of(fourth)],
            (ref w, in v) =>
            {
                w.Write(first, v.Item1);
                w.Write(second, v.Item2);
                w.Write(third, v.Item3);
                w.Write(fourth, v.Item4);
            },
            (ref r) => (r.Read(first), r.Read(second), r.Read(third), r.Read(fourth)));

    /// <summary>A tuple of five.</summary>
    public static CqlCodec<(T1, T2, T3, T4, T5)> Tuple<T1, T2, T3, T4, T5>(
        CqlCodec<T1> first, CqlCodec<T2> second, CqlCodec<T3> third, CqlCodec<T4> fourth, CqlCodec<T5> fifth) =>
        new TupleCodec<(T1, T2, T3, T4, T5)>(
            [TupleField.Of(first), TupleField.Of(second), TupleField.Of(third), TupleField.Of(fourth),
                TupleField.Of(fifth)],
            (ref w, in v) =>
            {
                w.Write(first, v.Item1);
                w.Write(second, v.Item2);
                w.Write(third, v.Item3);
                w.Write(fourth, v.Item4);
                w.Write(fifth, v.Item5);
            },
            (ref r) => (r.Read(first), r.Read(second), r.Read(third), r.Read(fourth), r.Read(fifth)));

    /// <summary>A tuple of six.</summary>
    public static CqlCodec<(T1, T2, T3, T4, T5, T6)> Tuple<T1, T2, T3, T4, T5, T6>(
        CqlCodec<T1> first, CqlCodec<T2> second, CqlCodec<T3> third, CqlCodec<T4> fourth, CqlCodec<T5> fifth,
        CqlCodec<T6> sixth) =>
        new TupleCodec<(T1, T2, T3, T4, T5, T6)>(
            [TupleField.Of(first), TupleField.Of(second), TupleField.Of(third), TupleField.Of(fourth),
                TupleField.Of(fifth), TupleField.Of(sixth)],
            (ref w, in v) =>
            {
                w.Write(first, v.Item1);
                w.Write(second, v.Item2);
                w.Write(third, v.Item3);
                w.Write(fourth, v.Item4);
                w.Write(fifth, v.Item5);
                w.Write(sixth, v.Item6);
            },
            (ref r) => (r.Read(first), r.Read(second), r.Read(third), r.Read(fourth), r.Read(fifth), r.Read(sixth)));

    /// <summary>A tuple of seven.</summary>
    public static CqlCodec<(T1, T2, T3, T4, T5, T6, T7)> Tuple<T1, T2, T3, T4, T5, T6, T7>(
        CqlCodec<T1> first, CqlCodec<T2> second, CqlCodec<T3> third, CqlCodec<T4> fourth, CqlCodec<T5> fifth,
        CqlCodec<T6> sixth, CqlCodec<T7> seventh) =>
        new TupleCodec<(T1, T2, T3, T4, T5, T6, T7)>(
            [TupleField.Of(first), TupleField.Of(second), TupleField.Of(third), TupleField.Of(fourth),
                TupleField.Of(fifth), TupleField.Of(sixth), TupleField.Of(seventh)],
            (ref w, in v) =>
            {
                w.Write(first, v.Item1);
                w.Write(second, v.Item2);
                w.Write(third, v.Item3);
                w.Write(fourth, v.Item4);
                w.Write(fifth, v.Item5);
                w.Write(sixth, v.Item6);
                w.Write(seventh, v.Item7);
            },
            (ref r) => (r.Read(first), r.Read(second), r.Read(third), r.Read(fourth), r.Read(fifth), r.Read(sixth),
                r.Read(seventh)));

    /// <summary>
    /// A tuple of eight and more: the first seven, and a tuple of the rest. As in C#, the values of
    /// <c>Tuple(a, b, c, d, e, f, g, Tuple(h, i))</c> are tuples of nine.
    /// </summary>
    public static CqlCodec<ValueTuple<T1, T2, T3, T4, T5, T6, T7, TRest>> Tuple<T1, T2, T3, T4, T5, T6, T7, TRest>(
        CqlCodec<T1> first, CqlCodec<T2> second, CqlCodec<T3> third, CqlCodec<T4> fourth, CqlCodec<T5> fifth,
        CqlCodec<T6> sixth, CqlCodec<T7> seventh, CqlCodec<TRest> rest)
        where TRest : struct
    {
        if (rest is not TupleCodec<TRest> tail) throw new ArgumentException("Must be a tuple's codec.", nameof(rest));
        var head = (TupleCodec<(T1, T2, T3, T4, T5, T6, T7)>)Tuple(
            first, second, third, fourth, fifth, sixth, seventh);
        return new TupleCodec<ValueTuple<T1, T2, T3, T4, T5, T6, T7, TRest>>(
            [.. head.Fields, .. tail.Fields],
            (ref w, in v) =>
            {
                head.WriteFields(ref w, (v.Item1, v.Item2, v.Item3, v.Item4, v.Item5, v.Item6, v.Item7));
                tail.WriteFields(ref w, v.Rest);
            },
            (ref r) =>
            {
                var (one, two, three, four, five, six, seven) = head.ReadFields(ref r);
                return new(one, two, three, four, five, six, seven, tail.ReadFields(ref r));
            });
    }

    /// <summary>The same values, or null.</summary>
    public static CqlCodec<T?> Nullable<T>(CqlCodec<T> codec)
        where T : struct => new NullableCodec<T>(codec);

    /// <summary>The same values, or null.</summary>
    public static CqlCodec<T?> Optional<T>(CqlCodec<T> codec)
        where T : class => new OptionalCodec<T>(codec);
}
