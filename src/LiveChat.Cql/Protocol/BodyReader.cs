using System.Buffers.Binary;
using System.Net;
using System.Text;
using LiveChat.Cql.Errors;

namespace LiveChat.Cql.Protocol;

/// <summary>
/// Reads the notations of the specification (v5, section 3) from a body. Every length is checked against what is left
/// before anything is allocated, so a hostile body costs no more than its own size.
/// </summary>
internal ref struct BodyReader(ReadOnlySpan<byte> body)
{
    private readonly ReadOnlySpan<byte> _body = body;

    public int Offset { get; private set; }

    public readonly int Left => _body.Length - Offset;

    public ReadOnlySpan<byte> ReadRaw(int count)
    {
        if (count < 0 || count > Left)
            throw new CqlProtocolException($"{count} bytes were announced at offset {Offset}, {Left} are left.");
        var span = _body.Slice(Offset, count);
        Offset += count;
        return span;
    }

    public byte ReadByte() => ReadRaw(1)[0];

    public ushort ReadShort() => BinaryPrimitives.ReadUInt16BigEndian(ReadRaw(2));

    public int ReadInt() => BinaryPrimitives.ReadInt32BigEndian(ReadRaw(4));

    public string ReadString() => Encoding.UTF8.GetString(ReadRaw(ReadShort()));

    public Guid ReadUuid() => new(ReadRaw(16), bigEndian: true);

    public ReadOnlySpan<byte> ReadShortBytes() => ReadRaw(ReadShort());

    /// <summary>[bytes]; false means null.</summary>
    public bool TryReadBytes(out ReadOnlySpan<byte> bytes)
    {
        var length = ReadInt();
        bytes = length < 0 ? [] : ReadRaw(length);
        return length >= 0;
    }

    /// <summary>A count of things of which each takes at least <paramref name="bytesMin"/> bytes.</summary>
    public int ReadCount(int bytesMin) => CheckCount(ReadInt(), bytesMin);

    public readonly int CheckCount(int count, int bytesMin)
    {
        if (count < 0 || (long)count * bytesMin > Left)
            throw new CqlProtocolException($"{count} elements cannot stand in the {Left} bytes that are left.");
        return count;
    }

    public string[] ReadStringList()
    {
        var list = new string[CheckCount(ReadShort(), 2)];
        for (var index = 0; index < list.Length; index++) list[index] = ReadString();
        return list;
    }

    /// <summary>[bytes map], which is passed over: the default query handler of a server never fills it.</summary>
    public void SkipBytesMap()
    {
        var count = CheckCount(ReadShort(), 6);
        for (var index = 0; index < count; index++)
        {
            ReadShortBytes();
            TryReadBytes(out _);
        }
    }

    /// <summary>[inetaddr]: a byte of length, 4 or 16, then the address.</summary>
    public IPAddress ReadInetAddress()
    {
        var length = ReadByte();
        if (length is not (4 or 16)) throw new CqlProtocolException($"An address of {length} bytes does not exist.");
        return new IPAddress(ReadRaw(length));
    }

    /// <summary>[inet]: an [inetaddr] and a port as [int].</summary>
    public IPEndPoint ReadInet()
    {
        var address = ReadInetAddress();
        var port = ReadInt();
        if (port is < 0 or > 65_535) throw new CqlProtocolException($"Port {port} does not exist.");
        return new IPEndPoint(address, port);
    }
}
