using System.Buffers.Binary;
using System.Text;
using LiveChat.Core.Chats;
using LiveChat.Core.History;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Embedded.History;

/// <summary>The values of the rows: fixed numbers big-endian, texts behind their length. Format version 1.</summary>
internal static class RowCodec
{
    private const byte DirectFlag = 1;
    private const byte PullFlag = 2;

    /// <summary>The title stands behind its length, and the custom data behind the title.</summary>
    private const byte CustomFlag = 4;

    /// <summary>The member whose answer is awaited stands, behind the length, before the other texts.</summary>
    private const byte AwaitsFlag = 8;

    public static byte[] Numbers(params ReadOnlySpan<long> values)
    {
        var bytes = new byte[values.Length * 8];
        Numbers(bytes, values);
        return bytes;
    }

    /// <summary>Into memory that is at hand: the path of a message allocates nothing for them.</summary>
    public static ReadOnlySpan<byte> Numbers(Span<byte> bytes, params ReadOnlySpan<long> values)
    {
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt64BigEndian(bytes[(i * 8)..], values[i]);
        return bytes[..(values.Length * 8)];
    }

    public static long Number(ReadOnlySpan<byte> bytes, int index) =>
        BinaryPrimitives.ReadInt64BigEndian(bytes[(index * 8)..]);

    /// <summary>The write stamp, which stands first in a head.</summary>
    public static long StampOf(ReadOnlySpan<byte> head) => Number(head, 0);

    /// <summary>The position of the last event of a head.</summary>
    public static Position PositionOf(ReadOnlySpan<byte> head) => new(Number(head, 2));

    /// <summary>The number of the last event of a head, and how many messages there were.</summary>
    public static (long Seq, long Messages) CountsOf(ReadOnlySpan<byte> head) => (Number(head, 1), Number(head, 4));

    /// <summary>Where a head puts its chat in the lists of the members.</summary>
    public static long PlaceTimeOf(ReadOnlySpan<byte> head) =>
        ChatPlace.TimeOf((head[48] & PullFlag) != 0, Number(head, 3));

    public static byte[] Head(ChatState state)
    {
        var title = Encoding.UTF8.GetBytes(state.Title);
        var hasCustom = state.Custom.Length > 0;
        var flags = (byte)(
            (state.Direct ? DirectFlag : 0) | (state.Pull ? PullFlag : 0)
            | (hasCustom ? CustomFlag : 0) | (state.Awaits is null ? 0 : AwaitsFlag));
        byte[] awaits = state.Awaits is { } user
            ? [(byte)user.Value.Length, .. Encoding.ASCII.GetBytes(user.Value)]
            : [];
        byte[] length = hasCustom ? [(byte)(title.Length >> 8), (byte)title.Length] : [];
        return
        [
            .. Numbers(state.Stamp, state.Seq, state.Position.Value, state.TimeMs, state.N, state.SettingsSeq),
            flags, .. awaits, .. length, .. title, .. Encoding.UTF8.GetBytes(state.Custom),
        ];
    }

    public static ChatState ReadHead(ChatId chat, ReadOnlySpan<byte> head, Roster roster)
    {
        var texts = head[49..];
        UserId? awaits = null;
        if ((head[48] & AwaitsFlag) != 0)
        {
            awaits = UserId.OfRecord(Encoding.ASCII.GetString(texts.Slice(1, texts[0])));
            texts = texts[(1 + texts[0])..];
        }

        var titleBytes = texts.Length;
        if ((head[48] & CustomFlag) != 0)
        {
            titleBytes = BinaryPrimitives.ReadUInt16BigEndian(texts);
            texts = texts[2..];
        }

        return new ChatState
        {
            Chat = chat,
            Stamp = Number(head, 0),
            Seq = Number(head, 1),
            Position = new Position(Number(head, 2)),
            TimeMs = Number(head, 3),
            N = Number(head, 4),
            SettingsSeq = Number(head, 5),
            Direct = (head[48] & DirectFlag) != 0,
            Pull = (head[48] & PullFlag) != 0,
            Title = Encoding.UTF8.GetString(texts[..titleBytes]),
            Custom = Encoding.UTF8.GetString(texts[titleBytes..]),
            Roster = roster,
            Awaits = awaits,
        };
    }

    public static ReadOnlySpan<byte> Key(Span<byte> bytes, KeyUse use) =>
        Numbers(bytes, use.Seq, use.N, use.Position.Value, (long)use.Id.Value, (long)use.BodyHash);

    public static KeyUse ReadKey(ReadOnlySpan<byte> bytes) => new(
        Number(bytes, 0), Number(bytes, 1), new Position(Number(bytes, 2)),
        new MessageId((ulong)Number(bytes, 3)), (ulong)Number(bytes, 4));

    public static byte[] ReactionChange(ReactionRow row)
    {
        var emoji = Encoding.UTF8.GetBytes(row.Emoji);
        return [(byte)(row.On ? 1 : 0), (byte)emoji.Length, .. emoji, .. Encoding.ASCII.GetBytes(row.User.Value)];
    }

    public static ReactionRow ReadReactionChange(long target, long eventSeq, byte[] bytes) => new(
        0,
        target,
        Encoding.UTF8.GetString(bytes.AsSpan(2, bytes[1])),
        UserId.OfRecord(Encoding.ASCII.GetString(bytes.AsSpan(2 + bytes[1]))),
        On: bytes[0] != 0,
        eventSeq);

    public static byte[] Claim(ChatClaim claim) =>
    [
        .. Numbers((long)claim.Chat.Value),
        .. claim.ClientId.Value.ToByteArray(bigEndian: true),
        (byte)claim.Creator.Value.Length, .. Encoding.ASCII.GetBytes(claim.Creator.Value),
        .. claim.Body.Span,
    ];

    public static ChatClaim ReadClaim(byte[] bytes)
    {
        var length = bytes[24];
        ClientId.TryCreate(new Guid(bytes.AsSpan(8, 16), bigEndian: true), out var clientId);
        return new ChatClaim(
            new ChatId((ulong)Number(bytes, 0)),
            UserId.OfRecord(Encoding.ASCII.GetString(bytes.AsSpan(25, length))),
            clientId,
            bytes.AsMemory(25 + length));
    }
}
