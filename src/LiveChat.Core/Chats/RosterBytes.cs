using System.Buffers.Binary;
using System.Text;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Chats;

/// <summary>
/// The roster as stores keep it, a member behind the other. Format version 1.
/// <code>
/// role 1 byte    from_seq 8 bytes, big-endian    length of the user id 1 byte    user id, ASCII
/// </code>
/// </summary>
internal static class RosterBytes
{
    private const int FixedBytes = 10;

    public static byte[] Of(Roster roster)
    {
        var size = 0;
        foreach (var member in roster.Members) size += FixedBytes + member.User.Value.Length;
        var bytes = new byte[size];
        var rest = bytes.AsSpan();
        foreach (var member in roster.Members)
        {
            rest[0] = (byte)member.Role;
            BinaryPrimitives.WriteInt64BigEndian(rest[1..], member.FromSeq);
            rest[9] = (byte)member.User.Value.Length;
            rest = rest[(FixedBytes + Encoding.ASCII.GetBytes(member.User.Value, rest[FixedBytes..]))..];
        }

        return bytes;
    }

    public static Roster Read(ReadOnlySpan<byte> bytes)
    {
        var members = new List<Member>();
        while (!bytes.IsEmpty)
        {
            var end = FixedBytes + bytes[9];
            members.Add(new Member(
                UserId.OfRecord(Encoding.ASCII.GetString(bytes[FixedBytes..end])),
                (Role)bytes[0],
                BinaryPrimitives.ReadInt64BigEndian(bytes[1..])));
            bytes = bytes[end..];
        }

        return Roster.Create(members);
    }
}
