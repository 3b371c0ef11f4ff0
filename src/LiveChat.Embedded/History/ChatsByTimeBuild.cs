using System.Buffers.Binary;
using System.Text;
using LiveChat.Protocol.Ids;
using RocksDbSharp;

namespace LiveChat.Embedded.History;

/// <summary>
/// Makes the entries of <see cref="ChatsByTime"/> for a database that was written before the index was: once, when it
/// is opened, a part at a time. A crash in between makes the next start begin again; the entries are the same.
/// </summary>
internal static class ChatsByTimeBuild
{
    private const int CellsPerPart = 4_096;

    /// <summary>A row that is shorter cannot be read, and has no place.</summary>
    private const int RowBytesMin = 24;

    public static void Run(HistoryDatabase database)
    {
        AddChats(database);
        foreach (var part in Parts(database, database.UserSettings))
        {
            using var batch = new WriteBatch();
            foreach (var (key, value) in part)
                ChatsByTime.Move(
                    batch, database, UserOf(key), ChatsByTime.Settings, ChatOf(key.AsSpan()[^8..]), null,
                    RowCodec.Number(value, 2));
            database.Write(batch, sync: false);
        }
    }

    private static void AddChats(HistoryDatabase database)
    {
        foreach (var part in Parts(database, database.UserChats))
        {
            using var batch = new WriteBatch();
            foreach (var (key, value) in part)
            {
                var (user, chat) = (UserOf(key), ChatOf(key.AsSpan()[^9..^1]));
                if (key[^1] == (byte)'k')
                    ChatsByTime.Move(
                        batch, database, user, ChatsByTime.Marks, chat, null, RowCodec.Number(value, 2));
                else if (key[^1] == (byte)'m')
                    ChatsByTime.Move(
                        batch, database, user, ChatsByTime.Heads, chat, null, PlaceOf(database, key, chat, value));
            }

            database.Write(batch, sync: false);
        }
    }

    /// <summary>A member's place goes by the chat's head, that of who left by the last head seen.</summary>
    private static long? PlaceOf(HistoryDatabase database, byte[] key, ChatId chat, byte[] membership)
    {
        if (RowCodec.Number(membership, 1) == 0)
            return database.Get(new KeyWriter(stackalloc byte[8]).Number(chat.Value).Key, database.ChatHead) is { } head
                ? RowCodec.PlaceTimeOf(head)
                : null;
        byte[] seen = [.. key[..^1], (byte)'h'];
        return database.Get(seen, database.UserChats) is { } last ? RowCodec.Number(last, 2) : null;
    }

    private static IEnumerable<List<(byte[] Key, byte[] Value)>> Parts(
        HistoryDatabase database, ColumnFamilyHandle family)
    {
        byte[] from = [];
        while (true)
        {
            var part = database.Scan(family, from, [byte.MaxValue], CellsPerPart);
            if (part.Count > 0) yield return part.FindAll(static row => row.Value.Length >= RowBytesMin);
            if (part.Count < CellsPerPart) yield break;
            from = [.. part[^1].Key, 0];
        }
    }

    /// <summary>User ids are ASCII, and a zero byte closes them.</summary>
    private static UserId UserOf(byte[] key) =>
        UserId.OfRecord(Encoding.ASCII.GetString(key.AsSpan(0, key.AsSpan().IndexOf((byte)0))));

    private static ChatId ChatOf(ReadOnlySpan<byte> number) => new(BinaryPrimitives.ReadUInt64BigEndian(number));
}
