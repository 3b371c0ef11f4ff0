using System.Net;
using CsCheck;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql.Tests.Values;

/// <summary>What is written reads the same, for every type and every nesting.</summary>
public sealed class CodecPropertyTests
{
    private static readonly CqlType Int = CqlType.Of(CqlTypeKind.Int);
    private static readonly CqlType Text = CqlType.Of(CqlTypeKind.Text);
    private static readonly Gen<string> AnyText = Gen.String[Gen.Char['\u0001', '\uD7FF'], 0, 40];

    [Fact]
    public void Scalars_round_trip()
    {
        Check(Gen.Int, CqlCodecs.Int, Int);
        Check(Gen.Long, CqlCodecs.BigInt, CqlType.Of(CqlTypeKind.BigInt));
        Check(Gen.Short, CqlCodecs.SmallInt, CqlType.Of(CqlTypeKind.SmallInt));
        Check(Gen.SByte, CqlCodecs.TinyInt, CqlType.Of(CqlTypeKind.TinyInt));
        Check(Gen.Bool, CqlCodecs.Boolean, CqlType.Of(CqlTypeKind.Boolean));
        Check(Gen.Double, CqlCodecs.Double, CqlType.Of(CqlTypeKind.Double));
        Check(Gen.Float, CqlCodecs.Float, CqlType.Of(CqlTypeKind.Float));
        Check(AnyText, CqlCodecs.Text, Text);
        Check(Gen.Byte.Array[0, 100], CqlCodecs.Blob, CqlType.Of(CqlTypeKind.Blob));
        Check(Gen.Guid, CqlCodecs.Uuid, CqlType.Of(CqlTypeKind.Uuid));
        Check(Gen.DateOnly, CqlCodecs.Date, CqlType.Of(CqlTypeKind.Date));
        Check(Gen.Byte.Array[16].Select(bytes => new IPAddress(bytes)), CqlCodecs.Inet, CqlType.Of(CqlTypeKind.Inet));
        Check(Gen.Byte.Array[4].Select(bytes => new IPAddress(bytes)), CqlCodecs.Inet, CqlType.Of(CqlTypeKind.Inet));
        Check(
            Gen.Long[-62_135_596_800_000, 253_402_300_799_999].Select(DateTimeOffset.FromUnixTimeMilliseconds),
            CqlCodecs.Timestamp, CqlType.Of(CqlTypeKind.Timestamp));
    }

    [Fact]
    public void Collections_round_trip_at_any_depth()
    {
        var list = CqlType.Of(CqlTypeKind.List, Int);
        Check(Gen.Int.Array.Select(items => (IReadOnlyCollection<int>)items), CqlCodecs.List(CqlCodecs.Int), list);
        Check(
            Gen.Select(AnyText, Gen.Int.Array[0, 5], (key, items) => (key, items)).Array[0, 5].Select(pairs =>
                (IReadOnlyDictionary<string, IReadOnlyCollection<int>>)pairs.DistinctBy(pair => pair.key)
                    .ToDictionary(pair => pair.key, pair => (IReadOnlyCollection<int>)pair.items)),
            CqlCodecs.Map(CqlCodecs.Text, CqlCodecs.List(CqlCodecs.Int)), CqlType.Of(CqlTypeKind.Map, Text, list));
        Check(
            Gen.Select(Gen.Int, AnyText, Gen.Int, (a, b, c) => (a, (string?)b, (int?)c)),
            CqlCodecs.Tuple(
                CqlCodecs.Int, CqlCodecs.Optional(CqlCodecs.Text), CqlCodecs.Nullable(CqlCodecs.Int)),
            CqlType.Of(CqlTypeKind.Tuple, Int, Text, Int));
        Check(
            Gen.Select(Gen.Int, AnyText, Gen.Int, Gen.Long, (a, b, c, d) => (a, (string?)b, (int?)c, d)).Array[0, 5]
                .Select(items => (IReadOnlyCollection<(int, string?, int?, long)>)items),
            CqlCodecs.List(CqlCodecs.Tuple(
                CqlCodecs.Int, CqlCodecs.Optional(CqlCodecs.Text), CqlCodecs.Nullable(CqlCodecs.Int),
                CqlCodecs.BigInt)),
            CqlType.Of(
                CqlTypeKind.List, CqlType.Of(CqlTypeKind.Tuple, Int, Text, Int, CqlType.Of(CqlTypeKind.BigInt))));
    }

    private static void Check<T>(Gen<T> values, CqlCodec<T> codec, CqlType type)
    {
        var column = new Column("ks", "t", "c", type);
        values.Sample(
            value =>
            {
                using var writer = new ByteWriter(16);
                codec.WriteCell(writer, value, type, column);
                var reader = new BodyReader(writer.Written);
                Assert.Equal(value, codec.ReadCell(ref reader, type, column));
                Assert.Equal(0, reader.Left);
            },
            iter: 300);
    }
}
