using System.Net.Sockets;
using LiveChat.Cql.Protocol;
using LiveChat.Cql.Tests.Protocol;

namespace LiveChat.Cql.Tests.Connections;

/// <summary>The server's end of one connection to a <see cref="FakePeer"/>.</summary>
internal sealed class FakeConnection(NetworkStream stream, FakePeer peer)
{
    public FakePeer Peer => peer;

    /// <summary>What was agreed upon; null before.</summary>
    public ProtocolVersion? Version { get; set; }

    public Task VoidAsync(short stream) => SendAsync(stream, Opcode.Result, Hex.Bytes("00000001"));

    public Task ErrorAsync(short stream, string hex) => SendAsync(stream, Opcode.Error, Hex.Bytes(hex));

    /// <summary>A row with one int.</summary>
    public Task IntAsync(short stream, int value) => SendAsync(
        stream, Opcode.Result,
        Hex.Bytes($"""00000002 00000001 00000001 0001 "k" 0001 "t" 0001 "v" 0009 00000001 00000004 {value:X8}"""));

    public Task SendAsync(
        short stream, Opcode opcode, byte[] body, EnvelopeFlags flags = EnvelopeFlags.None,
        ProtocolVersion? version = null) =>
        RawAsync(Encode(stream, opcode, body, flags, version));

    public byte[] Encode(
        short stream, Opcode opcode, byte[] body, EnvelopeFlags flags = EnvelopeFlags.None,
        ProtocolVersion? version = null)
    {
        using var writer = new ByteWriter();
        var isSegmented = Version == ProtocolVersion.V5 && version is null;
        var length = EnvelopeHeader.Size + body.Length;
        if (isSegmented) Segment.WriteHeader(writer.Reserve(Segment.HeaderSize), length, selfContained: true);
        var header = new EnvelopeHeader(
            version ?? Version ?? ProtocolVersion.V4, true, flags, stream, opcode, body.Length);
        header.Write(writer.Reserve(EnvelopeHeader.Size));
        writer.WriteRaw(body);
        if (isSegmented)
        {
            var payload = writer.Written[Segment.HeaderSize..].ToArray();
            Segment.WriteTrailer(writer.Reserve(Segment.TrailerSize), payload);
        }

        return writer.Written.ToArray();
    }

    public async Task RawAsync(byte[] bytes) => await stream.WriteAsync(bytes);

    public void Close() => stream.Socket.Shutdown(SocketShutdown.Both);
}
