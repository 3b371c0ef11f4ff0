using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace LiveChat.Core.Sessions;

/// <summary>
/// A position to resume from as clients keep it: hexadecimal digits of
/// <code>
/// start(8) time(8) [partition(2) time(8)]… mac(16)
/// big-endian; the first half of HMAC-SHA-256 over everything before it
/// </code>
/// or <c>0</c> for nothing. In brackets are the partitions that are behind, at most
/// <see cref="Since.StragglersMax"/>. The code keeps anybody from making a position that proves something about the
/// store. Any thread.
/// </summary>
internal sealed class SinceSeal(ReadOnlyMemory<byte> key)
{
    private const int HeadLength = 16;
    private const int StragglerLength = 10;
    private const int MacLength = 16;
    private const int LengthMax = HeadLength + (Since.StragglersMax * StragglerLength) + MacLength;
    private const string Nothing = "0";

    public string Write(Since since)
    {
        if (since.IsNothing) return Nothing;
        Span<byte> bytes = stackalloc byte[LengthMax];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, since.Start);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], since.TimeMs);
        var end = HeadLength;
        foreach (var (partition, timeMs) in since.Stragglers)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes[end..], partition);
            BinaryPrimitives.WriteInt64BigEndian(bytes[(end + 2)..], timeMs);
            end += StragglerLength;
        }

        Sign(bytes[..end], bytes.Slice(end, MacLength));
        return Convert.ToHexStringLower(bytes[..(end + MacLength)]);
    }

    /// <summary>False for what this server did not write: a forged one, or one of a former version.</summary>
    public bool TryRead(string? text, out Since since)
    {
        since = Since.Nothing;
        if (text == Nothing) return true;
        Span<byte> bytes = stackalloc byte[LengthMax];
        Span<byte> mac = stackalloc byte[MacLength];
        if (text is null
            || Convert.FromHexString(text, bytes, out var consumed, out var length) is not OperationStatus.Done
            || consumed != text.Length
            || length < HeadLength + MacLength
            || (length - HeadLength - MacLength) % StragglerLength != 0)
            return false;
        var end = length - MacLength;
        Sign(bytes[..end], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[end..length])) return false;
        var stragglers = new List<Straggler>();
        for (var at = HeadLength; at < end; at += StragglerLength)
            stragglers.Add(new Straggler(
                BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]),
                BinaryPrimitives.ReadInt64BigEndian(bytes[(at + 2)..])));
        since = new Since(
            BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]))
        {
            Stragglers = stragglers,
        };
        return since.TimeMs > 0;
    }

    private void Sign(ReadOnlySpan<byte> content, Span<byte> mac)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key.Span, content, whole);
        whole[..mac.Length].CopyTo(mac);
    }
}
