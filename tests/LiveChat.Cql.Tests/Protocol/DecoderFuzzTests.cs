using System.Buffers;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql.Tests.Protocol;

/// <summary>
/// Good messages, damaged at random, through everything that reads what a server sends. Nothing but the two exceptions
/// for bad bytes may come out, and memory must follow the bytes that are there, whatever lengths they announce, by the
/// factor that is written here. Runs for LIVECHAT_FUZZ_SECONDS, 5 by default; the seed is printed and
/// LIVECHAT_FUZZ_SEED replays it.
/// </summary>
public sealed class DecoderFuzzTests(ITestOutputHelper output)
{
    private const int BodyBytesMax = 1 << 20;

    /// <summary>
    /// The dearest there is: each level of a nested list's type has 2 bytes on the wire and 72 here, a type and its
    /// array of one. On top come arrays of the pool, which are powers of two: of the body and of the cells' places.
    /// </summary>
    private const int BytesPerByteMax = 36 + 4;

    /// <summary>An exception with its stack, about 2 KB, and the reader's buffer when the pool has no more.</summary>
    private const int BytesAlways = 8 * 1024;

    /// <summary>As deep as is read: fifteen lists and an int.</summary>
    private static readonly string Nested = string.Concat(Enumerable.Repeat("0020", 15)) + "0009";

    private static readonly (Opcode Opcode, byte[] Body)[] Bodies =
    [
        (Opcode.Result, Hex.Bytes("00000001")),
        (Opcode.Result, Hex.Bytes("""
            00000002 00000001 00000003 0002 "ks" 0001 "t" 0001 "a" 0009 0001 "b" 000D 0001 "c" 0021 000D 0020 0009
            00000002 00000004 00000007 00000001 "x" FFFFFFFF
            00000004 00000008 FFFFFFFF 00000019 00000001 00000001 "k" 00000008 00000001 00000000
            """)),
        (Opcode.Result, Hex.Bytes("""
            00000002 0000000B 00000001 00000002 ABCD 0002 BEEF 0001 "k" 0001 "t" 0001 "a" 000C 00000000
            """)),
        (Opcode.Result, Hex.Bytes("""
            00000002 00000000 00000002 0001 "k" 0001 "t" 0001 "a" 0031 0002 0009 000D 0001 "k" 0001 "u" 0001 "b"
            0030 0001 "k" 0001 "u" 0001 0001 "f" 0010 00000001 00000008 00000004 00000001 00000004 00000000
            """)),
        (Opcode.Result, Hex.Bytes("""
            00000002 00000001 0000000E 0001 "k" 0001 "t" 0001 "a" 0001 0001 "b" 0002 0001 "c" 0003 0001 "d" 0004
            0001 "e" 0007 0001 "f" 0008 0001 "g" 000B 0001 "h" 000C 0001 "i" 000F 0001 "j" 0010 0001 "k" 0011
            0001 "l" 0013 0001 "m" 0014 0001 "n" 0022 000C 00000001
            00000003 "abc" 00000008 0102030405060708 00000004 DEADBEEF 00000001 01 00000008 3FF0000000000000
            00000004 3F800000 00000008 0000018BCFE56800 00000010 00112233445566778899AABBCCDDEEFF
            00000010 0011223344551677 8899AABBCCDDEEFF 00000010 00000000000000000000000000000001 00000004 80000000
            00000002 7FFF 00000001 80 00000018 00000001 00000010 00112233445566778899AABBCCDDEEFF
            """)),
        (Opcode.Result, Hex.Bytes("""
            00000002 00000004 00000003 00000002 00000004 00000007 00000001 "x" 00000010 0102030405060708090A0B0C0D0E0F10
            FFFFFFFF FFFFFFFF 00000000
            """)),
        (Opcode.Result, Hex.Bytes($"00000002 00000001 000000C8 0000 0000 {Columns(200, "0000", Nested)} 00000000")),
        (Opcode.Result, Hex.Bytes(
            $"00000002 00000001 00000032 0000 0000 {Columns(50, "0000", "0009")} 00000003 {Nulls(150)}")),
        (Opcode.Result, Hex.Bytes("""00000003 0002 "ks" """)),
        (Opcode.Result, Hex.Bytes("""
            00000004 0002 CAFE 0002 BEEF 00000001 00000002 00000001 0001 0002 "ks" 0001 "t" 0001 "a" 0009 0001 "b" 000D
            00000001 00000001 0002 "ks" 0001 "t" 0001 "c" 0002
            """)),
        (Opcode.Result, Hex.Bytes("""00000005 0007 "UPDATED" 0008 "FUNCTION" 0002 "ks" 0001 "f" 0001 0003 "int" """)),
        (Opcode.Error, Hex.Bytes("""00001100 0002 "no" 0008 00000001 00000002 0003 "CAS" 0007""")),
        (Opcode.Error, Hex.Bytes("""00001500 0000 0001 00000001 00000002 00000001 04 7F000003 0002 0006 "SIMPLE" """)),
        (Opcode.Error, Hex.Bytes("""00001400 0000 0002 "ks" 0001 "f" 0002 0003 "int" 0004 "text" """)),
        (Opcode.Error, Hex.Bytes("00002500 0000 0002 CAFE")),
        (Opcode.Event, Hex.Bytes("""000D "STATUS_CHANGE" 0004 "DOWN" 04 7F000002 00002352""")),
        (Opcode.Event, Hex.Bytes("""000D "SCHEMA_CHANGE" 0007 "CREATED" 0005 "TABLE" 0002 "ks" 0001 "t" """)),
        (Opcode.Supported, Hex.Bytes("""0001 000B "CQL_VERSION" 0001 0005 "3.4.7" """)),
    ];

    /// <summary>The columns of rows that come without a description, as to a prepared statement.</summary>
    private static readonly Column[] Known =
    [
        new("k", "t", "a", CqlType.Of(CqlTypeKind.Int)), new("k", "t", "b", CqlType.Of(CqlTypeKind.Text)),
        new("k", "t", "c", CqlType.Of(CqlTypeKind.Uuid)),
    ];

    /// <summary>Each reads a cell if it is one for cells of its type.</summary>
    private static readonly Func<Row, int, bool>[] Cells =
    [
        Cell(CqlCodecs.Nullable(CqlCodecs.Int)),
        Cell(CqlCodecs.Optional(CqlCodecs.Text)),
        Cell(CqlCodecs.Nullable(CqlCodecs.BigInt)),
        Cell(CqlCodecs.Nullable(CqlCodecs.SmallInt)),
        Cell(CqlCodecs.Nullable(CqlCodecs.TinyInt)),
        Cell(CqlCodecs.Nullable(CqlCodecs.Boolean)),
        Cell(CqlCodecs.Nullable(CqlCodecs.Double)),
        Cell(CqlCodecs.Nullable(CqlCodecs.Float)),
        Cell(CqlCodecs.Optional(CqlCodecs.Blob)),
        Cell(CqlCodecs.Nullable(CqlCodecs.Uuid)),
        Cell(CqlCodecs.Nullable(CqlCodecs.Timestamp)),
        Cell(CqlCodecs.Nullable(CqlCodecs.Date)),
        Cell(CqlCodecs.Optional(CqlCodecs.Inet)),
        Cell(CqlCodecs.Set(CqlCodecs.Uuid)),
        Cell(CqlCodecs.Map(CqlCodecs.Text, CqlCodecs.List(CqlCodecs.Int))),
        Cell(CqlCodecs.Tuple(CqlCodecs.Nullable(CqlCodecs.Int), CqlCodecs.Optional(CqlCodecs.Text))),
    ];

    [Fact]
    public void Damaged_messages_never_crash_and_never_cost_more_than_their_size()
    {
        var seconds = Number("LIVECHAT_FUZZ_SECONDS", 5);
        var seed = Number("LIVECHAT_FUZZ_SEED", (int)(TimeProvider.System.GetTimestamp() & int.MaxValue));
        output.WriteLine($"seed {seed}, {seconds} s");
        var random = new Random(seed);
        var begun = TimeProvider.System.GetTimestamp();
        var count = 0L;
        var refused = 0L;
        for (; TimeProvider.System.GetElapsedTime(begun).TotalSeconds < seconds; count++)
        {
            var isSegmented = random.Next(2) == 0;
            var bytes = Damage(random, Encode(random, isSegmented), isSegmented);
            var most = BytesAlways + ((long)BytesPerByteMax * bytes.Length);
            var isRefused = IsRefused(bytes, isSegmented, out var allocated);

            // Tables that are made at the first use, and buffers that a collection took from the pool, are no finding.
            if (allocated >= most) isRefused = IsRefused(bytes, isSegmented, out allocated);
            Assert.True(
                allocated < most, $"{allocated} bytes for {bytes.Length}: {Convert.ToHexString(bytes)}");
            if (isRefused) refused++;
        }

        output.WriteLine($"{count} messages, {refused} refused");
        Assert.InRange(refused, 1, count - 1); // both happen, or the fuzzer tests nothing
    }

    private static bool IsRefused(byte[] bytes, bool isSegmented, out long allocated)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var isRefused = !Decode(bytes, isSegmented);
        allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return isRefused;
    }

    private static string Columns(int count, string name, string type) =>
        string.Concat(Enumerable.Repeat(name + type, count));

    private static string Nulls(int count) => string.Concat(Enumerable.Repeat("FFFFFFFF", count));

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : otherwise;

    private static byte[] Encode(Random random, bool isSegmented)
    {
        using var writer = new ByteWriter();
        if (isSegmented) writer.Reserve(Segment.HeaderSize);
        for (var message = random.Next(1, 4); message > 0; message--)
        {
            var (opcode, body) = Bodies[random.Next(Bodies.Length)];
            var version = isSegmented || random.Next(2) == 0 ? ProtocolVersion.V5 : ProtocolVersion.V4;
            if (random.Next(3) > 0) body = DamageBody(random, body);
            var flags = (EnvelopeFlags)(random.Next(8) == 0 ? random.Next(256) : 0);
            new EnvelopeHeader(version, true, flags, (short)random.Next(4), opcode, body.Length)
                .Write(writer.Reserve(EnvelopeHeader.Size));
            writer.WriteRaw(body);
        }

        if (isSegmented) Close(random, writer);
        return writer.Written.ToArray();
    }

    /// <summary>With good checksums, so that what is inside gets through to the decoder.</summary>
    private static void Close(Random random, ByteWriter writer)
    {
        var length = writer.Length - Segment.HeaderSize;
        Segment.WriteHeader(writer.At(0, Segment.HeaderSize), length, selfContained: random.Next(4) > 0);
        var trailer = writer.Reserve(Segment.TrailerSize);
        Segment.WriteTrailer(trailer, writer.At(Segment.HeaderSize, length));
    }

    private static byte[] DamageBody(Random random, byte[] body)
    {
        var damaged = body.ToList();
        for (var change = random.Next(1, 4); change > 0 && damaged.Count > 0; change--)
        {
            var at = random.Next(damaged.Count);
            switch (random.Next(5))
            {
                case 0:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 2:
                    damaged.RemoveRange(at, random.Next(damaged.Count - at));
                    break;
                case 3:
                    damaged.InsertRange(at, damaged.GetRange(0, random.Next(damaged.Count)));
                    break;
                default:
                    var extreme = new byte[][] { [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0] };
                    var number = extreme[random.Next(extreme.Length)];
                    for (var index = 0; index < 4 && at + index < damaged.Count; index++)
                        damaged[at + index] = number[index];
                    break;
            }
        }

        return [.. damaged];
    }

    private static byte[] Damage(Random random, byte[] bytes, bool isSegmented) =>
        random.Next(isSegmented ? 10 : 3) == 0 ? DamageBody(random, bytes) : bytes;

    /// <summary>Reads all messages in the bytes; false when something was refused.</summary>
    private static bool Decode(byte[] bytes, bool isSegmented)
    {
        try
        {
            using var envelopes = new EnvelopeReader(BodyBytesMax);
            if (isSegmented) envelopes.SwitchToSegments();
            var input = new ReadOnlySequence<byte>(bytes);
            while (envelopes.TryRead(ref input, out var response))
            {
                if (!response.IsPassedOver) Read(response);
            }

            return true;
        }
        catch (Exception exception) when (exception is CqlProtocolException or CqlTypeException)
        {
            return false;
        }
    }

    private static void Read(in Response response)
    {
        switch (response.Header.Opcode)
        {
            case Opcode.Error:
                response.ReadError();
                break;
            case Opcode.Event:
                var events = new BodyReader(response.Body);
                Response.ReadPrefix(ref events, response.Header.Flags);
                ServerEvent.Read(ref events);
                break;
            case Opcode.Result when response.Body is [0, 0, 0, 4, ..]:
                ResultReader.ReadPrepared(response);
                break;
            case Opcode.Result:
                ReadRows(response);
                break;
            default:
                response.Return();
                break;
        }
    }

    private static void ReadRows(in Response response)
    {
        using var rows = ResultReader.ReadRows(response, Known);
        foreach (var row in rows)
        {
            for (var column = 0; column < rows.Columns.Count; column++)
            {
                if (!Array.Exists(Cells, read => read(row, column))) row.GetBytes(column);
            }
        }
    }

    private static Func<Row, int, bool> Cell<T>(CqlCodec<T> codec) => (row, column) =>
    {
        if (!codec.Accepts(row.Columns[column].Type)) return false;
        row.Get(column, codec);
        return true;
    };
}
