using System.Buffers.Binary;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;

namespace LiveChat.Embedded.Ids;

/// <summary>
/// A small value in a file of the data folder that is locked while it is open: two slots of 512 bytes, written in turn
/// so that a torn write leaves the other one.
/// <code>value, checksum(8, XXH3 of the value, big-endian)</code>
/// Write: the older slot, synced. Read: the valid slots. One thread at a time.
/// </summary>
internal sealed class SlotFile(SafeFileHandle file, int valueLength) : IDisposable
{
    public const int SlotLength = 512;
    private const int ChecksumLength = sizeof(ulong);

    private int _next;

    /// <summary>Whether something was written ever.</summary>
    public bool IsWritten => RandomAccess.GetLength(file) > SlotLength;

    /// <summary>The valid slot that comes last in an order; null when none is valid.</summary>
    /// <param name="rank">The place of a value in that order; null when it is no value.</param>
    public byte[]? Read(Func<ReadOnlyMemory<byte>, long?> rank)
    {
        (byte[]? found, var highest) = (null, long.MinValue);
        for (var at = 0; at < 2; at++)
        {
            var slot = new byte[valueLength + ChecksumLength];
            if (RandomAccess.Read(file, slot, at * SlotLength) < slot.Length) continue;
            var value = slot.AsMemory(0, valueLength);
            var checksum = BinaryPrimitives.ReadUInt64BigEndian(slot.AsSpan(valueLength));
            if (checksum != XxHash3.HashToUInt64(value.Span)) continue;
            if (rank(value) is not { } place || (found is not null && place <= highest)) continue;
            (found, highest, _next) = (value.ToArray(), place, 1 - at);
        }

        return found;
    }

    /// <summary>Durable when it returns.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Write(ReadOnlySpan<byte> value)
    {
        Span<byte> slot = stackalloc byte[SlotLength];
        slot.Clear();
        value.CopyTo(slot);
        BinaryPrimitives.WriteUInt64BigEndian(slot[valueLength..], XxHash3.HashToUInt64(value));
        RandomAccess.Write(file, slot, _next * SlotLength);
        RandomAccess.FlushToDisk(file);
        _next = 1 - _next;
    }

    public void Dispose() => file.Dispose();
}
