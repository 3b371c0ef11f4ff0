using System.Buffers.Binary;
using System.Security.Cryptography;

namespace LiveChat.Core.Sessions;

/// <summary>
/// A position to resume from as clients keep it: hexadecimal digits of
/// <code>start(8) time(8) mac(16)       big-endian; the first half of HMAC-SHA-256 over the former 16 bytes</code>
/// or <c>0</c> for nothing. The code keeps anybody from making a position that proves something about the store.
/// Any thread.
/// </summary>
internal sealed class SinceSeal(ReadOnlyMemory<byte> key)
{
    private const int ContentLength = 16;
    private const int Length = 32;
    private const string Nothing = "0";

    public string Write(Since since)
    {
        if (since.IsNothing) return Nothing;
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, since.Start);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], since.TimeMs);
        Sign(bytes[..ContentLength], bytes[ContentLength..]);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>False for what this server did not write: a forged one, or one of a former version.</summary>
    public bool TryRead(string? text, out Since since)
    {
        since = Since.Nothing;
        if (text == Nothing) return true;
        Span<byte> bytes = stackalloc byte[Length];
        Span<byte> mac = stackalloc byte[Length - ContentLength];
        if (text is not { Length: 2 * Length }
            || Convert.FromHexString(text, bytes, out _, out _) is not System.Buffers.OperationStatus.Done)
            return false;
        Sign(bytes[..ContentLength], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[ContentLength..])) return false;
        since = new Since(
            BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]));
        return since.TimeMs > 0;
    }

    private void Sign(ReadOnlySpan<byte> content, Span<byte> mac)
    {
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key.Span, content, whole);
        whole[..mac.Length].CopyTo(mac);
    }
}
