using System.Buffers;
using LiveChat.Cql.Errors;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Values;

namespace LiveChat.Cql.Tests.Protocol;

/// <summary>
/// Good messages, damaged at random, through everything that reads what a server sends. Nothing but the two exceptions
/// for bad bytes may come out, and memory must follow the bytes that are there, whatever lengths they announce. Runs
/// for LIVECHAT_FUZZ_SECONDS, 5 by default; the seed is printed and LIVECHAT_FUZZ_SEED replays it.
/// </summary>
public sealed class DecoderFuzzTests(ITestOutputHelper output)
{
    private const int BodyBytesMax = 1 << 20;

    /// <summary>A column of three empty names costs 12 bytes on the wire and an object here.</summary>
    private const int BytesPerByteMax = 100;
    private const int BytesAlways = 64 * 1024;

    private static readonly (Opcode Opcode, string Hex)[] Bodies =
    [
        (Opcode.Result, "00000001"),
        (Opcode.Result, """
            00000002 00000001 00000003 0002 "ks" 0001 "t" 0001 "a" 0009 0001 "b" 000D 0001 "c" 0021 000D 0020 0009
            00000002 00000004 00000007 00000001 "x" FFFFFFFF
            00000004 00000008 FFFFFFFF 00000019 00000001 00000001 "k" 00000008 00000001 00000000
            """),
        (Opcode.Result, """
            00000002 0000000B 00000001 00000002 ABCD 0002 BEEF 0001 "k" 0001 "t" 0001 "a" 000C 00000000
            """),
        (Opcode.Result, """
            00000002 00000000 00000002 0001 "k" 0001 "t" 0001 "a" 0031 0002 0009 000D 0001 "k" 0001 "u" 0001 "b"
            0030 0001 "k" 0001 "u" 0001 0001 "f" 0010 00000001 00000008 00000004 00000001 00000004 00000000
            """),
        (Opcode.Result, """00000003 0002 "ks" """),
        (Opcode.Result, """
            00000004 0002 CAFE 0002 BEEF 00000001 00000002 00000001 0001 0002 "ks" 0001 "t" 0001 "a" 0009 0001 "b" 000D
            00000001 00000001 0002 "ks" 0001 "t" 0001 "c" 0002
            """),
        (Opcode.Result, """00000005 0007 "UPDATED" 0008 "FUNCTION" 0002 "ks" 0001 "f" 0001 0003 "int" """),
        (Opcode.Error, """00001100 0002 "no" 0008 00000001 00000002 0003 "CAS" 0007"""),
        (Opcode.Error, """00001500 0000 0001 00000001 00000002 00000001 04 7F000003 0002 0006 "SIMPLE" """),
        (Opcode.Error, """00001400 0000 0002 "ks" 0001 "f" 0002 0003 "int" 0004 "text" """),
        (Opcode.Error, "00002500 0000 0002 CAFE"),
        (Opcode.Event, """000D "STATUS_CHANGE" 0004 "DOWN" 04 7F000002 00002352"""),
        (Opcode.Event, """000D "SCHEMA_CHANGE" 0007 "CREATED" 0005 "TABLE" 0002 "ks" 0001 "t" """),
        (Opcode.Supported, """0001 000B "CQL_VERSION" 0001 0005 "3.4.7" """),
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
            var before = GC.GetAllocatedBytesForCurrentThread();
            if (!Decode(bytes, isSegmented)) refused++;
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(
                allocated < BytesAlways + ((long)BytesPerByteMax * bytes.Length),
                $"{allocated} bytes for {bytes.Length}: {Convert.ToHexString(bytes)}");
        }

        output.WriteLine($"{count} messages, {refused} refused");
        Assert.InRange(refused, 1, count - 1); // both happen, or the fuzzer tests nothing
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : otherwise;

    private static byte[] Encode(Random random, bool isSegmented)
    {
        using var writer = new ByteWriter();
        if (isSegmented) writer.Reserve(Segment.HeaderSize);
        for (var message = random.Next(1, 4); message > 0; message--)
        {
            var (opcode, hex) = Bodies[random.Next(Bodies.Length)];
            var body = Hex.Bytes(hex);
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
        using var rows = ResultReader.ReadRows(response, null);
        foreach (var row in rows)
        {
            for (var column = 0; column < rows.Columns.Count; column++) ReadCell(row, column);
        }
    }

    private static void ReadCell(Row row, int column)
    {
        var type = row.Columns[column].Type;
        if (CqlCodecs.Int.Accepts(type)) row.Get(column, CqlCodecs.Nullable(CqlCodecs.Int));
        else if (CqlCodecs.Text.Accepts(type)) row.Get(column, CqlCodecs.Optional(CqlCodecs.Text));
        else if (NestedCodec.Accepts(type)) row.Get(column, NestedCodec);
        else if (TupleCodec.Accepts(type)) row.Get(column, TupleCodec);
        else if (CqlCodecs.Inet.Accepts(type)) row.Get(column, CqlCodecs.Optional(CqlCodecs.Inet));
        else row.GetBytes(column);
    }

    private static readonly CqlCodec<IReadOnlyDictionary<string, IReadOnlyCollection<int>>> NestedCodec =
        CqlCodecs.Map(CqlCodecs.Text, CqlCodecs.List(CqlCodecs.Int));

    private static readonly CqlCodec<(int?, string?)> TupleCodec =
        CqlCodecs.Tuple(CqlCodecs.Nullable(CqlCodecs.Int), CqlCodecs.Optional(CqlCodecs.Text));
}
