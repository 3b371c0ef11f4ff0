using System.Net;
using LiveChat.Cql.Protocol;

namespace LiveChat.Cql.Values.Codecs;

/// <summary>inet (5.10): 4 or 16 bytes; a scope id is not stored.</summary>
internal sealed class InetCodec : CqlCodec<IPAddress>
{
    internal override CqlType Type => CqlType.Of(CqlTypeKind.Inet);

    internal override bool Accepts(CqlType type) => type.Kind == CqlTypeKind.Inet;

    internal override void Write(ByteWriter writer, IPAddress value, CqlType type, Column column)
    {
        var size = value.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 4 : 16;
        value.TryWriteBytes(writer.Reserve(size), out _);
    }

    internal override IPAddress Read(ReadOnlySpan<byte> bytes, CqlType type, Column column) =>
        bytes.Length is 4 or 16
            ? new IPAddress(bytes)
            : throw Malformed(column, $"an address of {bytes.Length} bytes does not exist.");
}
