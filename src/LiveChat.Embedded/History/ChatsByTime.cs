using System.Buffers.Binary;
using LiveChat.Core.History;
using LiveChat.Protocol.Ids;
using RocksDbSharp;

namespace LiveChat.Embedded.History;

/// <summary>
/// The index of the users' chats by time, so that a page of a list reads a page, however many chats the user has.
/// <code>
/// chats_by_time  user 0 order (max − time) (max − chat) → nothing       order: 'h' head, 'k' mark, 's' settings
/// </code>
/// An entry moves in the batch that changes what it goes by: the former place is known from what the batch replaces
/// (the chat's head, the mark, the settings), so that an event reads nothing more. Only members that come or go cost
/// a read of their row each. Any thread.
/// </summary>
internal static class ChatsByTime
{
    public const byte Heads = (byte)'h';
    public const byte Marks = (byte)'k';
    public const byte Settings = (byte)'s';

    private const int KeyBytesMax = 96;

    /// <summary>The first key behind a place.</summary>
    public static byte[] Behind(UserId user, byte order, ChatPlace place) =>
        [.. Key(stackalloc byte[KeyBytesMax], user, order, place), 0];

    /// <summary>Where the order's entries end.</summary>
    public static byte[] End(UserId user, byte order) =>
        new KeyWriter(stackalloc byte[KeyBytesMax]).Text(user.Value).Byte((byte)(order + 1)).Key.ToArray();

    public static ChatPlace PlaceOf(ReadOnlySpan<byte> key) => new(
        long.MaxValue - BinaryPrimitives.ReadInt64BigEndian(key[^16..]),
        ulong.MaxValue - BinaryPrimitives.ReadUInt64BigEndian(key[^8..]));

    /// <summary>Moves one entry; a time of null is no entry.</summary>
    public static void Move(
        WriteBatch batch, HistoryDatabase database, UserId user, byte order, ChatId chat, long? from, long? to)
    {
        if (from == to) return;
        Span<byte> buffer = stackalloc byte[KeyBytesMax];
        if (from is { } former)
            batch.Delete(Key(buffer, user, order, new ChatPlace(former, chat.Value)), database.ChatsByTime);
        if (to is { } now)
            batch.Put(Key(buffer, user, order, new ChatPlace(now, chat.Value)), [], database.ChatsByTime);
    }

    /// <summary>Moves the chat in the lists of all whom a commit concerns.</summary>
    /// <param name="batch">What the commit is written in.</param>
    /// <param name="database">The database as it is before the commit.</param>
    /// <param name="former">The chat's head before the commit; null for a new chat.</param>
    /// <param name="commit">The commit.</param>
    public static void Move(WriteBatch batch, HistoryDatabase database, ReadOnlySpan<byte> former, HistoryCommit commit)
    {
        var (chat, head) = (commit.Head.Chat, commit.Head);
        long? before = former.IsEmpty ? null : RowCodec.PlaceTimeOf(former);
        var now = ChatPlace.TimeOf(head.Pull, head.TimeMs);
        var moved = commit.RosterChanged ? Moved(commit) : [];
        foreach (var (user, leftAtMs) in moved)
        {
            var place = FormerPlace(database, user, chat, before);
            Move(batch, database, user, Heads, chat, place, head.Roster.Contains(user) ? now : leftAtMs);
        }

        if (before == now) return;
        foreach (var member in head.Roster.Members)
            if (!moved.ContainsKey(member.User))
                Move(batch, database, member.User, Heads, chat, before, now);
    }

    /// <summary>Whose membership the commit writes, with the time of the last head that a leaver sees.</summary>
    private static Dictionary<UserId, long?> Moved(HistoryCommit commit)
    {
        var moved = new Dictionary<UserId, long?>();
        foreach (var row in commit.Rows)
            if (row is UserChatRow membership) moved.TryAdd(membership.User, null);
            else if (row is UserChatHeadRow seen && moved.ContainsKey(seen.User)) moved[seen.User] = seen.HeadTimeMs;
        return moved;
    }

    private static long? FormerPlace(HistoryDatabase database, UserId user, ChatId chat, long? ofMembers)
    {
        Span<byte> buffer = stackalloc byte[KeyBytesMax];
        var key = new KeyWriter(buffer).Text(user.Value).Number(chat.Value).Byte((byte)'m');
        if (database.Get(key.Key, database.UserChats) is not { } membership) return null;
        if (RowCodec.Number(membership, 1) == 0) return ofMembers;
        key = new KeyWriter(buffer).Text(user.Value).Number(chat.Value).Byte((byte)'h');
        return database.Get(key.Key, database.UserChats) is { } seen ? RowCodec.Number(seen, 2) : null;
    }

    private static ReadOnlySpan<byte> Key(Span<byte> buffer, UserId user, byte order, ChatPlace place) =>
        new KeyWriter(buffer).Text(user.Value).Byte(order)
            .Number(long.MaxValue - place.TimeMs).Number(ulong.MaxValue - place.Chat).Key;
}
