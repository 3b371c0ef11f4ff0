using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Hashing;
using Google.Protobuf;
using LiveChat.Core.Log;

namespace LiveChat.Core.Chats;

/// <summary>
/// The hash by which a repeated command is told from another one under the same key: XxHash3 of kind, target's seq
/// and encoded body. Not in it: what ingest stamps (id, limits, the target's sender), which differs from try to try.
/// </summary>
internal static class BodyHash
{
    private const int PrefixBytes = 9;
    private const int StackBytes = 512;

    public static ulong Of(Record record)
    {
        var body = BodyOf(record);
        var size = PrefixBytes + body.CalculateSize();
        if (size <= StackBytes)
            return Hash(record, body, (stackalloc byte[StackBytes])[..size]);

        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            return Hash(record, body, rented.AsSpan(0, size));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static ulong Hash(Record record, IMessage body, Span<byte> buffer)
    {
        buffer[0] = (byte)record.BodyCase;
        BinaryPrimitives.WriteUInt64LittleEndian(buffer[1..], record.Target?.Seq ?? 0);
        body.WriteTo(buffer[PrefixBytes..]);
        return XxHash3.HashToUInt64(buffer);
    }

    private static IMessage BodyOf(Record record) => record.BodyCase switch
    {
        Record.BodyOneofCase.Created => record.Created,
        Record.BodyOneofCase.Message => record.Message,
        Record.BodyOneofCase.Edit => record.Edit,
        Record.BodyOneofCase.Delete => record.Delete,
        Record.BodyOneofCase.Reaction => record.Reaction,
        Record.BodyOneofCase.MembersAdded => record.MembersAdded,
        Record.BodyOneofCase.MemberRemoved => record.MemberRemoved,
        Record.BodyOneofCase.MemberRole => record.MemberRole,
        Record.BodyOneofCase.Settings => record.Settings,
        Record.BodyOneofCase.ChatDeleted => record.ChatDeleted,
        Record.BodyOneofCase.None or _ => throw new UnreachableException("The envelope refuses unknown kinds."),
    };
}
