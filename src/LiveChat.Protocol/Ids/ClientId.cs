using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace LiveChat.Protocol.Ids;

/// <summary>
/// The key under which a client sends a command: a UUIDv7 made at the first transmission and kept across every
/// retry, so that a command has its effect once. Its time decides only where the server looks for a former use.
/// </summary>
public readonly record struct ClientId
{
    private ClientId(Guid value) => Value = value;

    /// <summary>The UUID; version 7 always, all zero for the default value.</summary>
    public Guid Value { get; }

    /// <summary>The Unix time in milliseconds that the UUID carries in its first 48 bits.</summary>
    public long UnixMilliseconds
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            Value.TryWriteBytes(bytes, bigEndian: true, out _);
            return (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
        }
    }

    /// <summary>Makes a key whose time is <paramref name="now"/>; the other 74 bits are random.</summary>
    public static ClientId New(DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return FromTime(now.ToUnixTimeMilliseconds(), bytes);
    }

    /// <summary>Makes a key from a time and 16 bytes of chance, of which 74 bits are used.</summary>
    public static ClientId FromTime(long unixMilliseconds, ReadOnlySpan<byte> chance)
    {
        Span<byte> bytes = stackalloc byte[16];
        chance[..16].CopyTo(bytes);
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(unixMilliseconds >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)unixMilliseconds);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new ClientId(new Guid(bytes, bigEndian: true));
    }

    /// <summary>Reads the hyphenated form (36 characters) of a UUIDv7; anything else is refused.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ClientId id)
    {
        id = default;
        return Guid.TryParseExact(text, "D", out var guid) && TryCreate(guid, out id);
    }

    /// <summary>Takes a UUID of version 7 and variant 2; any other is refused.</summary>
    public static bool TryCreate(Guid value, out ClientId id)
    {
        var ok = value.Version == 7 && (value.Variant & 0xC) == 0x8;
        id = ok ? new ClientId(value) : default;
        return ok;
    }

    /// <summary>The lower-case hyphenated form that goes to the wire.</summary>
    public override string ToString() => Value.ToString("D");
}
