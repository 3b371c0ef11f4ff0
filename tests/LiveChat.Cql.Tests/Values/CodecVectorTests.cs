using System.Net;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Tests.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql.Tests.Values;

/// <summary>The bytes of every type, written down from the specification (v5, section 5).</summary>
public sealed class CodecVectorTests
{
    private static readonly CqlType Text = CqlType.Of(CqlTypeKind.Text);
    private static readonly CqlType Int = CqlType.Of(CqlTypeKind.Int);

    [Fact]
    public void Numbers_are_big_endian()
    {
        Expect(CqlCodecs.Int, CqlTypeKind.Int, -2, "FFFFFFFE");
        Expect(CqlCodecs.BigInt, CqlTypeKind.BigInt, 0x0102030405060708, "0102030405060708");
        Expect(CqlCodecs.BigInt, CqlTypeKind.Counter, 3, "0000000000000003");
        Expect(CqlCodecs.SmallInt, CqlTypeKind.SmallInt, short.MinValue, "8000");
        Expect(CqlCodecs.TinyInt, CqlTypeKind.TinyInt, (sbyte)-1, "FF");
        Expect(CqlCodecs.Double, CqlTypeKind.Double, 1.5, "3FF8000000000000");
        Expect(CqlCodecs.Float, CqlTypeKind.Float, -0.5f, "BF000000");
        Expect(CqlCodecs.Boolean, CqlTypeKind.Boolean, true, "01");
        Expect(CqlCodecs.Boolean, CqlTypeKind.Boolean, false, "00");
    }

    [Fact]
    public void Texts_and_blobs_are_their_bytes()
    {
        Expect(CqlCodecs.Text, CqlTypeKind.Text, "añ€😀", "61 C3B1 E282AC F09F9880");
        Expect(CqlCodecs.Text, CqlTypeKind.Text, string.Empty, "");
        Expect(CqlCodecs.Text, CqlTypeKind.Ascii, "az", "617A");
        Expect(CqlCodecs.Blob, CqlTypeKind.Blob, new byte[] { 0, 255 }, "00FF");
    }

    [Fact]
    public void A_uuid_is_in_the_order_in_which_it_is_written()
    {
        Expect(
            CqlCodecs.Uuid, CqlTypeKind.Uuid, new Guid("00112233-4455-6677-8899-aabbccddeeff"),
            "00112233445566778899AABBCCDDEEFF");
        Expect(
            CqlCodecs.Uuid, CqlTypeKind.TimeUuid, new Guid("f04e17c0-9b3e-11ee-b9d1-0242ac120002"),
            "F04E17C09B3E11EEB9D10242AC120002");
    }

    [Fact]
    public void Times_count_from_1970()
    {
        var before = DateTimeOffset.UnixEpoch.AddMilliseconds(-1);
        Expect(CqlCodecs.Timestamp, CqlTypeKind.Timestamp, before, "FFFFFFFFFFFFFFFF");
        Expect(CqlCodecs.TimestampMilliseconds, CqlTypeKind.Timestamp, 256, "0000000000000100");
        Expect(CqlCodecs.Date, CqlTypeKind.Date, new DateOnly(1970, 1, 1), "80000000");
        Expect(CqlCodecs.Date, CqlTypeKind.Date, new DateOnly(1969, 12, 31), "7FFFFFFF");
    }

    [Fact]
    public void An_address_has_4_or_16_bytes()
    {
        Expect(CqlCodecs.Inet, CqlTypeKind.Inet, IPAddress.Parse("192.0.2.1"), "C0000201");
        Expect(CqlCodecs.Inet, CqlTypeKind.Inet, IPAddress.Parse("2001:db8::1"), "20010DB8000000000000000000000001");
    }

    [Fact]
    public void Collections_count_their_elements()
    {
        Expect(
            CqlCodecs.List(CqlCodecs.Int), CqlType.Of(CqlTypeKind.List, Int), [1, 2],
            "00000002 00000004 00000001 00000004 00000002");
        Expect(
            CqlCodecs.Set(CqlCodecs.Text), CqlType.Of(CqlTypeKind.Set, Text), ["a"],
            """00000001 00000001 "a" """);
        Expect(
            CqlCodecs.Map(CqlCodecs.Text, CqlCodecs.Int), CqlType.Of(CqlTypeKind.Map, Text, Int),
            new Dictionary<string, int> { ["k"] = 7 },
            """00000001 00000001 "k" 00000004 00000007""");
    }

    [Fact]
    public void A_tuple_is_its_fields_one_behind_the_other()
    {
        var pair = CqlCodecs.Tuple(CqlCodecs.Int, CqlCodecs.Optional(CqlCodecs.Text));
        var type = CqlType.Of(CqlTypeKind.Tuple, Int, Text);
        Expect(pair, type, (5, "x"), """00000004 00000005 00000001 "x" """);
        Expect(pair, type, (5, null), "00000004 00000005 FFFFFFFF");
        var old = Hex.Bytes("00000004 00000005"); // a field was added later
        Assert.Equal((5, null), pair.Read(old, type, Column(type)));
    }

    [Fact]
    public void A_tuple_has_any_number_of_fields()
    {
        var text = CqlCodecs.Optional(CqlCodecs.Text);
        Expect(CqlCodecs.Tuple(CqlCodecs.Int), TupleOf(Int), new ValueTuple<int>(1), "00000004 00000001");
        Expect(
            CqlCodecs.Tuple(CqlCodecs.Int, text, CqlCodecs.Int, text), TupleOf(Int, Text, Int, Text), (1, "x", 2, null),
            """00000004 00000001 00000001 "x" 00000004 00000002 FFFFFFFF""");
        var five = CqlCodecs.Tuple(CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int);
        Expect(five, TupleOf(Repeat(5)), (1, 2, 3, 4, 5), Numbers(5));
        var six = CqlCodecs.Tuple(
            CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int);
        Expect(six, TupleOf(Repeat(6)), (1, 2, 3, 4, 5, 6), Numbers(6));
        var seven = CqlCodecs.Tuple(
            CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int);
        Expect(seven, TupleOf(Repeat(7)), (1, 2, 3, 4, 5, 6, 7), Numbers(7));
        var nine = CqlCodecs.Tuple(
            CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int, CqlCodecs.Int,
            CqlCodecs.Tuple(CqlCodecs.Int, CqlCodecs.Int));
        Expect(nine, TupleOf(Repeat(9)), (1, 2, 3, 4, 5, 6, 7, 8, 9), Numbers(9));
        Assert.False(nine.Accepts(TupleOf(Repeat(8))));
        Assert.Equal("tuple<int, int, int, int, int, int, int, int, int>", nine.Type.ToString());
    }

    [Fact]
    public void A_tuple_stands_in_collections_and_collections_in_a_tuple()
    {
        var pair = CqlCodecs.Tuple(CqlCodecs.Int, CqlCodecs.Optional(CqlCodecs.Text));
        var pairType = TupleOf(Int, Text);
        Expect(
            CqlCodecs.List(pair), CqlType.Of(CqlTypeKind.List, pairType), [(1, null), (2, "x")],
            """
            00000002
            0000000C 00000004 00000001 FFFFFFFF
            0000000D 00000004 00000002 00000001 "x"
            """);
        var listed = CqlCodecs.Tuple(CqlCodecs.List(CqlCodecs.Int), CqlCodecs.Nullable(pair));
        var type = TupleOf(CqlType.Of(CqlTypeKind.List, Int), pairType);
        var column = Column(type);
        var bytes = Hex.Bytes("0000000C 00000001 00000004 00000007 FFFFFFFF");
        var (list, none) = listed.Read(bytes, type, column);
        Assert.Equal([7], list);
        Assert.Null(none);
    }

    [Fact]
    public void A_tuple_that_ends_inside_a_field_is_refused()
    {
        var type = TupleOf(Int, Int);
        Assert.Throws<CqlTypeException>(() =>
            CqlCodecs.Tuple(CqlCodecs.Int, CqlCodecs.Int).Read(Hex.Bytes("00000004 0000"), type, Column(type)));
    }

    [Fact]
    public void A_codec_refuses_another_type_and_names_table_column_and_both()
    {
        var column = new Column("ks", "users", "age", CqlType.Of(CqlTypeKind.List, Int));
        var error = new CqlTypeException(column, typeof(IReadOnlyCollection<string>), "why");
        Assert.Equal("ks.users.age is list<int>, not IReadOnlyCollection<String>: why", error.Message);
        Assert.False(CqlCodecs.Text.Accepts(Int));
        Assert.False(CqlCodecs.List(CqlCodecs.Text).Accepts(column.Type));
        Assert.False(CqlCodecs.Set(CqlCodecs.Int).Accepts(column.Type));
        Assert.False(CqlCodecs.BigInt.Accepts(CqlType.Of(CqlTypeKind.Timestamp)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("000001")]
    [InlineData("0000000001")]
    public void A_number_of_another_length_is_refused(string hex) => Assert.Throws<CqlTypeException>(() =>
        CqlCodecs.Int.Read(Hex.Bytes(hex), Int, Column(Int)));

    [Theory]
    [InlineData("7FFFFFFF")]
    [InlineData("00000001 000000FF 00")]
    [InlineData("FFFFFFFF")]
    [InlineData("00000001 FFFFFFFF")]
    public void A_list_that_promises_more_than_it_has_is_refused(string hex)
    {
        var type = CqlType.Of(CqlTypeKind.List, Int);
        Assert.Throws<CqlTypeException>(() => CqlCodecs.List(CqlCodecs.Int).Read(Hex.Bytes(hex), type, Column(type)));
    }

    [Fact]
    public void Values_that_the_CQL_type_does_not_have_are_refused()
    {
        Refuse(CqlCodecs.Text, CqlType.Of(CqlTypeKind.Ascii), "ñ");
        Refuse(CqlCodecs.Text, Text, "\uD800");
        Refuse(CqlCodecs.Uuid, CqlType.Of(CqlTypeKind.TimeUuid), new Guid("00112233-4455-6677-8899-aabbccddeeff"));
        Refuse(CqlCodecs.List(CqlCodecs.Text), CqlType.Of(CqlTypeKind.List, Text), new string[] { null! });
    }

    [Fact]
    public void Days_and_times_beyond_the_calendar_of_NET_are_refused()
    {
        var date = CqlType.Of(CqlTypeKind.Date);
        Assert.Throws<CqlTypeException>(() => CqlCodecs.Date.Read(Hex.Bytes("00000000"), date, Column(date)));
        var time = CqlType.Of(CqlTypeKind.Timestamp);
        Assert.Throws<CqlTypeException>(() =>
            CqlCodecs.Timestamp.Read(Hex.Bytes("7FFFFFFFFFFFFFFF"), time, Column(time)));
    }

    [Fact]
    public void Null_is_an_error_unless_the_codec_knows_it()
    {
        var column = Column(Int);
        Assert.Throws<CqlTypeException>(() => CqlCodecs.Int.ReadNull(column));
        Assert.Null(CqlCodecs.Nullable(CqlCodecs.Int).ReadNull(column));
        Assert.Null(CqlCodecs.Optional(CqlCodecs.Text).ReadNull(column));
        Assert.Empty(CqlCodecs.List(CqlCodecs.Int).ReadNull(column));
    }

    private static CqlType TupleOf(params CqlType[] fields) => CqlType.Of(CqlTypeKind.Tuple, fields);

    private static CqlType[] Repeat(int count) => [.. Enumerable.Repeat(Int, count)];

    private static string Numbers(int count) =>
        string.Join(' ', Enumerable.Range(1, count).Select(number => $"00000004 {number:X8}"));

    private static void Refuse<T>(CqlCodec<T> codec, CqlType type, T value)
    {
        using var writer = new ByteWriter();
        Assert.Throws<CqlTypeException>(() => codec.WriteCell(writer, value, type, Column(type)));
    }

    private static Column Column(CqlType type) => new("ks", "t", "c", type);

    private static void Expect<T>(CqlCodec<T> codec, CqlTypeKind kind, T value, string hex) =>
        Expect(codec, CqlType.Of(kind), value, hex);

    private static void Expect<T>(CqlCodec<T> codec, CqlType type, T value, string hex)
    {
        Assert.True(codec.Accepts(type));
        using var writer = new ByteWriter();
        codec.Write(writer, value, type, Column(type));
        Assert.Equal(Convert.ToHexString(Hex.Bytes(hex)), Convert.ToHexString(writer.Written));
        Assert.Equal(value, codec.Read(writer.Written, type, Column(type)));
    }
}
